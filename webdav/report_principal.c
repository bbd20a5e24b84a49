#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/request.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/principal.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/*
 * Searching must not become a list of everybody (E18): so many letters at least, and
 * of people one finds oneself.
 */
enum { LETTERS_MIN = 3 };

static fallible
read_want(struct request *rq, const struct xml_in *root, struct prop_request *want)
{
    *want = (struct prop_request){ .mode = PROP_NAMED, .minimal = dav_state(rq)->minimal };
    return prop_read_names(rq, xml_child(root, NS_DAV, "prop"), want);
}

/* RFC 3744, 9.3, with <self/>: which principals below here am I? */
fallible
report_principal_match(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    struct prop_request want;
    struct dav_node self;
    struct path path;
    struct xml_out *x;

    TRY(read_want(rq, root, &want));
    x = multistatus_begin(rq, rs);
    if (rq->who->person != 0 && xml_child(root, NS_DAV, "self") != NULL &&
        text_starts(principal_self(rq), node->href)) {
        TRY(address_path(rq, principal_self(rq), &path));
        TRY(dav_find(rq, &path, &self));
        TRY(prop_write_nodes(rq, x, &want, &self, 1));
    }
    multistatus_end(x);
    return NULL;
}

/* The text that one <property-search> asks for, if it is about a property people are found by. */
static const char *
searched_text(struct request *rq, const struct xml_in *search)
{
    const struct xml_in *prop = xml_child(search, NS_DAV, "prop");
    const struct xml_in *match = xml_child(search, NS_DAV, "match");

    if (match == NULL || (xml_child(prop, NS_DAV, "displayname") == NULL &&
                             xml_child(prop, NS_CS, "email-address-set") == NULL))
        return NULL;
    return text_trim(rq->arena, match->text);
}

static int
letters(const char *s)
{
    int n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* RFC 3744, 9.4; the first criterion that we know decides. */
fallible
report_principal_search(struct request *rq, const struct dav_node *node UNUSED,
    const struct xml_in *root, struct response *rs)
{
    struct prop_request want;
    struct dav_list found = { .n = 0 };
    const char *words = NULL;
    struct xml_out *x;

    TRY(read_want(rq, root, &want));
    for (const struct xml_in *e = root->first; e != NULL && words == NULL; e = e->next)
        if (xml_is(e, NS_DAV, "property-search"))
            words = searched_text(rq, e);
    if (words != NULL && letters(words) >= LETTERS_MIN)
        TRY(principal_search(rq, words, &found));
    x = multistatus_begin(rq, rs);
    TRY(prop_write_nodes(rq, x, &want, found.node, found.n));
    multistatus_end(x);
    return NULL;
}

static void
write_searchable(struct xml_out *x, const char *ns, const char *name, const char *description)
{
    xml_open(x, NS_DAV, "principal-search-property");
    xml_open(x, NS_DAV, "prop");
    xml_leaf(x, ns, name, NULL);
    xml_close(x);
    xml_open(x, NS_DAV, "description");
    xml_attribute(x, "xml:lang", "en");
    xml_text(x, description);
    xml_close(x);
    xml_close(x);
}

/* RFC 3744, 9.5 */
fallible
report_search_properties(struct request *rq, const struct dav_node *node UNUSED,
    const struct xml_in *root UNUSED, struct response *rs)
{
    struct xml_out *x = dav_xml(rq, rs, 200);

    xml_open(x, NS_DAV, "principal-search-property-set");
    write_searchable(x, NS_DAV, "displayname", "Name");
    write_searchable(x, NS_CS, "email-address-set", "E-mail address");
    xml_close(x);
    xml_end(x);
    return NULL;
}
