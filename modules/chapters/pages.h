#ifndef CHAPTERS_PAGES_H
#define CHAPTERS_PAGES_H

#include <stdbool.h>

#include "base/error.h"

struct out;
struct request;
struct response;
struct view;

/* A chapter in a list. kind and role are msgids; role NULL: none of note. */
struct chapter_card {
    const char *slug, *name, *kind, *role;
};
struct chapter_cards {
    const struct chapter_card *card;
    int n;
};

/* What a chapter's own page shows. */
struct chapter_sheet {
    const char *slug, *name, *kind, *role;
    const char *number, *contact; /* or NULL */
    struct chapter_cards children;
    bool log;      /* she may read the chapter's log */
    bool override; /* she may look into it with a reason */
};

/* pages/start.html, pages/chapter.html */
void chapters_start(struct out *, const struct view *, const struct chapter_cards *own,
    const struct chapter_cards *all);
void chapters_cards(struct out *, const struct view *, const struct chapter_cards *);
void chapters_show(struct out *, const struct view *, const struct chapter_sheet *);

/* GET / and GET /c/{chapter}/ */
fallible chapters_start_page(struct request *, struct response *);
fallible chapters_chapter_page(struct request *, struct response *);

#endif
