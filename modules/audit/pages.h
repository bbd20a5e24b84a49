#ifndef AUDIT_PAGES_H
#define AUDIT_PAGES_H

#include <stdbool.h>

#include "base/error.h"

struct out;
struct request;
struct response;
struct view;

/* An entry as it is shown; all texts are ready. */
struct log_line {
    const char *day;   /* the heading before it; NULL: the same day as the one before */
    const char *time, *sentence;
    const char *reason; /* in the words of who did it, or NULL */
};

struct log_choice {
    const char *word, *title; /* title: a msgid */
    bool chosen;
};

struct log_sheet {
    const char *here; /* the page's address */
    const struct log_line *line;
    int n;
    const char *older, *newest; /* addresses, or NULL */
    const char *csv, *json;
    const struct log_choice *group;
    int n_groups;
    const char *since, *till; /* as typed; "" at first */
    bool filtered;
    const char *problem; /* with a filter that is none, or NULL */
};

struct override_sheet {
    const char *slug, *chapter;
    const char *until; /* she looks already, until then; NULL: she does not */
    int minutes, least;
    const char *reason;  /* as typed; "" at first */
    const char *problem; /* or NULL */
};

/* pages/log.html, pages/override.html */
void audit_log(struct out *, const struct view *, const struct log_sheet *);
void audit_override(struct out *, const struct view *, const struct override_sheet *);

/* /c/{chapter}/audit, .csv, .json */
fallible audit_show_page(struct request *, struct response *);
fallible audit_show_csv(struct request *, struct response *);
fallible audit_show_json(struct request *, struct response *);

/* /c/{chapter}/override: asks why; POST begins the look, POST .../end ends it */
fallible override_show_page(struct request *, struct response *);
fallible override_post_page(struct request *, struct response *);
fallible override_post_end(struct request *, struct response *);

#endif
