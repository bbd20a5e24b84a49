/* Who may read and write a collection: its own levels, or those of the one above. */
#include "base/arena.h"
#include "http/request.h"
#include "q/node.h"
#include "webdav/store_in.h"

struct error *
store_levels(struct request *rq, const struct dav_node *node, struct dav_levels *levels)
{
    struct rows rows;

    TRY(q_levels_of(rq->db, rq->arena, node->policy_id, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct levels_of_row first = levels_of_row(&rows, 0);
    struct dav_group_level *group = NEW_ARRAY(rq->arena, struct dav_group_level, (size_t)rows.n);
    *levels = (struct dav_levels){ .own = !first.node_is_null && first.node == node->id,
        .from = first.node_name,
        .read = (enum role)first.read_level,
        .write = (enum role)first.write_level,
        .group = group };
    for (int i = 0; i < rows.n; i++) {
        struct levels_of_row row = levels_of_row(&rows, i);
        if (!row.group_id_is_null)
            group[levels->n++] =
                (struct dav_group_level){ row.group_id, row.group_name, (unsigned)row.rights };
    }
    return NULL;
}

struct error *
store_set_levels(struct request *rq, const struct dav_node *node, const struct dav_levels *levels)
{
    int16_t read = (int16_t)levels->read, write = (int16_t)levels->write;
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)levels->n + 1);
    int64_t *rights = NEW_ARRAY(rq->arena, int64_t, (size_t)levels->n + 1);
    struct rows rows;

    for (int i = 0; i < levels->n; i++) {
        id[i] = levels->group[i].id;
        rights[i] = levels->group[i].rights;
    }
    return q_levels_set(rq->db, rq->arena, node->id, levels->own ? &read : NULL,
        levels->own ? &write : NULL, (struct ints){ id, levels->n },
        (struct ints){ rights, levels->n }, &rows);
}
