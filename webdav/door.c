#include "webdav/door.h"

#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"

fallible
dav_look(struct request *rq, const struct path *path, struct dav_node *node)
{
    TRY(dav_find(rq, path, node));
    if (!node->exists || (node->rights & MAY_READ) == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    return NULL;
}

struct error *
dav_check_name(struct request *rq, const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > rq->app->config->name_max || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0 || strpbrk(name, "/\\") != NULL || !text_is_name(name, n))
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang,
                "\"%s\" cannot be a name here. Please use a shorter one without / and \\."),
            name);
    return NULL;
}

/* A place that may be written: a free name, or what is there already. */
static fallible
find_place(struct request *rq, const struct path *path, struct dav_node *node)
{
    TRY(dav_check_name(rq, path->part[path->n - 1]));
    TRY(dav_find(rq, path, node));
    if ((node->rights & MAY_READ) == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    if ((node->rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    return dav_may_write(rq, node);
}

fallible
dav_put(struct request *rq, const struct path *path, const struct dav_content *content,
    bool replace, struct dav_written *written)
{
    struct dav_node node;

    TRY(find_place(rq, path, &node));
    if (node.exists && node.collection)
        return FAIL(
            rq->arena, CONFLICT, tr(rq->lang, "There is already a folder named %s."), node.name);
    if (node.exists && !replace)
        return FAIL(rq->arena, CONFLICT,
            tr(rq->lang,
                "There is already a file named %s. Choose \"Replace files of the same name\" "
                "if it is to be replaced."),
            node.name);
    if (!node.exists)
        node = dav_becoming(&node, node.kind->member);
    return node.kind->write(rq, &node, content, written);
}

fallible
dav_change(struct request *rq, const struct path *path, const char *etag,
    const struct dav_content *content, struct dav_written *written)
{
    struct dav_node node;

    TRY(find_place(rq, path, &node));
    if (node.exists != (etag != NULL) ||
        (node.exists && (node.etag == NULL || strcmp(node.etag, etag) != 0)))
        return REFUSE(rq->arena, PRECONDITION_FAILED);
    if (!node.exists)
        node = dav_becoming(&node, node.kind->member);
    return node.kind->write(rq, &node, content, written);
}

/* How many are looked for at once, and in all: every picture of some telephones is "image.jpg". */
#define NAMES_AT_ONCE 100
#define NAMES_MOST    10000

/* "a.jpg", "a (2).jpg", "a (3).jpg" ...; the stem is cut where the whole would be too long. */
static const char *
nth_name(struct request *rq, const char *wish, int nth)
{
    const char *ending = strrchr(wish, '.'), *number = arena_printf(rq->arena, " (%d)", nth);
    size_t most = rq->app->config->name_max;

    if (nth == 1)
        return wish;
    if (ending == NULL || ending == wish || strlen(ending) > most / 2)
        ending = wish + strlen(wish);
    size_t stem = (size_t)(ending - wish), rest = strlen(number) + strlen(ending);
    if (stem + rest > most)
        stem = most - rest;
    while (stem > 0 && ((unsigned char)wish[stem] & 0xc0) == 0x80)
        stem--;
    return arena_printf(rq->arena, "%.*s%s%s", (int)stem, wish, number, ending);
}

static bool
is_taken(struct request *rq, const struct dav_list *list, const char *name)
{
    const char *key = text_nfc(rq->arena, name);

    for (int i = 0; i < list->n; i++)
        if (strcmp(text_nfc(rq->arena, list->node[i].name), key) == 0)
            return true;
    return false;
}

static fallible
find_free_name(
    struct request *rq, const struct dav_node *collection, const char *wish, const char **name)
{
    const char *names[NAMES_AT_ONCE];
    struct dav_list taken;

    for (int first = 1; first < NAMES_MOST; first += NAMES_AT_ONCE) {
        for (int i = 0; i < NAMES_AT_ONCE; i++)
            names[i] = nth_name(rq, wish, first + i);
        TRY(collection->kind->several(rq, collection, names, NAMES_AT_ONCE, &taken));
        for (int i = 0; i < NAMES_AT_ONCE; i++)
            if (!is_taken(rq, &taken, names[i])) {
                *name = names[i];
                return NULL;
            }
    }
    return REFUSE(rq->arena, CONFLICT);
}

fallible
dav_drop(struct request *rq, const struct dav_node *collection, const struct path *path,
    const char *wish, const struct dav_content *content, const char **name)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)path->n + 1);
    const struct path place = { part, path->n + 1, false };
    struct dav_written written;
    struct dav_node node;

    TRY(dav_check_name(rq, wish));
    TRY(find_free_name(rq, collection, wish, name));
    memcpy(part, path->part, sizeof *part * (size_t)path->n);
    part[path->n] = *name;
    TRY(dav_find(rq, &place, &node));
    if (node.exists)
        return REFUSE(rq->arena, LOST_RACE);
    if ((node.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    TRY(dav_may_write(rq, &node));
    node = dav_becoming(&node, node.kind->member);
    return node.kind->write(rq, &node, content, &written);
}

fallible
dav_make(struct request *rq, const struct path *path)
{
    struct dav_node node;

    TRY(find_place(rq, path, &node));
    if (node.exists)
        return FAIL(rq->arena, CONFLICT,
            node.collection ? tr(rq->lang, "There is already a folder named %s.")
                            : tr(rq->lang, "There is already a file named %s."),
            node.name);
    node = dav_becoming(&node, node.kind->child_collection);
    return node.kind->make(rq, &node, NULL);
}

fallible
dav_look_to_manage(struct request *rq, const struct path *path, struct dav_node *node)
{
    TRY(dav_find(rq, path, node));
    if (!node->exists || node->rights == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    if ((node->rights & MAY_MANAGE) == 0)
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "Who can see and change this is set by the board of the chapter."));
    return NULL;
}

/* Levels that nobody meant: changed blindly, or out of reach for who sets them. */
static fallible
check_levels(struct request *rq, const struct dav_node *node, const struct dav_levels *levels)
{
    const struct policy policy = { .chapter = node->policy.chapter,
        .person = node->policy.person,
        .read_level = levels->read,
        .write_level = levels->write };

    if (!levels->own)
        return node->is_root ? REFUSE(rq->arena, CONFLICT) : NULL;
    if (levels->write < levels->read)
        return FAIL(rq->arena, CONFLICT, "%s",
            tr(rq->lang,
                "Who can change the folder must be able to see it too. Please let more people see "
                "it, or fewer change it."));
    if ((access_rights(rq->who, &policy) & MAY_MANAGE) == 0)
        return FAIL(rq->arena, CONFLICT, "%s",
            tr(rq->lang,
                "That would lock you out of the folder yourself. Ask the chair to do it."));
    return NULL;
}

static unsigned
rights_of(const struct dav_levels *levels, int64_t group)
{
    for (int i = 0; levels->own && i < levels->n; i++)
        if (levels->group[i].id == group)
            return levels->group[i].rights;
    return 0;
}

/* A group that gained or lost something. */
static fallible
note_group(struct request *rq, const struct dav_node *node, const struct dav_group_level *group,
    unsigned rights)
{
    const struct audit_levels now = { ROLE_MEMBER, rights & MAY_WRITE ? ROLE_MEMBER : ROLE_NOBODY };

    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = rights == 0 ? AUDIT_UNSHARED_GROUP : AUDIT_SHARED_WITH_GROUP,
            .by = rq->who->person,
            .chapter = node->policy.chapter,
            .kind = node->kind->name,
            .object = node->id,
            .title = node->name,
            .other = group->name,
            .now = rights == 0 ? NULL : &now });
}

