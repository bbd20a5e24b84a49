#include "webdav/xml.h"

#include <assert.h>
#include <libxml/parser.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/body.h"
#include "http/request.h"
#include "webdav/xml_text.h"

/* What the parser is given at a time. */
#define PIECE KB(64)
/* Addresses that a report may name (a client that syncs for the first time names all it has). */
#define REPORT_HREFS 50000

static const char xml_prefix[] = "xml";

struct declaration {
    const char *prefix, *ns;      /* prefix NULL: the default namespace */
    const unsigned char *foreign; /* the parser's own string: found again by its address */
};

struct attribute {
    const char *prefix, *ns, *name, *value; /* prefix NULL: none */
};

/* Text or an element, in document order. */
struct item {
    const char *text; /* NULL: an element */
    size_t n;
    struct element *element;
    struct item *next;
};

struct element {
    struct xml_in pub; /* first: an xml_in that the reader made is always one of these */
    const char *prefix;
    struct declaration *declaration;
    struct attribute *attribute;
    int n_declarations, n_attributes;
    struct item *content, **content_end;
    const struct xml_in **last_child;
    struct element *parent;
};

struct reader {
    struct arena *arena;
    const struct xml_limits *limits;
    xmlParserCtxtPtr parser;
    struct element *root, *open;
    int depth, elements, hrefs;
    const struct condition *refused; /* why the handlers ended the parse; NULL: they did not */
    bool bad;                        /* not well-formed, said the parser */
};

__attribute__((constructor)) static void
start_library(void)
{
    xmlInitParser(); /* before there is a second thread */
}

static void
refuse(struct reader *r, const struct condition *why)
{
    r->refused = why;
    xmlStopParser(r->parser);
}

static const char *
copy(struct arena *arena, const unsigned char *s)
{
    return s == NULL ? NULL : arena_copy(arena, (const char *)s, strlen((const char *)s));
}

/*
 * A value as meant: without XML_PARSE_NOENT the parser leaves "&#38;" for each "&",
 * and no other reference.
 */
static const char *
attribute_value(struct arena *arena, const char *s, size_t n)
{
    static const char ampersand[] = "&#38;";
    char *value = arena_copy(arena, s, n), *to = value;

    for (const char *from = value; *from != '\0'; to++) {
        *to = *from;
        from += strncmp(from, ampersand, sizeof ampersand - 1) == 0 ? sizeof ampersand - 1 : 1;
    }
    *to = '\0';
    return value;
}

/* The namespace a name is in: declared by the element itself or above it, so that each is kept
 * once. */
static const char *
namespace_of(const struct element *e, const unsigned char *foreign, const unsigned char *prefix)
{
    if (foreign == NULL)
        return "";
    if (prefix != NULL && strcmp((const char *)prefix, xml_prefix) == 0)
        return "http://www.w3.org/XML/1998/namespace";
    for (; e != NULL; e = e->parent)
        for (int i = 0; i < e->n_declarations; i++)
            if (e->declaration[i].foreign == foreign)
                return e->declaration[i].ns;
    return NULL;
}

static void
take_declarations(struct reader *r, struct element *e, int n, const xmlChar **namespaces)
{
    e->declaration = NEW_ARRAY(r->arena, struct declaration, (size_t)n);
    e->n_declarations = n;
    for (int i = 0; i < n; i++) {
        const char *ns = (const char *)namespaces[2 * i + 1];

        e->declaration[i] = (struct declaration){
            .prefix = copy(r->arena, namespaces[2 * i]),
            .ns = ns != NULL ? attribute_value(r->arena, ns, strlen(ns)) : "",
            .foreign = namespaces[2 * i + 1],
        };
    }
}

