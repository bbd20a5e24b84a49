#include "webdav/xml.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/out.h"

enum { DEPTH_MAX = 48 };

/* The namespaces that every document of ours declares on its root. */
static const struct well_known {
    const char *prefix, *ns;
} well_known[] = {
    { "D", NS_DAV },
    { "C", NS_CALDAV },
    { "CR", NS_CARDDAV },
    { "CS", NS_CS },
    { "A", NS_APPLE },
};

/* An open element, for its end tag. prefix NULL: none. name_n: its length. */
struct opened {
    const char *prefix, *name;
    size_t name_n;
};

struct xml_out {
    struct out *out;
    char *p;
    size_t n, room;
    struct opened opened[DEPTH_MAX];
    int depth;
    bool begun;  /* the root has been opened */
    bool in_tag; /* the last start tag still waits for its '>' */
};

static void
free_text(void *what)
{
    free(((struct xml_out *)what)->p);
}

struct xml_out *
xml_write(struct arena *arena, struct out *out)
{
    struct xml_out *x = NEW(arena, struct xml_out);

    x->out = out;
    arena_defer(arena, free_text, x);
    return x;
}

static void
grow(struct xml_out *x, size_t n)
{
    size_t room = x->room == 0 ? KB(4) : x->room * 2;

    while (room - x->n < n)
        room *= 2;
    x->p = realloc(x->p, room);
    if (x->p == NULL)
        abort();
    x->room = room;
}

static inline void
add(struct xml_out *x, const char *s, size_t n)
{
    if (x->room - x->n < n)
        grow(x, n);
    memcpy(x->p + x->n, s, n);
    x->n += n;
}

static void
add_text(struct xml_out *x, const char *s)
{
    add(x, s, strlen(s));
}

/* Bytes of the character at s if XML 1.0 may carry it, else 0. */
static size_t
character(const char *s)
{
    unsigned char c = (unsigned char)*s;
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    return strnlen(s, n) == n && text_is_xml(s, n) ? n : 0;
}

