/* What documents held before. */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "http/app.h"
#include "http/request.h"
#include "q/version.h"
#include "webdav/conditions.h"
#include "webdav/door.h"
#include "webdav/noise.h"
#include "webdav/quota.h"
#include "webdav/serve.h"
#include "webdav/store_in.h"
#include "webdav/version.h"

#define PAGE 100

bool
version_keeps(const struct dav_node *node)
{
    return node->kind->succeed != NULL && !noise_name(node->name);
}

const int32_t *
version_sitting(const struct request *rq, const struct dav_node *node, int32_t *seconds)
{
    *seconds = (int32_t)rq->app->config->version_sitting;
    return version_keeps(node) ? seconds : NULL;
}

static unsigned
rights_in(const struct request *rq, const struct dav_node *node, int64_t policy, int16_t read,
    int16_t write)
{
    const struct policy then = { .id = policy,
        .chapter = node->policy.chapter,
        .person = node->policy.person,
        .read_level = (enum role)read,
        .write_level = (enum role)write };

    return access_kept(rq->who, &node->policy, &then);
}

fallible
version_list(
    struct request *rq, const struct dav_node *node, int64_t before, struct dav_versions *list)
{
    struct rows rows;

    TRY(q_versions_list(
        rq->db, rq->arena, node->id, before == 0 ? INT64_MAX : before, PAGE + 1, &rows));
    struct dav_version *version = NEW_ARRAY(rq->arena, struct dav_version, (size_t)rows.n + 1);
    *list = (struct dav_versions){ .version = version };
    for (int i = 0; i < rows.n && i < PAGE; i++) {
        struct versions_list_row row = versions_list_row(&rows, i);
        unsigned rights = rights_in(rq, node, row.policy_id, row.read_level, row.write_level);
        if (rows.n > PAGE)
            list->next = row.id;
        if ((rights & MAY_READ) == 0)
            continue;
        version[list->n++] = (struct dav_version){ .id = row.id,
            .writer = row.writer,
            .by_box = row.by_box,
            .type = row.type,
            .etag = store_etag(rq->arena, row.sha256.p),
            .length = row.size,
            .modified = row.modified,
            .replaced = row.replaced,
            .rights = rights };
    }
    return NULL;
}

fallible
version_any(struct request *rq, const struct dav_node *node, int n, bool *has)
{
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)n + 1);
    struct rows rows;

    for (int i = 0; i < n; i++) {
        id[i] = node[i].id;
        has[i] = false;
    }
    TRY(q_versions_any(rq->db, rq->arena, (struct ints){ id, n }, &rows));
    for (int r = 0; r < rows.n; r++) {
        struct versions_any_row row = versions_any_row(&rows, r);
        for (int i = 0; i < n; i++)
            if (id[i] == row.node)
                has[i] |= (rights_in(rq, &node[i], row.policy_id, row.read_level, row.write_level) &
                              MAY_READ) != 0;
    }
    return NULL;
}

fallible
version_find(struct request *rq, const struct dav_node *node, int64_t id, struct dav_node *version)
{
    struct rows rows;

    TRY(q_version_content(rq->db, rq->arena, node->id, id, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct version_content_row row = version_content_row(&rows, 0);
    *version = *node;
    version->rights = rights_in(rq, node, row.policy_id, row.read_level, row.write_level);
    if ((version->rights & MAY_READ) == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct store_content *content = NEW(rq->arena, struct store_content);
    content->blob_id = row.blob_id;
    memcpy(content->sha256, row.sha256.p, SHA256_SIZE);
    content->bytes = row.bytes_is_null ? NULL : row.bytes.p;
    version->own = content;
    version->type = row.type;
    version->length = row.size;
    version->modified = row.modified;
    version->etag = store_etag(rq->arena, content->sha256);
    return NULL;
}

fallible
version_restore(struct request *rq, const struct path *path, int64_t id)
{
    struct dav_node node, version;
    struct rows rows;
    int64_t lease;

    TRY(dav_look(rq, path, &node));
    if (node.collection || !version_keeps(&node))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(version_find(rq, &node, id, &version));
    if ((version.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    TRY(dav_may_write(rq, &node));
    TRY(quota_draw(rq, node.policy.chapter, version.length, &lease));
    TRY(store_hold(rq, &node));
    return q_version_restore(
        rq->db, rq->arena, node.id, node.etag, id, rq->who->person, lease, &rows);
}

fallible
store_retire(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_hold(rq, node));
    return q_node_retire(rq->db, rq->arena, node->id, node->etag, &rows);
}

/*
 * Programs save a document by writing another one and moving it onto the first, under a name made of
 * the first's ("Brief.odt.part", ".Brief.odt.AbCdEf") or for nothing else (noise.h). What was called
 * anything else is a document of its own, and what it replaces becomes a version however young it is.
 */
static bool
saves(struct request *rq, const char *target)
{
    const char *name = dav_state(rq)->node.name;

    return rq->method == MOVE && name != NULL && strcmp(name, target) != 0 &&
           (noise_name(name) || strstr(name, target) != NULL);
}

fallible
store_succeed(
    struct request *rq, const struct dav_node *retired, const struct dav_node *heir)
{
    struct rows rows;
    int32_t seconds;
    const int32_t *sitting = version_sitting(rq, retired, &seconds);

    if (!saves(rq, retired->name))
        seconds = 0;
    return q_node_succeed(
        rq->db, rq->arena, retired->id, heir->id, rq->who->person, sitting, &rows);
}
