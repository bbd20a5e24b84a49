#include "webdav/door.h"

#include <string.h>

#include "auth/access.h"
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

static fallible
check_name(struct request *rq, const char *name)
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
    TRY(check_name(rq, path->part[path->n - 1]));
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
