#include "webdav/principal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "html/lang.h"
#include "http/request.h"
#include "q/principal.h"
#include "webdav/xml.h"

#define PRINCIPALS "/dav/principals/"

/* What a principal's properties are made from. */
struct person {
    int64_t id;
    const char *mail;
};

const char *
principal_self(struct request *rq)
{
    const struct principal *who = rq->who;

    assert(who->person != 0);
    return arena_printf(rq->arena, PRINCIPALS "users/%s/",
        uri_encode(rq->arena, who->old_uid != NULL ? who->old_uid : who->uid));
}

static const char *
chapter_href(struct request *rq, const char *slug)
{
    return arena_printf(rq->arena, PRINCIPALS "chapters/%s/", slug);
}

/* The chapters in which the asking person has this role. */
static struct ints
chapters_as(struct request *rq, enum role role)
{
    const struct principal *who = rq->who;
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)who->n_roles + 1);
    int n = 0;

    for (int i = 0; i < who->n_roles; i++)
        if (who->roles[i].role >= role)
            id[n++] = who->roles[i].chapter;
    return (struct ints){ id, n };
}

fallible
principal_owner(struct request *rq, const struct policy *policy, const char **href)
{
    struct rows rows;

    *href = NULL;
    if (policy->person != 0 && policy->person == rq->who->person)
        *href = principal_self(rq);
    if (policy->chapter == 0)
        return NULL;
    TRY(q_principal_chapters(rq->db, rq->arena, &(struct ints){ &policy->chapter, 1 }, &rows));
    if (rows.n > 0)
        *href = chapter_href(rq, principal_chapters_row(&rows, 0).slug);
    return NULL;
}

/* ---- properties ---- */

static fallible
get_url(struct request *rq UNUSED, const struct dav_node *node, struct xml_out *x,
    enum dav_got *got UNUSED)
{
    xml_href(x, node->href);
    return NULL;
}

static fallible
get_nothing(struct request *rq UNUSED, const struct dav_node *node UNUSED, struct xml_out *x UNUSED,
    enum dav_got *got UNUSED)
{
    return NULL;
}

static fallible
get_mail(
    struct request *rq UNUSED, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    const struct person *person = node->own;

    if (person->mail == NULL)
        *got = DAV_ABSENT;
    else
        xml_leaf(x, NS_CS, "email-address", person->mail);
    return NULL;
}

/* The chapters one is a member of; of others nobody learns that here. */
static fallible
get_membership(
    struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    const struct person *person = node->own;
    const struct ints chapters = chapters_as(rq, ROLE_MEMBER);
    struct rows rows;

    if (person->id != rq->who->person) {
        *got = DAV_HIDDEN;
        return NULL;
    }
    TRY(q_principal_chapters(rq->db, rq->arena, &chapters, &rows));
    for (int i = 0; i < rows.n; i++)
        xml_href(x, chapter_href(rq, principal_chapters_row(&rows, i).slug));
    return NULL;
}

/* Of whom a chapter consists is for its board alone to see, on its pages. */
static fallible
get_members(struct request *rq UNUSED, const struct dav_node *node UNUSED, struct xml_out *x UNUSED,
    enum dav_got *got)
{
    *got = DAV_HIDDEN;
    return NULL;
}

static const struct dav_property person_properties[] = {
    { NS_DAV, "principal-URL", ON_ALL, .get = get_url },
    { NS_DAV, "alternate-URI-set", ON_ALL, .get = get_nothing },
    { NS_DAV, "group-membership", ON_ALL, .get = get_membership },
    { NS_CS, "email-address-set", ON_ALL, .get = get_mail },
    { .name = NULL },
};

static const struct dav_property chapter_properties[] = {
    { NS_DAV, "principal-URL", ON_ALL, .get = get_url },
    { NS_DAV, "alternate-URI-set", ON_ALL, .get = get_nothing },
    { NS_DAV, "group-member-set", ON_ALL, .get = get_members },
    { NS_DAV, "group-membership", ON_ALL, .get = get_nothing },
    { .name = NULL },
};

static const struct dav_type principal_type = { NS_DAV, "principal" };

static fallible
no_children(struct request *rq UNUSED, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    *list = (struct dav_list){ NULL, 0, NULL };
    return NULL;
}

static const struct dav_kind person_kind = { .name = "person",
    .collection = true,
    .properties = person_properties,
    .type = &principal_type,
    .children = no_children };
static const struct dav_kind chapter_kind = { .name = "chapter",
    .collection = true,
    .properties = chapter_properties,
    .type = &principal_type,
    .children = no_children };
static const struct dav_kind group_kind = { .name = "group",
    .collection = true,
    .properties = chapter_properties,
    .type = &principal_type,
    .children = no_children };

/* ---- nodes ---- */

static struct dav_node
node_of(const struct dav_kind *kind, const char *href, const char *name)
{
    return (struct dav_node){ .kind = kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .rights = MAY_READ,
        .href = href,
        .name = name };
}