static fallible
note_levels(struct request *rq, const struct dav_node *node, const struct dav_levels *before,
    const struct dav_levels *after)
{
    const struct audit_levels was = { before->read, before->write },
                              now = { after->read, after->write };

    if (before->own != after->own || (after->own && memcmp(&was, &now, sizeof was) != 0))
        TRY(audit(rq->db, rq->arena,
            &(struct audit_entry){ .what = after->own ? AUDIT_LEVELS_SET : AUDIT_LEVELS_INHERITED,
                .by = rq->who->person,
                .chapter = node->policy.chapter,
                .kind = node->kind->name,
                .object = node->id,
                .title = node->name,
                .was = &was,
                .now = after->own ? &now : NULL }));
    for (int i = 0; before->own && i < before->n; i++)
        if (rights_of(after, before->group[i].id) == 0)
            TRY(note_group(rq, node, &before->group[i], 0));
    for (int i = 0; after->own && i < after->n; i++)
        if (rights_of(before, after->group[i].id) != after->group[i].rights)
            TRY(note_group(rq, node, &after->group[i], after->group[i].rights));
    return NULL;
}

fallible
dav_set_levels(struct request *rq, const struct path *path, const struct dav_levels *levels)
{
    struct dav_levels before;
    struct dav_node node;

    TRY(dav_look_to_manage(rq, path, &node));
    if (node.kind->set_levels == NULL || !node.collection || node.id == 0)
        return REFUSE(rq->arena, CONFLICT);
    TRY(check_levels(rq, &node, levels));
    TRY(dav_need_whole_tree(rq));
    TRY(node.kind->levels(rq, &node, &before));
    TRY(node.kind->set_levels(rq, &node, levels));
    return note_levels(rq, &node, &before, levels);
}
