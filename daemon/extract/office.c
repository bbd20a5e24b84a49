/*
 * Packages of office programs: a ZIP with XML in it. Members are unpacked piece by piece into a SAX
 * parser that keeps character data and breaks of lines, and nothing else.
 */
#include <stdint.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "extract/extract.h"

#define PIECE        ((size_t)16 * 1024)
#define MANIFEST_MAX ((size_t)256 * 1024)

/* What reading a member came to; in the order of how bad it is. */
enum state { FINE, FULL, DAMAGED, BOMB };

/* ---------------------------------------------------------------- the words of an XML member */

/* What an element means to somebody who reads: character data counts inside TEXT (or, in
 * OpenDocument, anywhere in BODY), and never inside SKIP. */
enum meaning { NOTHING, TEXT, BODY, SKIP, LINE, BLANK };

static const struct {
    const char *name;
    enum meaning meaning;
} opendocument[] = { { "body", BODY }, { "tracked-changes", SKIP }, { "binary-data", SKIP },
    { "p", LINE }, { "h", LINE }, { "line-break", LINE }, { "s", BLANK }, { "tab", BLANK } },
  openxml[] = { { "t", TEXT }, { "p", LINE }, { "br", LINE }, { "cr", LINE }, { "si", LINE },
      { "tab", BLANK }, { "c", BLANK } };

struct reader {
    struct buf *out;
    bool odf;
    enum state state;
    int depth, text, skip; /* elements open: all, of TEXT or BODY, of SKIP */
    xmlParserCtxt *xml;
};

static enum meaning
meaning_of(const struct reader *r, const xmlChar *name)
{
    const char *s = (const char *)name;

    if (r->odf) {
        for (size_t i = 0; i < COUNT_OF(opendocument); i++)
            if (strcmp(s, opendocument[i].name) == 0)
                return opendocument[i].meaning;
    } else {
        for (size_t i = 0; i < COUNT_OF(openxml); i++)
            if (strcmp(s, openxml[i].name) == 0)
                return openxml[i].meaning;
    }
    return NOTHING;
}

static void
stop(struct reader *r, enum state state)
{
    if (r->state == FINE)
        r->state = state;
    xmlStopParser(r->xml);
}

static void
add(struct reader *r, const char *text, size_t n)
{
    if (!extract_add(r->out, text, n))
        stop(r, FULL);
}

static void
start_element(void *cls, const xmlChar *name, const xmlChar *prefix UNUSED,
    const xmlChar *space UNUSED, int n_spaces UNUSED, const xmlChar **spaces UNUSED,
    int n_attributes UNUSED, int n_defaulted UNUSED, const xmlChar **attributes UNUSED)
{
    struct reader *r = cls;
    enum meaning meaning = meaning_of(r, name);

    if (++r->depth > EXTRACT_DEPTH_MAX)
        stop(r, DAMAGED);
    r->text += meaning == TEXT || meaning == BODY;
    r->skip += meaning == SKIP;
    if (meaning == BLANK)
        add(r, " ", 1);
}

static void
end_element(
    void *cls, const xmlChar *name, const xmlChar *prefix UNUSED, const xmlChar *space UNUSED)
{
    struct reader *r = cls;
    enum meaning meaning = meaning_of(r, name);

    r->depth--;
    r->text -= meaning == TEXT || meaning == BODY;
    r->skip -= meaning == SKIP;
    if (meaning == LINE)
        add(r, "\n", 1);
}

static void
characters(void *cls, const xmlChar *text, int n)
{
    struct reader *r = cls;

    if (r->text > 0 && r->skip == 0)
        add(r, (const char *)text, (size_t)n);
}

/* Office programs write no document type; who does has entities in mind. */
static void
document_type(void *cls, const xmlChar *name UNUSED, const xmlChar *external UNUSED,
    const xmlChar *system UNUSED)
{
    stop(cls, DAMAGED);
}

static void
complain(void *cls UNUSED, const char *format UNUSED, ...)
{
}

static const xmlSAXHandler handler = { .initialized = XML_SAX2_MAGIC,
    .startElementNs = start_element,
    .endElementNs = end_element,
    .characters = characters,
    .cdataBlock = characters,
    .internalSubset = document_type,
    .warning = complain,
    .error = complain };

/* ---------------------------------------------------------------- the package */

struct package {
    struct archive *archive;
    size_t packed, unpacked;
    int members;
    bool locked; /* OpenDocument's own encryption */
};