static struct dav_node
person_node(struct request *rq, int64_t id, const char *uid, const char *name, const char *mail)
{
    struct person *own = NEW(rq->arena, struct person);
    struct dav_node node = node_of(&person_kind,
        arena_printf(rq->arena, PRINCIPALS "users/%s/", uri_encode(rq->arena, uid)), uid);

    *own = (struct person){ id, mail };
    node.display_name = name;
    node.own = own;
    return node;
}

static struct dav_node
group_node(struct request *rq, const char *name, const char *called)
{
    struct dav_node node = node_of(&group_kind,
        arena_printf(rq->arena, PRINCIPALS "groups/%s/", uri_encode(rq->arena, name)), name);

    node.display_name = called;
    return node;
}

static struct dav_node
chapter_node(struct request *rq, const char *slug, const char *name)
{
    struct dav_node node = node_of(&chapter_kind, chapter_href(rq, slug), slug);

    node.display_name = name;
    return node;
}

/* Under the name in the address: a former one goes on answering in its own form (decisions 1.20).
 */
static fallible
find_person(struct request *rq, const char *uid, struct dav_node *node)
{
    struct rows rows;

    TRY(q_principal_by_uid(rq->db, rq->arena, uid, rq->who->person, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct principal_by_uid_row row = principal_by_uid_row(&rows, 0);

    *node = person_node(rq, row.id, uid, row.name, row.mail);
    return NULL;
}

static fallible
find_chapter(struct request *rq, const char *slug, struct dav_node *node)
{
    struct rows rows;

    TRY(q_principal_chapter(rq->db, rq->arena, slug, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct principal_chapter_row row = principal_chapter_row(&rows, 0);

    *node = chapter_node(rq, row.slug, row.name);
    return NULL;
}

/* Of people one finds oneself: who else is a member is political data (GDPR, Art. 9). */
static fallible
list_people(struct request *rq, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    const struct principal *who = rq->who;
    struct dav_node *self = NEW(rq->arena, struct dav_node);

    *self = person_node(
        rq, who->person, who->old_uid != NULL ? who->old_uid : who->uid, who->name, who->mail);
    *list = (struct dav_list){ self, who->person != 0 ? 1 : 0, NULL };
    return NULL;
}

static fallible
list_chapters(struct request *rq, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    struct dav_node *chapter;
    struct rows rows;

    TRY(q_principal_chapters(rq->db, rq->arena, NULL, &rows));
    chapter = NEW_ARRAY(rq->arena, struct dav_node, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct principal_chapters_row row = principal_chapters_row(&rows, i);

        chapter[i] = chapter_node(rq, row.slug, row.name);
    }
    *list = (struct dav_list){ chapter, rows.n, NULL };
    return NULL;
}

/*
 * Boards of chapters, and groups that they have made: for boards to find, and for those who are in
 * them. They are called "jena+vorstand" and "jena+{name}-{number}", whose name may be any.
 */
static fallible
list_groups(struct request *rq, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    const struct ints boards = chapters_as(rq, ROLE_BOARD);
    struct dav_node *group;
    struct rows rows;

    TRY(q_principal_groups(rq->db, rq->arena, boards, rq->who->person, &rows));
    group = NEW_ARRAY(rq->arena, struct dav_node, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct principal_groups_row row = principal_groups_row(&rows, i);
        const char *name = row.group_is_null ? tr(rq->lang, N_("Board")) : row.name;

        group[i] = group_node(rq,
            row.group_is_null ? arena_printf(rq->arena, "%s+vorstand", row.slug)
                              : arena_printf(rq->arena, "%s+%s%s%" PRId64, row.slug, row.key,
                                    *row.key == '\0' ? "" : "-", row.group),
            arena_printf(rq->arena, "%s: %s", row.chapter, name));
    }
    *list = (struct dav_list){ group, rows.n, NULL };
    return NULL;
}

/* A group goes by its number alone: it may have been called otherwise before. */
static const char *
number_of(const char *name)
{
    const char *plus = strchr(name, '+'), *last = strrchr(name, '-');

    return plus == NULL ? name : last != NULL && last > plus ? last + 1 : plus + 1;
}

static fallible
find_group(struct request *rq, const char *name, struct dav_node *node)
{
    size_t slug = strcspn(name, "+");
    struct dav_list all;

    TRY(list_groups(rq, NULL, NULL, &all));
    for (int i = 0; i < all.n; i++)
        if (strncmp(all.node[i].name, name, slug + 1) == 0 &&
            strcmp(number_of(all.node[i].name), number_of(name)) == 0) {
            *node = all.node[i];
            return NULL;
        }
    return REFUSE(rq->arena, NOT_FOUND);
}

static const struct dav_kind people_kind = {
    .name = "people", .collection = true, .children = list_people
};
static const struct dav_kind chapters_kind = {
    .name = "chapters", .collection = true, .children = list_chapters
};
static const struct dav_kind groups_kind = {
    .name = "groups", .collection = true, .children = list_groups
};

static fallible
list_top(struct request *rq, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    struct dav_node *member = NEW_ARRAY(rq->arena, struct dav_node, 3);

    member[0] = node_of(&chapters_kind, PRINCIPALS "chapters/", "chapters");
    member[1] = node_of(&groups_kind, PRINCIPALS "groups/", "groups");
    member[2] = node_of(&people_kind, PRINCIPALS "users/", "users");
    *list = (struct dav_list){ member, 3, NULL };
    return NULL;
}

static const struct dav_kind top_kind = {
    .name = "principals", .collection = true, .children = list_top
};

/* A name that is free, and stays so: nothing is made here. */
static void
free_name(struct request *rq, const struct path *below, struct dav_node *node)
{
    const char *href = PRINCIPALS;

    for (int i = 0; i < below->n; i++)
        href = arena_printf(rq->arena, "%s%s%s", href, uri_encode(rq->arena, below->part[i]),
            i + 1 < below->n || below->slash ? "/" : "");
    *node = node_of(&top_kind, href, below->part[below->n - 1]);
    node->exists = node->collection = node->is_root = false;
}

/* The collections below /dav/principals/, and how what is in them is found. */
static const struct part {
    const char *name, *href;
    const struct dav_kind *kind;
    fallible (*find)(struct request *, const char *name, struct dav_node *);
} parts[] = {
    { "users", PRINCIPALS "users/", &people_kind, find_person },
    { "chapters", PRINCIPALS "chapters/", &chapters_kind, find_chapter },
    { "groups", PRINCIPALS "groups/", &groups_kind, find_group },
};

static const struct part *
part_of(const struct path *below)
{
    for (size_t i = 0; i < COUNT_OF(parts) && below->n > 0; i++)
        if (strcmp(below->part[0], parts[i].name) == 0)
            return &parts[i];
    return NULL;
}

static fallible
find(struct request *rq, const struct path *below, struct dav_node *node)
{
    const struct part *part = part_of(below);
    struct error *e;

    if (below->n == 0)
        *node = node_of(&top_kind, PRINCIPALS, "principals");
    else if (below->n == 1 && part != NULL)
        *node = node_of(part->kind, part->href, part->name);
    else if (below->n == 1)
        free_name(rq, below, node);
    else if (below->n > 2 || part == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    else {
        e = part->find(rq, below->part[1], node);
        if (e != NULL && e->cond != &NOT_FOUND)
            return e;
        if (e != NULL)
            free_name(rq, below, node);
    }
    return NULL;
}

/* Chapters and people stand outside of any chapter's rows; groups, and what a report goes on to, do
 * not. */
static void
scope(struct request *rq, const struct path *below, const char **slugs)
{
    const struct part *part = part_of(below);

    *slugs = rq->method == REPORT || (part != NULL && part->kind == &groups_kind) ? "*" : "";
}

const struct dav_mount principal_mount = {
    .prefix = "/dav/principals",
    .scope = scope,
    .find = find,
};

bool
principal_is(const struct dav_node *node)
{
    return node->kind == &person_kind || node->kind == &chapter_kind || node->kind == &group_kind;
}

bool
principal_person(const struct dav_node *node, int64_t *id, const char **mail)
{
    const struct person *person = node->own;

    if (node->kind != &person_kind)
        return false;
    *id = person->id;
    *mail = person->mail;
    return true;
}

fallible
principal_all(struct request *rq, struct dav_list *all)
{
    struct dav_list list[COUNT_OF(parts)];
    struct dav_node *node;
    int n = 0;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        TRY(parts[i].kind->children(rq, NULL, NULL, &list[i]));
        n += list[i].n;
    }
    node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)n + 1);
    n = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        for (int k = 0; k < list[i].n; k++)
            node[n++] = list[i].node[k];
    *all = (struct dav_list){ node, n, NULL };
    return NULL;
}

fallible
principal_selves(struct request *rq, struct principal_selves *selves)
{
    const struct ints chapters = chapters_as(rq, ROLE_MEMBER);
    struct rows rows;

    *selves = (struct principal_selves){ .n = 0 };
    if (rq->who->person == 0)
        return NULL;
    TRY(q_principal_chapters(rq->db, rq->arena, &chapters, &rows));
    selves->href = NEW_ARRAY(rq->arena, const char *, (size_t)rows.n + 1);
    selves->href[selves->n++] = principal_self(rq);
    for (int i = 0; i < rows.n; i++)
        selves->href[selves->n++] = chapter_href(rq, principal_chapters_row(&rows, i).slug);
    return NULL;
}

bool
principal_among(const struct principal_selves *selves, const char *href)
{
    for (int i = 0; i < selves->n; i++)
        if (strcmp(selves->href[i], href) == 0)
            return true;
    return false;
}
