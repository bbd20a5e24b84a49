#ifndef HOMES_PAGES_H
#define HOMES_PAGES_H

#include <stdbool.h>

#include "html/view.h"

struct out;

/* A calendar or address book; all texts are ready. */
struct home_offer {
    const char *id, *name;
    bool shown, contacts;
};

/* Those of one chapter, or her own. */
struct home_offers {
    const char *title;
    const struct home_offer *offer;
    int n;
    bool member; /* hers, or of a chapter that she is in */
};

struct homes_sheet {
    const struct home_offers *of;
    int n;
    bool others; /* there are some of chapters that she is not in */
};
void page_homes_group(struct out *, const struct view *, const struct home_offers *);
void page_homes(struct out *, const struct view *, const struct homes_sheet *);

#endif
