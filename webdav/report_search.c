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

/* principal-property-search and principal-search-property-set (RFC 3744, 9.4 and 9.5). */

/*
 * Searching must not become a list of everybody (E18): so many letters at least, and of people one
 * finds oneself.
 */
enum { LETTERS_MIN = 3 };

/* One <property-search>. */
struct criterion {
    struct prop_request property; /* each of these must hold the text */
    const char *text;             /* folded; NULL: nothing is found by this */
    enum { CONTAINS, EQUALS, STARTS, ENDS } how;
};

struct search {
    const struct criterion *criterion;
    int n;
    bool any; /* test="anyof", of CalendarServer; else all must hold */
};

static const struct dav_searched own_searched[] = {
    { NS_DAV, "displayname", "Name" },
    { NS_CS, "email-address-set", "E-mail address" },
    { NULL, NULL, NULL },
};

static bool
is_in(const struct dav_searched *table, const struct prop_name *name)
{
    for (const struct dav_searched *s = table; s != NULL && s->name != NULL; s++)
        if (strcmp(s->name, name->name) == 0 && strcmp(s->ns, name->ns) == 0)
            return true;
    return false;
}

static bool
is_searched(const struct prop_name *name)
{
    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        if (is_in((*m)->principal_searched, name))
            return true;
    return is_in(own_searched, name);
}

static int
letters(const char *s)
{
    int n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* ---- reading ---- */

static fallible
read_criterion(struct request *rq, const struct xml_in *search, struct criterion *c)
{
    static const char *const ways[] = {
        [CONTAINS] = "contains", [EQUALS] = "equals", [STARTS] = "starts-with", [ENDS] = "ends-with"
    };
    const struct xml_in *match = xml_child(search, NS_DAV, "match");
    const char *way = match == NULL ? NULL : xml_attr(match, "match-type");

    *c = (struct criterion){ .how = CONTAINS };
    TRY(prop_read_names(rq, xml_child(search, NS_DAV, "prop"), &c->property));
    if (match == NULL || c->property.n == 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    for (size_t i = 0; way != NULL && i < COUNT_OF(ways); i++)
        if (strcmp(way, ways[i]) == 0)
            c->how = (unsigned)i;
    c->text = text_fold(rq->arena, text_trim(rq->arena, match->text));
    if (letters(c->text) < LETTERS_MIN)
        c->text = NULL;
    for (int i = 0; i < c->property.n; i++)
        if (!is_searched(&c->property.name[i]))
            c->text = NULL;
    return NULL;
}

static fallible
read_search(struct request *rq, const struct xml_in *root, struct search *search)
{
    const char *test = xml_attr(root, "test");
    struct criterion *criterion;
    int n = 0;

    for (const struct xml_in *e = root->first; e != NULL; e = e->next)
        n += xml_is(e, NS_DAV, "property-search");
    if (n == 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    criterion = NEW_ARRAY(rq->arena, struct criterion, (size_t)n);
    *search = (struct search){ .criterion = criterion,
        .any = test != NULL && strcmp(test, "anyof") == 0 };
    for (const struct xml_in *e = root->first; e != NULL; e = e->next)
        if (xml_is(e, NS_DAV, "property-search"))
            TRY(read_criterion(rq, e, &criterion[search->n++]));
    return NULL;
}

/* ---- deciding ---- */

static bool
text_matches(struct request *rq, const char *text, const struct criterion *c)
{
    const char *folded = text_fold(rq->arena, text_trim(rq->arena, text));

    switch (c->how) {
    case EQUALS:
        return strcmp(folded, c->text) == 0;
    case STARTS:
        return text_starts(folded, c->text);
    case ENDS:
        return text_ends(folded, c->text);
    case CONTAINS:
        break;
    }
    return strstr(folded, c->text) != NULL;
}

/* Any text in the property: it may hold several addresses. */
static bool
value_matches(struct request *rq, const struct xml_in *value, const struct criterion *c)
{
    if (value == NULL)
        return false;
    for (const struct xml_in *e = value->first; e != NULL; e = e->next)
        if (value_matches(rq, e, c))
            return true;
    return text_matches(rq, value->text, c);
}

static fallible
holds(struct request *rq, const struct dav_node *node, const struct criterion *c, bool *yes)
{
    const struct xml_in **value =
        NEW_ARRAY(rq->arena, const struct xml_in *, (size_t)c->property.n);

    *yes = c->text != NULL;
    if (!*yes)
        return NULL;
    TRY(prop_read_values(rq, node, &c->property, value));
    for (int i = 0; i < c->property.n; i++)
        *yes = *yes && value_matches(rq, value[i], c);
    return NULL;
}

static fallible
is_found(struct request *rq, const struct dav_node *node, const struct search *search, bool *found)
{
    size_t mark = arena_mark(rq->arena);
    bool yes;

    *found = !search->any;
    for (int i = 0; i < search->n && *found != search->any; i++) {
        TRY(holds(rq, node, &search->criterion[i], &yes));
        *found = yes;
    }
    arena_rewind(rq->arena, mark);
    return NULL;
}

fallible
report_principal_search(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    bool everywhere = xml_child(root, NS_DAV, "apply-to-principal-collection-set") != NULL, found;
    struct prop_request want;
    struct search search;
    struct dav_list all;
    struct xml_out *x;

    TRY(report_principals_begin(rq, root, &want));
    TRY(read_search(rq, root, &search));
    TRY(principal_all(rq, &all));
    x = multistatus_begin(rq, rs);
    for (int i = 0; i < all.n; i++) {
        if (!everywhere && !text_starts(all.node[i].href, node->href))
            continue;
        TRY(is_found(rq, &all.node[i], &search, &found));
        if (found)
            TRY(prop_write_nodes(rq, x, &want, &all.node[i], 1));
    }
    multistatus_end(x);
    return NULL;
}

/* ---- what can be searched ---- */

static void
write_searched(struct xml_out *x, const struct dav_searched *table)
{
    for (const struct dav_searched *s = table; s != NULL && s->name != NULL; s++) {
        xml_open(x, NS_DAV, "principal-search-property");
        xml_open(x, NS_DAV, "prop");
        xml_leaf(x, s->ns, s->name, NULL);
        xml_close(x);
        xml_open(x, NS_DAV, "description");
        xml_attribute(x, "xml:lang", "en");
        xml_text(x, s->description);
        xml_close(x);
        xml_close(x);
    }
}

fallible
report_search_properties(struct request *rq, const struct dav_node *node UNUSED,
    const struct xml_in *root, struct response *rs)
{
    struct prop_request want;
    struct xml_out *x;

    TRY(report_principals_begin(rq, root, &want));
    x = dav_xml(rq, rs, 200);
    xml_open(x, NS_DAV, "principal-search-property-set");
    write_searched(x, own_searched);
    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        write_searched(x, (*m)->principal_searched);
    xml_close(x);
    xml_end(x);
    return NULL;
}