/* Of each attribute the parser gives name, prefix, namespace, start and end of its value. */
static void
take_attributes(struct reader *r, struct element *e, int n, const xmlChar **attributes)
{
    e->attribute = NEW_ARRAY(r->arena, struct attribute, (size_t)n);
    e->n_attributes = n;
    for (int i = 0; i < n; i++, attributes += 5) {
        struct attribute *a = &e->attribute[i];
        const char *value = (const char *)attributes[3];

        *a = (struct attribute){
            .prefix = copy(r->arena, attributes[1]),
            .ns = namespace_of(e, attributes[2], attributes[1]),
            .name = copy(r->arena, attributes[0]),
            .value =
                attribute_value(r->arena, value, (size_t)((const char *)attributes[4] - value)),
        };
        if (a->ns == NULL)
            refuse(r, &BAD_REQUEST);
        if (a->prefix != NULL && strcmp(a->prefix, xml_prefix) == 0 && strcmp(a->name, "lang") == 0)
            e->pub.lang = a->value[0] != '\0' ? a->value : NULL;
    }
}

static void
append(struct reader *r, struct element *to, struct item item)
{
    struct item *new = NEW(r->arena, struct item);

    *new = item;
    *to->content_end = new;
    to->content_end = &new->next;
}

/* An address of those that a report may name besides its elements. */
static bool
is_free_href(struct reader *r, const xmlChar *name, const xmlChar *ns)
{
    return ns != NULL && strcmp((const char *)name, "href") == 0 &&
           strcmp((const char *)ns, NS_DAV) == 0 && ++r->hrefs <= r->limits->hrefs;
}

static void
element_begins(void *cls, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns,
    int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted UNUSED,
    const xmlChar **attributes)
{
    struct reader *r = cls;
    struct element *e, *parent = r->open;

    if (n_namespaces > r->limits->attributes || n_attributes > r->limits->attributes ||
        ++r->depth > r->limits->depth ||
        (!is_free_href(r, name, ns) && ++r->elements > r->limits->elements)) {
        refuse(r, &BAD_REQUEST);
        return;
    }
    e = NEW(r->arena, struct element);
    e->parent = parent;
    e->content_end = &e->content;
    e->last_child = &e->pub.first;
    e->prefix = copy(r->arena, prefix);
    e->pub.name = copy(r->arena, name);
    e->pub.text = "";
    e->pub.lang = parent != NULL ? parent->pub.lang : NULL;
    take_declarations(r, e, n_namespaces, namespaces);
    take_attributes(r, e, n_attributes, attributes);
    e->pub.ns = namespace_of(e, ns, prefix);
    if (e->pub.ns == NULL) {
        refuse(r, &BAD_REQUEST);
        return;
    }
    if (parent == NULL) {
        r->root = e;
    } else {
        append(r, parent, (struct item){ .element = e });
        *parent->last_child = &e->pub;
        parent->last_child = (const struct xml_in **)&e->pub.next;
    }
    r->open = e;
}

static const char *
joined_text(struct arena *arena, const struct element *e)
{
    size_t n = 0;
    const char *only = "";
    int pieces = 0;
    char *all, *p;

    for (const struct item *i = e->content; i != NULL; i = i->next)
        if (i->text != NULL) {
            n += i->n;
            only = i->text;
            pieces++;
        }
    if (pieces < 2)
        return only;
    all = p = arena_alloc(arena, n + 1);
    for (const struct item *i = e->content; i != NULL; i = i->next)
        if (i->text != NULL) {
            memcpy(p, i->text, i->n);
            p += i->n;
        }
    return all;
}

static void
element_ends(
    void *cls, const xmlChar *name UNUSED, const xmlChar *prefix UNUSED, const xmlChar *ns UNUSED)
{
    struct reader *r = cls;

    assert(r->open != NULL);
    r->open->pub.text = joined_text(r->arena, r->open);
    r->open = r->open->parent;
    r->depth--;
}

static void
characters(void *cls, const xmlChar *s, int n)
{
    struct reader *r = cls;

    if (r->open != NULL)
        append(r, r->open,
            (struct item){
                .text = arena_copy(r->arena, (const char *)s, (size_t)n), .n = (size_t)n });
}

static void
document_type(
    void *cls, const xmlChar *name UNUSED, const xmlChar *id UNUSED, const xmlChar *system UNUSED)
{
    refuse(cls, &BAD_REQUEST);
}

