#ifndef CALENDARS_FOUND_H
#define CALENDARS_FOUND_H

#include "db/db.h"
#include "ical/filter.h"
#include "webdav/dav.h"

/* What may be looked for in a calendar without reading its objects. */
struct found_by {
    const char *component, *uid;    /* "": any */
    const struct ical_range *range; /* NULL: any */
    bool exactly;                   /* nothing else is asked for */
    bool then;                      /* nothing but the range, of events */
};
struct found_by found_by(struct arena *, const struct ical_filter *);

/*
 * The objects of a calendar that may be what is looked for, some at a time; what the arena was
 * given for the last ones is taken back before the next:
 *
 *     struct found f;
 *     found_begin(rq, &f);
 *     while (f.more)
 *         TRY(found_next(rq, node, &by, &f, &some));
 */
struct found {
    bool more;
    size_t mark, mark_ids;
    struct ints ids; /* sorted: those at hand, and how many of them were given */
    const bool *sure; /* of each: it is in the range; NULL: nobody knows */
    int at;
    bool last;   /* there are no others */
    char *after; /* the UID of the last of them */
};
void found_begin(struct request *, struct found *);
/* The same for those that somebody knows: their numbers, sorted. */
void found_these(struct request *, struct ints, struct found *);

/* Members, and unless it is looked for `exactly` their contents (NULL: there is none): not more
 * than some megabytes. */
struct found_some {
    struct dav_node *node;
    const char **bytes;
    bool *sure; /* it is what is looked for, without a look at its content */
    int n;
};
fallible found_next(struct request *, const struct dav_node *, const struct found_by *,
    struct found *, struct found_some *);

#endif
