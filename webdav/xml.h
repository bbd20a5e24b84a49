#ifndef WEBDAV_XML_H
#define WEBDAV_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct arena;
struct out;
struct request;

#define NS_DAV       "DAV:"
#define NS_CALDAV    "urn:ietf:params:xml:ns:caldav"
#define NS_CARDDAV   "urn:ietf:params:xml:ns:carddav"
#define NS_CS        "http://calendarserver.org/ns/"
#define NS_APPLE     "http://apple.com/ns/ical/"
#define NS_MICROSOFT "urn:schemas-microsoft-com:"
#define NS_APACHE    "http://apache.org/dav/props/"

/*
 * An element of a request body. libxml2 stays inside xml_in.c, which refuses a
 * DTD, more than config->xml_depth levels, xml_attributes on one element (as many
 * namespaces beside them) and xml_elements in all before anybody sees them.
 */
struct xml_in {
    const char *ns, *name;             /* ns "" for none */
    const char *text;                  /* all text directly inside, joined; "" for none */
    const char *lang;                  /* xml:lang in force, or NULL */
    const struct xml_in *first, *next; /* elements alone: text between them is in `text` */
};

/* Parses the request's body. *root is NULL when there is none. BAD_REQUEST, UNSUPPORTED_TYPE. */
fallible xml_read(struct request *, const struct xml_in **root);
/* The same without a request, for tests and stored properties. */
struct xml_limits {
    int depth, attributes, elements;
    int hrefs; /* so many <D:href> do not count as elements */
};
fallible xml_parse(
    struct arena *, const char *p, size_t n, const struct xml_limits *, const struct xml_in **root);

/* Is it there (NULL is not) and of that name? */
bool xml_is(const struct xml_in *, const char *ns, const char *name);
/* The first child of that name, or NULL; NULL also of NULL. */
const struct xml_in *xml_child(const struct xml_in *, const char *ns, const char *name);
/* The value of an attribute without namespace, or NULL. */
const char *xml_attr(const struct xml_in *, const char *name);
/*
 * The content as well-formed XML that stands alone, every prefix in it declared:
 * what a dead property keeps. NULL when it would be longer than max bytes.
 */
const char *xml_inner(struct arena *, const struct xml_in *, size_t max);

/*
 * Writing. Names are constants, or come from xml_in; text is escaped, and what
 * XML 1.0 cannot carry becomes U+FFFD. An element left open is a bug and asserts.
 * The well-known namespaces above are declared on the root, others where they
 * are used. Text is gathered in memory of its own and handed to the `struct out`
 * by xml_flush(), so that what was written since a mark can be taken back.
 */
struct xml_out;
struct xml_out *xml_write(struct arena *, struct out *);
void xml_open(struct xml_out *, const char *ns, const char *name);
void xml_attribute(
    struct xml_out *, const char *name, const char *value); /* right after xml_open */
void xml_close(struct xml_out *);
void xml_text(struct xml_out *, const char *text);
void xml_leaf(
    struct xml_out *, const char *ns, const char *name, const char *text); /* NULL: empty */
void xml_href(struct xml_out *, const char *href); /* <D:href>, already encoded */
void xml_raw(struct xml_out *, const char *xml);   /* what xml_inner gave */

struct xml_mark {
    size_t n;
    int depth;
};
struct xml_mark xml_mark(struct xml_out *);
void xml_rewind(struct xml_out *, struct xml_mark); /* no flush may lie between */
void xml_flush(struct xml_out *);
/* Hands over the rest; everything must be closed. */
void xml_end(struct xml_out *);

#endif
