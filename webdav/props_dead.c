#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "http/app.h"
#include "http/request.h"
#include "q/property.h"
#include "webdav/conditions.h"
#include "webdav/property.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* Longest namespace and longest name of a dead property. */
enum { NAME_MAX_BYTES = 1024 };

fallible
dead_load(struct request *rq, const struct dav_node *node, int n, const struct prop_name *names,
    int n_names, struct dav_batch *batch)
{
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)n + 1);
    const char **wanted = NEW_ARRAY(rq->arena, const char *, (size_t)n_names + 1);
    const struct texts only = { wanted, n_names };
    struct dead_property *dead;
    struct rows rows;
    int count = 0;

    batch->n_dead = 0;
    for (int i = 0; i < n; i++)
        if (node[i].id != 0)
            ids[count++] = node[i].id;
    for (int i = 0; i < n_names; i++)
        wanted[i] = names[i].name;
    if (count == 0)
        return NULL;
    TRY(q_properties_of(
        rq->db, rq->arena, (struct ints){ ids, count }, names == NULL ? NULL : &only, &rows));
    dead = NEW_ARRAY(rq->arena, struct dead_property, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct properties_of_row row = properties_of_row(&rows, i);

        dead[i] = (struct dead_property){ row.node, row.ns, row.name, row.value, row.lang };
    }
    batch->dead = dead;
    batch->n_dead = rows.n;
    return NULL;
}

const struct dead_property *
dead_find(const struct dav_batch *batch, int64_t node, const char *ns, const char *name)
{
    int low = 0, high = batch == NULL ? 0 : batch->n_dead, n = high;

    /* They come sorted by node; a folder's members may have very many together. */
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (batch->dead[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (int i = low; i < n && batch->dead[i].node == node; i++) {
        const struct dead_property *p = &batch->dead[i];

        if (strcmp(p->name, name) == 0 && strcmp(p->ns, ns) == 0)
            return p;
    }
    return NULL;
}

fallible
prop_stored(struct request *rq, const struct dav_node *node, const char *ns, const char *name,
    const char **value)
{
    const struct dead_property *dead =
        node->id == 0 ? NULL : dead_find(dav_state(rq)->batch, node->id, ns, name);

    *value = dead == NULL ? NULL : dead->value;
    return NULL;
}

void
dead_write(struct xml_out *x, const struct dead_property *p)
{
    if (p->lang != NULL)
        xml_attribute(x, "xml:lang", p->lang);
    xml_raw(x, p->value);
}

fallible
dead_set(struct request *rq, const struct dav_node *node, const struct prop_name *name,
    const struct xml_in *value)
{
    struct rows rows;
    const char *inner;

    if (strlen(name->ns) > NAME_MAX_BYTES || strlen(name->name) > NAME_MAX_BYTES)
        return REFUSE(rq->arena, PROPERTY_TOO_LARGE);
    if (value == NULL)
        return q_property_remove(rq->db, rq->arena, node->id, name->ns, name->name, &rows);
    inner = xml_inner(rq->arena, value, rq->app->config->dead_property_max);
    if (inner == NULL)
        return REFUSE(rq->arena, PROPERTY_TOO_LARGE);
    return q_property_store(
        rq->db, rq->arena, node->id, name->ns, name->name, inner, value->lang, &rows);
}

fallible
dead_check_total(struct request *rq, const struct dav_node *node)
{
    const struct config *c = rq->app->config;
    struct rows rows;
    struct properties_size_row size;

    TRY(q_properties_size(rq->db, rq->arena, node->id, &rows));
    size = properties_size_row(&rows, 0);
    if (size.n > c->dead_properties_max || size.bytes > (int64_t)c->dead_properties_total)
        return REFUSE(rq->arena, PROPERTY_TOO_LARGE);
    return NULL;
}