/* A namespace that is relative, or no address at all, is a name like any other. */
static void
note_error(void *cls, xmlErrorPtr e)
{
    struct reader *r = cls;

    if (e->code == XML_ERR_NO_MEMORY)
        refuse(r, &TRY_LATER);
    else if (e->code != XML_WAR_NS_URI && e->code != XML_WAR_NS_URI_RELATIVE)
        r->bad = true;
}

static void
free_parser(void *parser)
{
    xmlFreeParserCtxt(parser);
}

/*
 * wellFormed alone is not enough: a parser that was stopped leaves it at 1, and so
 * does one that gave up at a limit of its own. nsWellFormed is too strict, see
 * note_error().
 */
static bool
parsed_well(const struct reader *r)
{
    return r->refused == NULL && r->parser->wellFormed && !r->bad && r->parser->disableSAX == 0 &&
           r->root != NULL && r->open == NULL;
}

fallible
xml_parse(struct arena *arena, const char *p, size_t n, const struct xml_limits *limits,
    const struct xml_in **root)
{
    static const xmlSAXHandler handlers = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = document_type,
        .startElementNs = element_begins,
        .endElementNs = element_ends,
        .characters = characters,
        .ignorableWhitespace = characters,
        .serror = note_error,
    };
    struct reader r = { .arena = arena, .limits = limits };
    xmlSAXHandler own = handlers;

    TRY(xml_text_prepare(arena, &p, &n));
    r.parser = xmlCreatePushParserCtxt(&own, &r, NULL, 0, NULL);
    if (r.parser == NULL)
        return error_cause(REFUSE(arena, TRY_LATER), arena, "xml: no memory");
    arena_defer(arena, free_parser, r.parser);
    xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    for (size_t at = 0; at < n && !r.parser->disableSAX; at += PIECE)
        xmlParseChunk(r.parser, p + at, (int)(n - at < PIECE ? n - at : PIECE), 0);
    if (!r.parser->disableSAX)
        xmlParseChunk(r.parser, NULL, 0, 1);
    if (!parsed_well(&r))
        return error_cause(error_plain(arena, r.refused != NULL ? r.refused : &BAD_REQUEST, HERE),
            arena, "xml error %d", r.parser->errNo);
    *root = &r.root->pub;
    return NULL;
}

/* text/xml and application/xml, anything+xml, or nothing said. */
static bool
is_xml_type(struct arena *arena, const char *type)
{
    const char *bare;

    if (type == NULL)
        return true;
    bare = text_trim(arena, arena_copy(arena, type, strcspn(type, ";")));
    return bare[0] == '\0' || text_same_nocase(bare, "text/xml") ||
           text_same_nocase(bare, "application/xml") || text_ends(bare, "+xml");
}

fallible
xml_read(struct request *rq, const struct xml_in **root)
{
    const struct config *c = rq->app->config;
    const struct xml_limits limits = { (int)c->xml_depth, (int)c->xml_attributes,
        (int)c->xml_elements, rq->method == REPORT ? REPORT_HREFS : 0 };
    const char *p;
    size_t n;

    if (body_length(rq) == 0) {
        *root = NULL;
        return NULL;
    }
    if (!is_xml_type(rq->arena, request_header(rq, "Content-Type")))
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    p = body_text(rq, &n);
    return xml_parse(rq->arena, p, n, &limits, root);
}

bool
xml_is(const struct xml_in *e, const char *ns, const char *name)
{
    return e != NULL && strcmp(e->name, name) == 0 && strcmp(e->ns, ns) == 0;
}

const struct xml_in *
xml_child(const struct xml_in *e, const char *ns, const char *name)
{
    if (e == NULL)
        return NULL;
    for (e = e->first; e != NULL; e = e->next)
        if (xml_is(e, ns, name))
            return e;
    return NULL;
}

static const struct element *
element_of(const struct xml_in *e)
{
    return (const struct element *)e;
}

