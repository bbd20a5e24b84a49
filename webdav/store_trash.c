/* What was deleted: listed, restored, purged. */
#include "auth/access.h"
#include "auth/audit.h"
#include "base/arena.h"
#include "http/request.h"
#include "q/node.h"
#include "q/trash.h"
#include "webdav/conditions.h"
#include "webdav/door.h"
#include "webdav/serve.h"
#include "webdav/store_in.h"
#include "webdav/trash.h"

#define PAGE       100
#define PLACES_MAX 500
/* Folders that are looked at for them. */
#define FOLDERS_MAX 5000

static struct policy
policy_of(const struct request *rq, int64_t id, int16_t read, int16_t write)
{
    return (struct policy){ .id = id,
        .chapter = rq->chapter,
        .read_level = (enum role)read,
        .write_level = (enum role)write };
}

static unsigned
rights_in(const struct request *rq, const struct trash_list_row *row)
{
    const struct policy now = policy_of(rq, row->policy_id, row->read_level, row->write_level),
                        then = policy_of(rq, row->then_id, row->then_read, row->then_write);
    unsigned rights = access_kept(rq->who, &now, &then);

    if (row->place_policy_is_null)
        return rights;
    const struct policy place =
        policy_of(rq, row->place_policy, row->place_read, row->place_write);
    return rights & access_kept(rq->who, &place, &then);
}

static struct trashed
thing_of(const struct request *rq, const struct trash_list_row *row)
{
    return (struct trashed){ .id = row->id,
        .node = row->node,
        .name = row->name,
        .place = row->place,
        .remover = row->remover,
        .by_rule = row->by_rule,
        .kind = row->kind,
        .collection = row->collection,
        .length = row->size,
        .removed = row->removed,
        .rights = rights_in(rq, row) };
}

fallible
trash_list(struct request *rq, const struct store_tree *tree, int64_t before, struct trash *trash)
{
    struct rows rows;

    TRY(q_trash_list(rq->db, rq->arena, rq->chapter, tree->root->name,
        before == 0 ? INT64_MAX : before, 0, PAGE + 1, &rows));
    struct trashed *thing = NEW_ARRAY(rq->arena, struct trashed, (size_t)rows.n + 1);
    *trash = (struct trash){ .thing = thing };
    for (int i = 0; i < rows.n && i < PAGE; i++) {
        struct trash_list_row row = trash_list_row(&rows, i);
        if (rows.n > PAGE)
            trash->next = row.id;
        thing[trash->n] = thing_of(rq, &row);
        if ((thing[trash->n].rights & MAY_READ) != 0)
            trash->n++;
    }
    return NULL;
}

fallible
trash_find(
    struct request *rq, const struct store_tree *tree, int64_t id, struct trashed *thing)
{
    struct rows rows;

    TRY(q_trash_list(
        rq->db, rq->arena, rq->chapter, tree->root->name, INT64_MAX, id, 1, &rows));
    if (id <= 0 || rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct trash_list_row row = trash_list_row(&rows, 0);
    *thing = thing_of(rq, &row);
    return (thing->rights & MAY_READ) != 0 ? NULL : REFUSE(rq->arena, NOT_FOUND);
}

/* May she take it out of the trash, to wherever? What one could not delete one cannot restore. */
static fallible
check_thing(struct request *rq, const struct trashed *thing)
{
    const struct dav_node node = { .id = thing->node, .collection = thing->collection };

    if ((thing->rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    return rights_below(rq, &node, MAY_READ | MAY_WRITE);
}

static fallible
note(struct request *rq, enum audit_what what, const struct trashed *thing, int64_t bytes)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = rq->who->person,
            .chapter = rq->chapter,
            .kind = thing->kind,
            .object = thing->node,
            .title = thing->name,
            .amount = bytes });
}

fallible
trash_restore(struct request *rq, const struct trashed *thing, const struct path *to)
{
    struct dav_node node;
    struct rows rows;

    TRY(check_thing(rq, thing));
    TRY(dav_check_name(rq, to->part[to->n - 1]));
    TRY(dav_find(rq, to, &node));
    if ((node.rights & MAY_READ) == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    if ((node.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    if (node.exists || node.parent_id == 0 || node.policy.chapter != rq->chapter)
        return REFUSE(rq->arena, CONFLICT);
    TRY(dav_may_write(rq, &node));
    TRY(store_lost_race(rq, q_trash_restore(rq->db, rq->arena, thing->node, node.parent_id,
                                node.name, store_name_key(rq, node.name), &rows)));
    return thing->collection ? note(rq, AUDIT_TRASH_RESTORED, thing, 0) : NULL;
}

fallible
trash_purge(struct request *rq, const struct trashed *thing)
{
    struct rows rows;

    TRY(check_thing(rq, thing));
    TRY(q_trash_purge(rq->db, rq->arena, thing->node, &rows));
    return note(rq, AUDIT_TRASH_PURGED, thing, trash_purge_row(&rows, 0).bytes);
}

fallible
trash_places(struct request *rq, const struct store_tree *tree, struct trash_places *places)
{
    struct rows rows;

    TRY(q_trash_folders(
        rq->db, rq->arena, rq->chapter, tree->root->name, FOLDERS_MAX, &rows));
    const char **path = NEW_ARRAY(rq->arena, const char *, PLACES_MAX);
    *places = (struct trash_places){ .path = path };
    for (int i = 0; i < rows.n && places->n < PLACES_MAX; i++) {
        struct trash_folders_row row = trash_folders_row(&rows, i);
        const struct policy policy =
            policy_of(rq, row.policy_id, row.read_level, row.write_level);
        if ((access_rights(rq->who, &policy) & MAY_WRITE) != 0)
            path[places->n++] = row.path;
    }
    return NULL;
}

struct error *
store_trash(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    if (node->policy.chapter == 0)
        return store_remove(rq, node);
    TRY(store_hold(rq, node));
    db_defer(rq->db);
    return q_node_trash(rq->db, rq->arena, node->id, node->etag, rq->who->person, &rows);
}
