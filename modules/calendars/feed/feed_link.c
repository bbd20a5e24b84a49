/* Feeds with an address of their own: who has it is told what the feed was made for. Wrong, ended
 * and sleeping ones are one and the same answer. */
#include <string.h>

#include "auth/access.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/feed/feed.h"
#include "q/feed.h"
#include "webdav/store.h"

static fallible
no_such_feed(struct request *rq)
{
    return FAIL(rq->arena, NOT_FOUND, "%s",
        tr(rq->lang,
            "This address does not work, or no longer. Perhaps a part of it is missing, or it was "
            "ended. Ask whoever gave it to you for a new one."));
}

/* Programs want a name that ends in ".ics"; who left it off means the same. */
static struct bytes
hash_of(struct request *rq)
{
    unsigned char *hash = arena_alloc(rq->arena, SHA256_SIZE);
    const char *file = rq->param[0];
    size_t n = strlen(file), suffix = strlen(".ics");

    if (n > suffix && strcmp(file + n - suffix, ".ics") == 0)
        n -= suffix;
    sha256(file, n, hash);
    return (struct bytes){ (const char *)hash, SHA256_SIZE };
}

/* Once a day, in a transaction of its own: all others need not write. */
static fallible
note_use(struct request *rq, int64_t feed, const char *slug)
{
    const struct db_scope scope = { .chapters = slug };
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &scope));
    return db_end(rq->db, rq->arena, q_feed_use(rq->db, rq->arena, feed, &rows));
}

struct error *
feed_scope(struct request *rq)
{
    static const struct db_scope no_scope = { .chapters = "" };
    struct bytes *hash = NEW(rq->arena, struct bytes);
    struct rows rows;

    *hash = hash_of(rq);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_feed_of(rq->db, rq->arena, *hash, &rows)));
    if (rows.n == 0) {
        TRY(throttle_guess(rq));
        return no_such_feed(rq);
    }
    struct feed_of_row row = feed_of_row(&rows, 0);
    rq->scope.chapters = row.slug;
    rq->own = hash;
    return row.used_today ? NULL : note_use(rq, row.id, row.slug);
}

/* Who comes by it, as the tree sees her: nobody, with this one pass. */
static void
become(struct request *rq, const struct feed_open_row *row)
{
    struct principal *who = NEW(rq->arena, struct principal);
    struct link_pass *pass = NEW(rq->arena, struct link_pass);

    *pass = (struct link_pass){ .id = row->id,
        .chapter = row->chapter,
        .read = (enum role)row->made_read,
        .write = ROLE_PUBLIC };
    *who = nobody;
    who->link = pass;
    rq->who = who;
}

struct error *
feed_by_token(struct request *rq, struct response *rs)
{
    const struct bytes *hash = rq->own;
    struct store_tree tree = calendars_home.tree;
    enum feed_view view = FEED_BUSY;
    struct dav_changes changes;
    struct dav_node node;
    struct rows rows;

    TRY(q_feed_open(rq->db, rq->arena, *hash, &rows));
    if (rows.n == 0)
        return no_such_feed(rq);
    struct feed_open_row row = feed_open_row(&rows, 0);
    const char *const part[] = { row.name };
    become(rq, &row);
    tree.flat = true;
    struct error *e =
        store_find(rq, &tree, rq->scope.chapters, &(struct path){ part, 1, true }, &node);
    if (e != NULL && e->cond == &NOT_FOUND)
        return no_such_feed(rq);
    TRY(e);
    if (!node.exists || node.id != row.node || (node.rights & MAY_READ) == 0)
        return no_such_feed(rq); /* it sleeps */
    TRY(node.kind->changes(rq, &node, NULL, 0, &changes));
    feed_view_read(row.view, &view);
    struct feed feed = { .rq = rq,
        .view = view,
        .name = row.label,
        .token = hex_encode(rq->arena, hash->p, hash->n),
        .node = &node,
        .calendar = { node.id },
        .n = 1,
        .tag = arena_printf(rq->arena, "%s %s\n", changes.ctag, row.label),
        .modified = row.changed };
    return feed_answer(&feed, rs);
}
