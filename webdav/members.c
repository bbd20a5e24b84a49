#include "webdav/members.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "http/request.h"
#include "webdav/dav.h"

fallible
members_next(
    struct request *rq, const struct dav_node *node, struct members *m, struct dav_list *page)
{
    *page = (struct dav_list){ .next = NULL };
    if (m->first)
        m->mark = arena_mark(rq->arena);
    else
        arena_rewind(rq->arena, m->mark);
    TRY(node->kind->children(rq, node, m->first ? NULL : m->from, page));
    m->first = false;
    m->more = page->next != NULL;
    if (m->more) {
        assert(strlen(page->next) < sizeof m->from);
        memcpy(m->from, page->next, strlen(page->next) + 1);
    }
    return NULL;
}
