#ifndef HTML_PAGES_H
#define HTML_PAGES_H

#include <stdbool.h>

struct out;
struct view;

/* The pages of daemon/html/pages: everything around the content, and a failure. */
void page_head(struct out *, const struct view *);
void page_foot(struct out *, const struct view *);
void page_error(struct out *, const struct view *, int status, const char *title, const char *detail,
    const char *advice, bool sign_in /* offers it */);

#endif
