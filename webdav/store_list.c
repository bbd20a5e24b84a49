/* Members of a collection: pages, some of them, those that changed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/request.h"
#include "q/lock.h"
#include "q/node.h"
#include "webdav/conditions.h"
#include "webdav/store_in.h"

/* Members in one page of a listing: few enough to be held in memory, enough to make round trips
 * rare. */
#define PAGE 1000

/* Members share their ancestors. */
struct family {
    const struct dav_node *parent;
    const int64_t *ancestors;
    int n_ancestors;
    struct dav_node *node;
    int n;
};

/* Most members are of this kind: it need not be sent with each. */
static const char *
member_kind(const struct dav_node *parent)
{
    return parent->kind->member == NULL ? "" : parent->kind->member->name;
}

static struct family
family_new(struct request *rq, const struct dav_node *parent, int most)
{
    struct family f = { .parent = parent };

    store_ancestors_of_member(rq->arena, parent, &f.ancestors, &f.n_ancestors);
    f.node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)most + 1);
    return f;
}

/* False: nothing that this parent can hold. */
static bool
family_add(struct request *rq, struct family *f, const struct node_columns *row)
{
    struct dav_node *node = &f->node[f->n];

    if (!store_node(rq, f->parent, row, node))
        return false;
    node->ancestors = f->ancestors;
    node->n_ancestors = f->n_ancestors;
    f->n++;
    return true;
}

struct error *
store_children(
    struct request *rq, const struct dav_node *parent, const char *from, struct dav_list *list)
{
    struct rows rows;

    TRY(q_node_children(rq->db, rq->arena, parent->id, parent->policy_id, member_kind(parent),
        from == NULL ? "" : from, PAGE, &rows));
    struct family f = family_new(rq, parent, rows.n);
    struct node_columns columns = { .name_key = NULL };
    for (int i = 0; i < rows.n; i++) {
        struct node_children_row row = node_children_row(&rows, i);
        columns = NODE_COLUMNS(row, parent);
        family_add(rq, &f, &columns);
    }
    *list = (struct dav_list){ f.node, f.n, rows.n < PAGE ? NULL : columns.name_key };
    return NULL;
}

/* The policies in a collection that let her read; that of the collection itself is one. */
static fallible
readable_policies(struct request *rq, const struct dav_node *parent, struct ints *readable)
{
    struct rows rows;

    TRY(q_node_policies(rq->db, rq->arena, parent->id, parent->policy_id, &rows));
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)rows.n + 1);
    int n = 0;
    id[n++] = parent->policy_id;
    for (int i = 0; i < rows.n; i++) {
        struct node_policies_row row = node_policies_row(&rows, i);
        const struct policy policy = { .id = row.id,
            .chapter = row.chapter,
            .person = row.person,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };
        if ((access_rights(rq->who, &policy) & MAY_READ) != 0)
            id[n++] = row.id;
    }
    *readable = (struct ints){ id, n };
    return NULL;
}

struct error *
store_page(struct request *rq, const struct dav_node *parent, const struct store_page *page,
    struct dav_list *list, int64_t *total)
{
    static const char *const by[] = {
        [PAGE_BY_NAME] = "name", [PAGE_BY_SIZE] = "size", [PAGE_BY_DATE] = "date"
    };
    const char *filter = store_name_key(rq, page->filter);
    struct rows rows, count;
    struct ints readable;

    TRY(readable_policies(rq, parent, &readable));
    db_pipeline(rq->db);
    TRY(q_node_page(rq->db, rq->arena, parent->id, parent->policy_id, member_kind(parent), readable,
        filter, page->collections, by[page->by], page->down, page->skip, page->most, &rows));
    TRY(q_node_page_count(
        rq->db, rq->arena, parent->id, readable, filter, page->collections, &count));
    TRY(db_flush(rq->db, rq->arena));
    struct family f = family_new(rq, parent, rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct node_page_row row = node_page_row(&rows, i);
        struct node_columns columns = NODE_COLUMNS(row, parent);
        family_add(rq, &f, &columns);
    }
    *list = (struct dav_list){ f.node, f.n, NULL };
    *total = node_page_count_row(&count, 0).n;
    return NULL;
}

/* Whoever asks for members whose contents are rows like theirs wants to read them, nearly always. */
static int64_t
contents_together(const struct dav_node *parent)
{
    const struct dav_kind *member = parent->kind->member;

    return member != NULL && member->row_max != NULL ? STORE_TOGETHER : 0;
}

struct error *
store_several(struct request *rq, const struct dav_node *parent, const char *const *names, int n,
    struct dav_list *list)
{
    const char **keys = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);
    struct rows rows;

    for (int i = 0; i < n; i++)
        keys[i] = store_name_key(rq, names[i]);
    TRY(q_node_several(rq->db, rq->arena, parent->id, parent->policy_id, member_kind(parent),
        (struct texts){ keys, n }, contents_together(parent), &rows));
    struct family f = family_new(rq, parent, rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct node_several_row row = node_several_row(&rows, i);
        struct node_columns columns = NODE_COLUMNS(row, parent);
        if (family_add(rq, &f, &columns) && row.bytes.p != NULL)
            store_keep_content(rq, &f.node[f.n - 1], row.blob_id, row.sha256, row.bytes.p);
    }
    *list = (struct dav_list){ f.node, f.n, NULL };
    return NULL;
}