/* The next piece of a member: its length, 0 at the end; a state other than FINE ends it. */
static enum state
next_piece(struct package *p, char *piece, size_t *n)
{
    la_ssize_t got = archive_read_data(p->archive, piece, PIECE);

    *n = got < 0 ? 0 : (size_t)got;
    p->unpacked += *n;
    if (p->unpacked > EXTRACT_UNPACKED_MAX ||
        p->unpacked > (size_t)1024 * 1024 + EXTRACT_RATIO_MAX * p->packed)
        return BOMB;
    return got < 0 ? DAMAGED : FINE;
}

static enum state
read_words(struct arena *arena, struct package *p, bool odf, struct buf *out)
{
    struct reader r = { .out = out, .odf = odf };
    xmlSAXHandler sax = handler;
    char *piece = arena_alloc(arena, PIECE);
    enum state state;
    size_t n;

    r.xml = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL);
    if (r.xml == NULL)
        return DAMAGED;
    xmlCtxtUseOptions(r.xml, XML_PARSE_NONET | XML_PARSE_COMPACT);
    while ((state = next_piece(p, piece, &n)) == FINE && n > 0 && r.state == FINE)
        if (xmlParseChunk(r.xml, piece, (int)n, 0) != 0 && r.state == FINE)
            r.state = DAMAGED;
    if (state == FINE && r.state == FINE && xmlParseChunk(r.xml, NULL, 0, 1) != 0)
        r.state = DAMAGED;
    xmlFreeParserCtxt(r.xml);
    return state > r.state ? state : r.state;
}

static enum state
read_manifest(struct arena *arena, struct package *p)
{
    struct buf manifest = buf_new(arena, MANIFEST_MAX);
    char *piece = arena_alloc(arena, PIECE);
    enum state state;
    size_t n;

    while ((state = next_piece(p, piece, &n)) == FINE && n > 0)
        buf_add(&manifest, piece, n);
    p->locked = manifest.n > 0 && strstr(buf_string(&manifest), "encryption-data") != NULL;
    return state;
}

/* Where the words are: word/document.xml, xl/worksheets/sheet1.xml, ppt/slides/slide7.xml ... */
static bool
has_words(const char *name)
{
    static const char *const places[] = { "word/document", "word/footnotes", "word/endnotes",
        "word/header", "word/footer", "word/comments", "xl/sharedStrings", "xl/worksheets/sheet",
        "ppt/slides/slide", "ppt/notesSlides/notesSlide" };

    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (text_starts(name, places[i]) && text_ends(name, ".xml"))
            return true;
    return false;
}

/* Is it of an office program at all? A mere archive has no text of its own. */
struct findings {
    bool office, damaged, encrypted;
};

static enum state
read_member(struct arena *arena, struct package *p, struct archive_entry *entry,
    struct findings *found, struct buf *out)
{
    const char *name = archive_entry_pathname(entry);
    enum state state = FINE;

    if (++p->members > EXTRACT_MEMBERS_MAX)
        return BOMB;
    if (name == NULL)
        return FINE;
    bool odf = strcmp(name, "content.xml") == 0, words = odf || has_words(name);
    if (words && archive_entry_is_encrypted(entry))
        found->encrypted = true;
    else if (words)
        state = read_words(arena, p, odf, out);
    else if (strcmp(name, "META-INF/manifest.xml") == 0)
        state = read_manifest(arena, p);
    found->office = found->office || words;
    found->damaged = found->damaged || state == DAMAGED;
    return state == BOMB || state == FULL ? state : FINE;
}

static enum state
read_package(struct arena *arena, struct package *p, struct findings *found, struct buf *out)
{
    struct archive_entry *entry;
    enum state state = FINE;
    int got;

    while (state == FINE && (got = archive_read_next_header(p->archive, &entry)) != ARCHIVE_EOF) {
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < ARCHIVE_WARN)
            return DAMAGED;
        state = read_member(arena, p, entry, found, out);
    }
    return state;
}

bool
extract_office(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    struct package p = { .archive = archive_read_new(), .packed = n };
    struct findings found = { .office = false };
    enum state state = DAMAGED;

    if (p.archive != NULL && archive_read_support_format_zip(p.archive) == ARCHIVE_OK &&
        archive_read_open_memory(p.archive, in, n) == ARCHIVE_OK)
        state = read_package(arena, &p, &found, out);
    archive_read_free(p.archive);
    if (state == BOMB)
        return extract_none(out, "bomb");
    if (found.encrypted || (p.locked && found.damaged))
        return extract_none(out, "encrypted");
    if (state == DAMAGED || found.damaged)
        return extract_none(out, "damaged");
    return found.office ? true : extract_none(out, "kind");
}
