#include "webdav/home.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"
#include "q/home.h"
#include "q/principal.h"
#include "webdav/conditions.h"
#include "webdav/principal.h"
#include "webdav/store_in.h"
#include "webdav/xml.h"

/* More collections than anybody is in. */
#define PAGE 1000
/* Longest name that a collection is called by, in bytes. */
#define DISPLAY_MAX 200

/* ---------------------------------------------------------------- addresses */

/* "jena.termine": of chapter jena, called termine; "privat": her own. */
struct member {
    const char *slug, *name;
};

static struct member
member_of(struct arena *arena, const char *part)
{
    const char *dot = strchr(part, '.');

    if (dot == NULL)
        return (struct member){ "", part };
    return (struct member){ arena_copy(arena, part, (size_t)(dot - part)), dot + 1 };
}

/* Her name, or the former one under which she was asked for: that goes on answering in its own form
 * (decisions 1.20). */
static const char *
own_uid(const struct request *rq)
{
    return rq->who->old_uid != NULL ? rq->who->old_uid : rq->who->uid;
}

static bool
is_own(const struct request *rq, const char *uid)
{
    return rq->who->person != 0 &&
           (text_same_nocase(uid, rq->who->uid) ||
               (rq->who->old_uid != NULL && text_same_nocase(uid, rq->who->old_uid)));
}

void
home_scope(struct request *rq, const struct path *below, const char **slugs)
{
    struct member m;

    if (below->n == 1)
        *slugs = "*";
    if (below->n < 2)
        return;
    m = member_of(rq->arena, below->part[1]);
    *slugs = text_is_slug(m.slug) ? m.slug : "";
}

/* ---------------------------------------------------------------- nodes */

static const char *
href_of(struct request *rq, const struct home *home, const char *uid)
{
    return arena_printf(rq->arena, "%s/%s/", home->tree.prefix, uri_encode(rq->arena, uid));
}

const char *
home_href(struct request *rq, const struct home *home)
{
    return href_of(rq, home, own_uid(rq));
}

fallible
home_get_set(struct request *rq, const struct home *home, unsigned area,
    const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    const char *mail;
    int64_t person;

    if (principal_person(node, &person, &mail) && person == rq->who->person &&
        access_enters(rq->who, area))
        xml_href(x, home_href(rq, home));
    else
        *got = DAV_ABSENT;
    return NULL;
}

static struct dav_node
virtual_node(
    const struct home *home, const struct dav_kind *kind, const char *href, const char *name)
{
    return (struct dav_node){ .kind = kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .rights = MAY_READ,
        .href = href,
        .name = name,
        .own = (void *)(uintptr_t)home };
}

/* She may make and remove collections of her own in it. */
static struct dav_node
home_node(struct request *rq, const struct home *home, const char *uid)
{
    struct dav_node node = virtual_node(home, home->kind, href_of(rq, home, uid), uid);

    node.rights = MAY_READ | MAY_WRITE;
    node.policy.person = rq->who->person;
    return node;
}

fallible
home_find(
    struct request *rq, const struct home *home, const struct path *below, struct dav_node *node)
{
    struct store_tree tree = home->tree;
    struct member m;

    if (below->n == 0) {
        *node = virtual_node(home, home->above, arena_printf(rq->arena, "%s/", tree.prefix),
            strrchr(tree.prefix, '/') + 1);
        return NULL;
    }
    if (!is_own(rq, below->part[0]))
        return REFUSE(rq->arena, NOT_FOUND);
    if (below->n == 1) {
        *node = home_node(rq, home, below->part[0]);
        return NULL;
    }
    m = member_of(rq->arena, below->part[1]);
    if (*m.name == '\0' || (m.name != below->part[1] && !text_is_slug(m.slug)))
        return REFUSE(rq->arena, NOT_FOUND);
    const char **parts = NEW_ARRAY(rq->arena, const char *, (size_t)below->n);
    parts[0] = m.name;
    memcpy(parts + 1, below->part + 2, (size_t)(below->n - 2) * sizeof *parts);
    tree.flat = true;
    tree.prefix =
        arena_printf(rq->arena, "%s/%s", home->tree.prefix, uri_encode(rq->arena, below->part[0]));
    return store_find(rq, &tree, m.slug,
        &(struct path){ .part = parts, .n = below->n - 1, .slash = below->slash }, node);
}

fallible
home_list(
    struct request *rq, const struct dav_node *node, const char *from UNUSED, struct dav_list *list)
{
    const struct home *home = node->own;
    struct dav_node *own = NEW(rq->arena, struct dav_node);

    *own = home_node(rq, home, own_uid(rq));
    *list = (struct dav_list){ own, rq->who->person != 0 ? 1 : 0, NULL };
    return NULL;
}

/* ---------------------------------------------------------------- what is in a home */