/* What stands for a byte in text, NULL when it stands for itself. */
static const char *
escape(char c, bool in_attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    case '\t':
        return in_attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

/* What stands for itself in text; in attributes a few do not besides. */
#define PLAIN                                                                                      \
    [' '] = true, ['!'] = true, ['#' ... '%'] = true, ['\'' ... ';'] = true, ['='] = true,         \
    ['?' ... '~'] = true

static const bool plain[][256] = {
    [false] = { PLAIN, ['"'] = true, ['\n'] = true, ['\t'] = true }, [true] = { PLAIN }
};

static size_t
run_of_plain(const char *s, const bool *is_plain)
{
    const unsigned char *at = (const unsigned char *)s;

    while (is_plain[*at])
        at++;
    return (size_t)(at - (const unsigned char *)s);
}

/* So many bytes are checked together: where there is one that XML does not carry, it is searched
 * for. */
enum { RUN_MAX = 64 };

/* How many bytes from s on are of characters beyond ASCII, whole ones. */
static size_t
run_beyond_ascii(const char *s)
{
    const unsigned char *at = (const unsigned char *)s;
    size_t n = 0;

    while (n < RUN_MAX && at[n] >= 0x80)
        n++;
    while (n > 0 && (at[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Adds what does not stand for itself, or may not; returns how many bytes that was. */
static size_t
add_special(struct xml_out *x, const char *s, bool in_attribute)
{
    const char *instead = escape(*s, in_attribute);
    size_t n = instead == NULL ? character(s) : 1;

    if (instead != NULL)
        add_text(x, instead);
    else if (n > 0)
        add(x, s, n);
    else
        add_text(x, "\xEF\xBF\xBD");
    return n > 0 ? n : 1;
}

static void
add_escaped(struct xml_out *x, const char *s, bool in_attribute)
{
    for (;;) {
        size_t n = run_of_plain(s, plain[in_attribute]);

        add(x, s, n);
        s += n;
        if (*s == '\0')
            return;
        n = run_beyond_ascii(s);
        if (n > 0 && text_is_xml(s, n))
            add(x, s, n);
        else
            n = add_special(x, s, in_attribute);
        s += n;
    }
}

static void
end_tag(struct xml_out *x)
{
    if (x->in_tag)
        add(x, ">", 1);
    x->in_tag = false;
}

/* Nearly always it is the constant itself, and the first of them. */
static const char *
well_known_prefix(const char *ns)
{
    if (ns == well_known[0].ns)
        return well_known[0].prefix;
    for (size_t i = 0; i < COUNT_OF(well_known); i++)
        if (strcmp(well_known[i].ns, ns) == 0)
            return well_known[i].prefix;
    return NULL;
}

static void
add_name(struct xml_out *x, const struct opened *e)
{
    if (e->prefix != NULL) {
        add_text(x, e->prefix);
        add(x, ":", 1);
    }
    add(x, e->name, e->name_n);
}

static void
declare(struct xml_out *x, const char *prefix, const char *ns)
{
    add_text(x, " xmlns:");
    add_text(x, prefix);
    add_text(x, "=\"");
    add_escaped(x, ns, true);
    add(x, "\"", 1);
}

void
xml_open(struct xml_out *x, const char *ns, const char *name)
{
    assert(x->depth < DEPTH_MAX);
    struct opened *e = &x->opened[x->depth];
    const char *prefix = well_known_prefix(ns);

    end_tag(x);
    if (!x->begun)
        add_text(x, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    *e = (struct opened){ prefix != NULL  ? prefix
                          : ns[0] != '\0' ? "x"
                                          : NULL,
        name, strlen(name) };
    add(x, "<", 1);
    add_name(x, e);
    for (size_t i = 0; !x->begun && i < COUNT_OF(well_known); i++)
        declare(x, well_known[i].prefix, well_known[i].ns);
    if (prefix == NULL && ns[0] != '\0')
        declare(x, "x", ns);
    x->depth++;
    x->begun = true;
    x->in_tag = true;
}

void
xml_attribute(struct xml_out *x, const char *name, const char *value)
{
    assert(x->in_tag);
    add(x, " ", 1);
    add_text(x, name);
    add_text(x, "=\"");
    add_escaped(x, value, true);
    add(x, "\"", 1);
}

void
xml_close(struct xml_out *x)
{
    assert(x->depth > 0);
    x->depth--;
    if (x->in_tag) {
        add(x, "/>", 2);
        x->in_tag = false;
        return;
    }
    add(x, "</", 2);
    add_name(x, &x->opened[x->depth]);
    add(x, ">", 1);
}

void
xml_text(struct xml_out *x, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    end_tag(x);
    add_escaped(x, text, false);
}

void
xml_leaf(struct xml_out *x, const char *ns, const char *name, const char *text)
{
    xml_open(x, ns, name);
    xml_text(x, text);
    xml_close(x);
}

void
xml_href(struct xml_out *x, const char *href)
{
    xml_leaf(x, NS_DAV, "href", href);
}

void
xml_raw(struct xml_out *x, const char *xml)
{
    if (xml == NULL || *xml == '\0')
        return;
    end_tag(x);
    add_text(x, xml);
}

struct xml_mark
xml_mark(struct xml_out *x)
{
    end_tag(x);
    return (struct xml_mark){ x->n, x->depth };
}

void
xml_rewind(struct xml_out *x, struct xml_mark mark)
{
    assert(mark.n <= x->n && mark.depth <= x->depth);
    x->n = mark.n;
    x->depth = mark.depth;
    x->in_tag = false;
}

void
xml_flush(struct xml_out *x)
{
    end_tag(x);
    out_raw(x->out, x->p, x->n);
    x->n = 0;
}

void
xml_end(struct xml_out *x)
{
    assert(x->depth == 0);
    add(x, "\n", 1);
    xml_flush(x);
}
