/* Rows of dav_node as nodes. */
#include "webdav/store_in.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"

/* Home, calendar, event: no tree of kinds is deeper than this. */
#define KINDS_DEEP 4

static const struct dav_kind *
kind_within(const struct dav_kind *kind, const char *name, int deep)
{
    if (kind == NULL || deep == 0)
        return NULL;
    if (strcmp(kind->name, name) == 0)
        return kind;
    const struct dav_kind *found = kind_within(kind->member, name, deep - 1);
    if (found == NULL)
        found = kind_within(kind->child_collection, name, deep - 1);
    for (const struct dav_kind *const *other = kind->others;
         found == NULL && other != NULL && *other != NULL; other++)
        found = kind_within(*other, name, deep - 1);
    return found;
}

const struct dav_kind *
store_kind(const struct dav_kind *root, const char *name)
{
    return kind_within(root, name, KINDS_DEEP);
}

/* Members mostly have their parent's policy: then the rights are known. */
static void
set_rights(const struct request *rq, const struct dav_node *parent, const struct node_columns *row,
    struct dav_node *node)
{
    if (row->inherits) {
        node->policy = parent->policy;
        node->rights = parent->rights;
        return;
    }
    node->policy = (struct policy){ .id = row->policy_id,
        .chapter = row->chapter,
        .person = row->person,
        .read_level = (enum role)row->read_level,
        .write_level = (enum role)row->write_level };
    node->rights = access_rights(rq->who, &node->policy);
}

/* A listing makes ten thousand of these. */
static const char *
join(struct arena *arena, const char *a, const char *b, const char *c)
{
    size_t n = strlen(a), m = strlen(b), k = strlen(c);
    char *s = arena_alloc(arena, n + m + k + 1);

    memcpy(s, a, n);
    memcpy(s + n, b, m);
    memcpy(s + n + m, c, k);
    return s;
}

bool
store_node(struct request *rq, const struct dav_node *parent, const struct node_columns *row,
    struct dav_node *node)
{
    const struct dav_kind *kind =
        row->kind == NULL ? parent->kind->member : store_kind(parent->kind, row->kind);

    if (kind == NULL)
        return false;
    *node = (struct dav_node){
        .kind = kind,
        .exists = !row->gone,
        .collection = kind->collection,
        .id = row->id,
        .parent_id = parent->id,
        .root_id = parent->root_id,
        .policy_id = row->policy_id,
        .name = row->name,
        .display_name = row->display,
        .type = row->type,
        .etag = row->etag,
        .length = row->size,
        .created = row->created,
        .modified = row->modified,
    };
    node->href = join(
        rq->arena, parent->href, uri_encode(rq->arena, row->name), node->collection ? "/" : "");
    set_rights(rq, parent, row, node);
    return true;
}

void
store_keep_content(struct request *rq, struct dav_node *node, int64_t blob_id, struct bytes sha256,
    const char *bytes)
{
    struct store_content *content = NEW(rq->arena, struct store_content);

    content->blob_id = blob_id;
    memcpy(content->sha256, sha256.p, SHA256_SIZE);
    content->bytes = bytes;
    node->own = content;
}

void
store_ancestors_of_member(
    struct arena *arena, const struct dav_node *parent, const int64_t **ancestors, int *n)
{
    int64_t *ids = NEW_ARRAY(arena, int64_t, (size_t)parent->n_ancestors + 1);

    if (parent->n_ancestors > 0)
        memcpy(ids, parent->ancestors, (size_t)parent->n_ancestors * sizeof *ids);
    ids[parent->n_ancestors] = parent->id;
    *ancestors = ids;
    *n = parent->n_ancestors + 1;
}

const char *
store_name_key(struct request *rq, const char *name)
{
    return text_nfc(rq->arena, name);
}

struct error *
store_check_name(struct request *rq, const char *name)
{
    if (text_is_name(name, strlen(name)))
        return NULL;
    return FAIL(rq->arena, BAD_REQUEST,
        tr(rq->lang, "This name holds characters that cannot be seen. Please choose another one."));
}

struct error *
store_lost_race(struct request *rq, struct error *e)
{
    if (e == NULL || e->cond != &CONFLICT)
        return e;
    return error_cause(REFUSE(rq->arena, LOST_RACE), rq->arena, "somebody else took the name");
}

struct blob_owner
store_owner(const struct dav_node *node)
{
    if (node->policy.chapter != 0)
        return (struct blob_owner){ 'c', node->policy.chapter };
    return (struct blob_owner){ 'p', node->policy.person };
}
