#include "modules/contacts/data.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "http/request.h"
#include "ical/card_convert.h"
#include "modules/contacts/contacts.h"
#include "webdav/property.h"
#include "webdav/query.h"
#include "webdav/store.h"
#include "webdav/xml.h"

static const struct condition CONVERSION_UNSUPPORTED = { 415, NS_CARDDAV,
    "supported-address-data-conversion", N_("Contacts are vCard 3.0 or 4.0 here.") };

/* What a request asks for, and the contents at hand. */
struct asked {
    int version;
    struct ical_select select;
    const struct dav_node *node;
    int n;
    const char **bytes;
};

fallible
data_ask(
    struct request *rq, const struct dav_node *node UNUSED, const struct xml_in *e, void **result)
{
    const char *type = xml_attr(e, "content-type"), *version = xml_attr(e, "version");
    struct asked *a = NEW(rq->arena, struct asked);

    *result = a;
    if ((type != NULL && !text_same_nocase(type, TEXT_VCARD)) ||
        (version != NULL && strcmp(version, "3.0") != 0 && strcmp(version, "4.0") != 0))
        return REFUSE(rq->arena, CONVERSION_UNSUPPORTED);
    a->version = version == NULL ? 3 : *version - '0';
    return query_read_address_data(rq->arena, e, &a->select);
}

fallible
data_prepare(struct request *rq, const struct dav_node *node, int n, void *asked)
{
    struct asked *a = asked;

    if (a == NULL)
        return NULL;
    a->node = node;
    a->n = n;
    a->bytes = NEW_ARRAY(rq->arena, const char *, (size_t)n);
    return store_contents(rq, node, n, a->bytes);
}

fallible
data_get(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    const struct asked *a = prop_asked(rq);
    const char *bytes = NULL;
    struct card card;

    if (a != NULL && node >= a->node && node < a->node + a->n)
        bytes = a->bytes[node - a->node];
    else
        TRY(store_contents(rq, node, 1, &bytes));
    if (bytes == NULL) {
        *got = DAV_ABSENT;
        return NULL;
    }
    size_t n = strlen(bytes);
    struct buf to = buf_new(rq->arena, 4 * n + KB(4));
    const struct ical_part *part = a == NULL ? NULL : a->select.part;
    TRY(card_read(rq->arena, rq->lang, bytes, n, &card));
    if (part == NULL || part->all_props)
        card_write(&to, &card, a == NULL ? 3 : a->version, NULL, 0);
    else
        card_write(&to, &card, a->version, part->prop, part->n_props);
    xml_text(x, buf_string(&to));
    return NULL;
}