const char *
xml_attr(const struct xml_in *in, const char *name)
{
    const struct element *e = element_of(in);

    for (int i = 0; i < e->n_attributes; i++)
        if (e->attribute[i].prefix == NULL && strcmp(e->attribute[i].name, name) == 0)
            return e->attribute[i].value;
    return NULL;
}

/* ---- writing it down again, for dead properties ---- */

/* What a prefix means at a place of the text being written. */
struct scope {
    const struct scope *outer;
    const char *prefix, *ns;
};

static bool
same_prefix(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
in_scope(const struct scope *s, const char *prefix, const char *ns)
{
    for (; s != NULL; s = s->outer)
        if (same_prefix(s->prefix, prefix))
            return strcmp(s->ns, ns) == 0;
    return prefix == NULL && ns[0] == '\0';
}

/* In an attribute also what would come back as a blank (XML 1.0, 3.3.3). */
static void
escaped(struct buf *b, const char *s, size_t n, bool in_attribute)
{
    for (size_t i = 0; i < n; i++)
        switch (s[i]) {
        case '\n':
            buf_text(b, in_attribute ? "&#10;" : "\n");
            break;
        case '\t':
            buf_text(b, in_attribute ? "&#9;" : "\t");
            break;
        case '&':
            buf_text(b, "&amp;");
            break;
        case '<':
            buf_text(b, "&lt;");
            break;
        case '>':
            buf_text(b, "&gt;");
            break;
        case '"':
            buf_text(b, "&quot;");
            break;
        case '\r':
            buf_text(b, "&#13;");
            break;
        default:
            buf_char(b, s[i]);
        }
}

static void
qualified(struct buf *b, const char *prefix, const char *name)
{
    if (prefix != NULL) {
        buf_text(b, prefix);
        buf_char(b, ':');
    }
    buf_text(b, name);
}

/* Declares a prefix unless it means that already; gives the scope that is then in force. */
static const struct scope *
declared(struct buf *b, const struct scope *s, const char *prefix, const char *ns)
{
    struct scope *new;

    if (in_scope(s, prefix, ns) || same_prefix(prefix, xml_prefix))
        return s;
    qualified(b, prefix != NULL ? " xmlns" : NULL, prefix != NULL ? prefix : " xmlns");
    buf_text(b, "=\"");
    escaped(b, ns, strlen(ns), true);
    buf_char(b, '"');
    new = NEW(b->arena, struct scope);
    *new = (struct scope){ s, prefix, ns };
    return new;
}

static void write_content(struct buf *, const struct element *, const struct scope *);

static void
write_element(struct buf *b, const struct element *e, const struct scope *s)
{
    buf_char(b, '<');
    qualified(b, e->prefix, e->pub.name);
    for (int i = 0; i < e->n_declarations; i++)
        s = declared(b, s, e->declaration[i].prefix, e->declaration[i].ns);
    s = declared(b, s, e->prefix, e->pub.ns);
    for (int i = 0; i < e->n_attributes; i++) {
        const struct attribute *a = &e->attribute[i];

        if (a->prefix != NULL)
            s = declared(b, s, a->prefix, a->ns);
        buf_char(b, ' ');
        qualified(b, a->prefix, a->name);
        buf_text(b, "=\"");
        escaped(b, a->value, strlen(a->value), true);
        buf_char(b, '"');
    }
    if (e->content == NULL) {
        buf_text(b, "/>");
        return;
    }
    buf_char(b, '>');
    write_content(b, e, s);
    buf_text(b, "</");
    qualified(b, e->prefix, e->pub.name);
    buf_char(b, '>');
}

/* The recursion is as deep as the parser allowed. */
static void
write_content(struct buf *b, const struct element *e, const struct scope *s)
{
    for (const struct item *i = e->content; i != NULL && !b->over; i = i->next)
        if (i->text != NULL)
            escaped(b, i->text, i->n, false);
        else
            write_element(b, i->element, s);
}

const char *
xml_inner(struct arena *arena, const struct xml_in *in, size_t max)
{
    struct buf b = buf_new(arena, max);

    write_content(&b, element_of(in), NULL);
    return b.over ? NULL : buf_string(&b);
}