/* The chapters she is in, and what groups of theirs open to her. */
static void
hers(struct request *rq, struct ints *chapters, struct ints *policies)
{
    const struct principal *who = rq->who;
    int64_t *chapter = NEW_ARRAY(rq->arena, int64_t, (size_t)who->n_roles + 1);
    int64_t *policy = NEW_ARRAY(rq->arena, int64_t, (size_t)who->n_grants + 1);
    int n = 0;

    for (int i = 0; i < who->n_roles; i++)
        if (who->roles[i].role >= ROLE_MEMBER)
            chapter[n++] = who->roles[i].chapter;
    for (int i = 0; i < who->n_grants; i++)
        policy[i] = who->grants[i].policy;
    *chapters = (struct ints){ chapter, n };
    *policies = (struct ints){ policy, who->n_grants };
}

/* How she wants to see a member of the listing. */
static struct home_choice *
choice_in(struct request *rq, const struct home_collections_row *row)
{
    struct home_choice *choice = NEW(rq->arena, struct home_choice);

    *choice = (struct home_choice){ row->color, row->sort_order };
    return choice;
}

fallible
home_children(
    struct request *rq, const struct dav_node *node, const char *from, struct dav_list *list)
{
    const struct home *home = node->own;
    const struct dav_node above = { .kind = home->tree.root, .href = node->href };
    struct ints chapters, policies;
    struct node_columns columns = { .name = NULL };
    struct rows rows;
    int n = 0;

    hers(rq, &chapters, &policies);
    TRY(q_home_collections(rq->db, rq->arena, home->tree.root->name,
        home->tree.root->child_collection->name, rq->who->person, chapters, policies,
        from == NULL ? "" : from, PAGE, &rows));
    struct dav_node *member = NEW_ARRAY(rq->arena, struct dav_node, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct home_collections_row row = home_collections_row(&rows, i);
        columns = NODE_COLUMNS(row, &above);
        columns.chapter = row.chapter;
        columns.person = row.person;
        if (!store_node(rq, &above, &columns, &member[n]))
            continue;
        member[n].parent_id = row.parent;
        member[n].root_id = row.root;
        member[n].ancestors = &member[n].parent_id;
        member[n].n_ancestors = 1;
        member[n].own = choice_in(rq, &row);
        n++;
    }
    *list = (struct dav_list){ member, n, rows.n < PAGE ? NULL : columns.name };
    return NULL;
}

/* ---------------------------------------------------------------- what it is called */

static fallible
chapter_prefix(struct request *rq, const struct dav_node *node, const char **prefix)
{
    struct rows rows;

    *prefix = "";
    if (node->policy.chapter == 0)
        return NULL;
    TRY(q_principal_chapters(rq->db, rq->arena, &(struct ints){ &node->policy.chapter, 1 }, &rows));
    if (rows.n > 0)
        *prefix = arena_printf(rq->arena, "%s: ", principal_chapters_row(&rows, 0).name);
    return NULL;
}

fallible
home_get_displayname(
    struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got UNUSED)
{
    const char *prefix = "";

    if (node->own == NULL) /* those of a listing have it in their names */
        TRY(chapter_prefix(rq, node, &prefix));
    xml_text(x, prefix);
    xml_text(x, node->display_name != NULL ? node->display_name : node->name);
    return NULL;
}

fallible
home_set_displayname(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    const char *prefix, *name = value == NULL ? "" : text_trim(rq->arena, value->text);
    struct rows rows;

    TRY(chapter_prefix(rq, node, &prefix));
    if (*prefix != '\0' && text_starts(name, prefix))
        name += strlen(prefix);
    if (strlen(name) > DISPLAY_MAX)
        return REFUSE(rq->arena, PROPERTY_TOO_LARGE);
    return q_collection_rename(rq->db, rq->arena, node->id, *name == '\0' ? NULL : name, &rows);
}

/* ---------------------------------------------------------------- how she wants to see it */

fallible
home_choice(struct request *rq, const struct dav_node *node, struct home_choice *choice)
{
    struct rows rows;

    *choice = (struct home_choice){ NULL, NULL };
    if (node->own != NULL)
        *choice = *(const struct home_choice *)node->own;
    if (node->own != NULL || node->id == 0)
        return NULL;
    TRY(q_collection_choice_of(rq->db, rq->arena, node->id, rq->who->person, &rows));
    if (rows.n > 0) {
        struct collection_choice_of_row row = collection_choice_of_row(&rows, 0);
        *choice = (struct home_choice){ row.color, row.sort_order };
    }
    return NULL;
}

fallible
home_choose(struct request *rq, const struct dav_node *node, const struct home_choice *choice)
{
    struct rows rows;

    if ((choice->color != NULL && strlen(choice->color) > CHOICE_MAX) ||
        (choice->order != NULL && strlen(choice->order) > CHOICE_MAX))
        return REFUSE(rq->arena, PROPERTY_TOO_LARGE);
    return q_collection_choose(
        rq->db, rq->arena, node->id, rq->who->person, choice->color, choice->order, &rows);
}