struct error *
store_numbered(struct request *rq, const struct dav_node *parent, struct ints ids, bool contents,
    struct dav_list *list)
{
    struct rows rows;

    TRY(q_node_numbered(rq->db, rq->arena, parent->id, parent->policy_id, member_kind(parent), ids,
        contents ? STORE_TOGETHER : 0, &rows));
    struct family f = family_new(rq, parent, rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct node_numbered_row row = node_numbered_row(&rows, i);
        struct node_columns columns = NODE_COLUMNS(row, parent);
        if (family_add(rq, &f, &columns) && row.bytes.p != NULL)
            store_keep_content(rq, &f.node[f.n - 1], row.blob_id, row.sha256, row.bytes.p);
    }
    *list = (struct dav_list){ f.node, f.n, NULL };
    return NULL;
}

struct error *
store_contents(struct request *rq, const struct dav_node *node, int n, const char **bytes)
{
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)n + 1);
    struct rows rows;
    int ids = 0;

    for (int i = 0; i < n; i++) {
        const struct store_content *own = node[i].collection ? NULL : node[i].own;
        bytes[i] = own == NULL ? NULL : own->bytes;
        if (bytes[i] == NULL && !node[i].collection)
            id[ids++] = node[i].id;
    }
    if (ids == 0)
        return NULL;
    TRY(q_node_contents(rq->db, rq->arena, (struct ints){ id, ids }, &rows));
    for (int i = 0; i < n; i++)
        for (int low = 0, high = rows.n; low < high && bytes[i] == NULL;) {
            int middle = low + (high - low) / 2;
            struct node_contents_row row = node_contents_row(&rows, middle);

            if (row.node == node[i].id)
                bytes[i] = row.bytes.p;
            else if (row.node < node[i].id)
                low = middle + 1;
            else
                high = middle;
        }
    return NULL;
}

struct error *
store_roots(
    struct request *rq, const struct store_tree *tree, const char *from, struct dav_list *list)
{
    struct dav_node above = { .kind = tree->root,
        .href = arena_printf(rq->arena, "%s/", tree->prefix) };
    struct node_columns columns = { .name_key = NULL };
    struct rows rows;

    TRY(q_node_roots(rq->db, rq->arena, tree->root->name, from == NULL ? "" : from, PAGE, &rows));
    struct dav_node *node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)rows.n + 1);
    int n = 0;
    for (int i = 0; i < rows.n; i++) {
        struct node_roots_row row = node_roots_row(&rows, i);
        columns = NODE_COLUMNS(row, &above);
        columns.chapter = row.chapter;
        if (!store_node(rq, &above, &columns, &node[n]))
            continue;
        node[n].root_id = node[n].id;
        node[n].is_root = true;
        n++;
    }
    *list = (struct dav_list){ node, n, rows.n < PAGE ? NULL : columns.name_key };
    return NULL;
}

static struct policy
policy_of(const struct tree_below_row *row)
{
    return (struct policy){ .id = row->policy,
        .chapter = row->chapter,
        .person = row->person,
        .read_level = (enum role)row->read_level,
        .write_level = (enum role)row->write_level };
}

/* The policies below some nodes that let her read. */
static fallible
readable_below(
    struct request *rq, const struct dav_node *node, int n, int most, struct ints *readable)
{
    int64_t *id = NULL, members = n;
    int n_ids = 0;

    for (int i = 0; i < n; i++) {
        struct rows rows;
        if (!node[i].collection)
            continue;
        TRY(q_tree_below(rq->db, rq->arena, node[i].id, most + 1, &rows));
        int64_t *more = NEW_ARRAY(rq->arena, int64_t, (size_t)(n_ids + rows.n) + 1);
        if (n_ids > 0)
            memcpy(more, id, (size_t)n_ids * sizeof *id);
        id = more;
        for (int k = 0; k < rows.n; k++) {
            struct tree_below_row row = tree_below_row(&rows, k);
            const struct policy policy = policy_of(&row);
            members += row.members;
            if ((access_rights(rq->who, &policy) & MAY_READ) != 0)
                id[n_ids++] = row.policy;
        }
    }
    *readable = (struct ints){ id, n_ids };
    return members > most ? REFUSE(rq->arena, TOO_MANY_MEMBERS) : NULL;
}

