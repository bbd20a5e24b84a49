#ifndef WEBDAV_MEMBERS_H
#define WEBDAV_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/macros.h"

struct dav_list;
struct dav_node;
struct request;

/* Room for where a page of members ends: a name in normal form C. */
#define NAME_KEY_MAX KB(4)

/*
 * The members of a collection page by page. What the request's arena was given
 * for one page is taken back before the next, so that 50,000 members take the
 * memory of one page:
 *
 *     struct members m = { .first = true };
 *     do {
 *         TRY(members_next(rq, node, &m, &page));
 *         ...
 *     } while (m.more);
 */
struct members {
    bool first, more;
    size_t mark;
    char from[NAME_KEY_MAX];
};
fallible members_next(
    struct request *, const struct dav_node *, struct members *, struct dav_list *);

#endif