struct error *
store_below(struct request *rq, const struct dav_node *node, int n, int most,
    const struct store_below **result, int *n_below)
{
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)n + 1);
    struct ints readable;
    struct rows rows;

    for (int i = 0; i < n; i++)
        id[i] = node[i].id;
    TRY(readable_below(rq, node, n, most, &readable));
    TRY(q_node_below(rq->db, rq->arena, (struct ints){ id, n }, readable, most + 1, &rows));
    if (rows.n > most)
        return REFUSE(rq->arena, TOO_MANY_MEMBERS);
    struct store_below *below = NEW_ARRAY(rq->arena, struct store_below, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct node_below_row row = node_below_row(&rows, i);
        below[i] = (struct store_below){ .path = row.path,
            .collection = row.collection,
            .type = row.type,
            .size = row.size,
            .modified = row.modified,
            .blob = row.blob_id_is_null ? 0 : row.blob_id };
    }
    *result = below;
    *n_below = rows.n;
    return NULL;
}

/* ---- what changed ---- */

#define TOKEN_PREFIX "urn:chapterd:sync:"

/* Where a client is: what it has not been told yet has `since` or more, and lies behind the last
 * node told. */
struct sync_from {
    int64_t since, told, told_id; /* told 0: not in the middle of pages */
    int64_t first;                /* since, as it was for the first of the pages; 0: nothing was known */
};

/* A number of a token: digits, and nothing that would not come back the same. */
static bool
token_number(const char *s, int64_t *number)
{
    return text_to_int(s, INT64_MAX - 1, number) && (s[0] != '0' || s[1] == '\0');
}

static bool
token_read(struct request *rq, const char *token, const char *epoch, int64_t collection,
    struct sync_from *from)
{
    const char *const *part;
    int64_t id;

    if (!text_starts(token, TOKEN_PREFIX))
        return false;
    int n = text_split(rq->arena, token + strlen(TOKEN_PREFIX), ":", &part);
    if ((n != 3 && n != 6) || strcmp(part[0], epoch) != 0 || !token_number(part[1], &id) ||
        id != collection || !token_number(part[2], &from->since))
        return false;
    from->first = from->since;
    return n == 3 || (token_number(part[3], &from->told) && token_number(part[4], &from->told_id) &&
                         token_number(part[5], &from->first));
}

static fallible
check_token(struct request *rq, const struct dav_node *collection, const char *token,
    const struct node_sync_row *state, struct sync_from *from)
{
    *from = (struct sync_from){ 0, 0, 0, 0 };
    if (token == NULL)
        return NULL;
    if (token_read(rq, token, state->epoch, collection->id, from) && from->since >= state->floor &&
        from->since <= state->mark)
        return NULL;
    return REFUSE(rq->arena, VALID_SYNC_TOKEN);
}

/* What she may not read is named to her only when she knew it before. */
static bool
is_told(struct request *rq, const struct dav_node *node, const struct node_changes_row *row,
    int64_t since)
{
    return (node->rights & MAY_READ) != 0 ||
           access_knew(rq->who, &node->policy, row->hidden_is_null ? 0 : row->hidden,
               (enum role)row->hidden_from, since);
}

/* In the middle of pages `since` is what the last of them will hand out, and may lie above what is
 * to come. */
static fallible
read_changes(struct request *rq, const struct dav_node *collection, const struct sync_from *from,
    int limit, struct dav_changes *changes)
{
    int64_t low = from->told != 0 ? from->told : from->since;
    struct node_columns columns = { .id = 0 };
    int64_t changed = 0;
    struct rows rows;

    TRY(q_node_changes(rq->db, rq->arena, collection->id, collection->policy_id,
        member_kind(collection), low, from->told_id, from->first > 0, limit + 1, &rows));
    struct family f = family_new(rq, collection, rows.n);
    changes->more = rows.n > limit;
    for (int i = 0; i < rows.n && i < limit; i++) {
        struct node_changes_row row = node_changes_row(&rows, i);
        columns = NODE_COLUMNS(row, collection);
        columns.gone = row.gone;
        changed = row.changed;
        if (family_add(rq, &f, &columns) && !is_told(rq, &f.node[f.n - 1], &row, from->first))
            f.n--;
    }
    changes->node = f.node;
    changes->n = f.n;
    if (changes->more)
        changes->token = arena_printf(rq->arena, "%s:%" PRId64 ":%" PRId64 ":%" PRId64,
            changes->token, changed, columns.id, from->first);
    return NULL;
}

struct error *
store_changes(struct request *rq, const struct dav_node *collection, const char *token, int limit,
    struct dav_changes *changes)
{
    struct sync_from from;
    struct rows rows;

    TRY(q_node_sync(rq->db, rq->arena, collection->id, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct node_sync_row state = node_sync_row(&rows, 0);
    int64_t now = state.mark < state.horizon ? state.mark : state.horizon;
    TRY(check_token(rq, collection, token, &state, &from));
    int64_t next = from.told != 0 ? from.since : now;
    *changes = (struct dav_changes){ .node = NULL };
    changes->token = arena_printf(
        rq->arena, TOKEN_PREFIX "%s:%" PRId64 ":%" PRId64, state.epoch, collection->id, next);
    changes->ctag = arena_printf(rq->arena, "%s-%" PRId64 "-%" PRId64 "-%" PRId64, state.epoch, now,
        state.open_count, state.open_sum);
    if (limit == 0)
        return NULL;
    return read_changes(rq, collection, &from, limit, changes);
}
