#include "html/lang.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/embed.h"
#include "base/macros.h"
#include "base/text.h"

static const struct lang english = { .tag = "en", .name = "English" };
static const struct lang german = { .tag = "de", .name = "Deutsch", .catalogue = "de.mo" };

const struct lang *const languages[] = { &english, &german, NULL };

const struct lang *
lang_find(const char *tag)
{
    for (const struct lang *const *l = languages; *l != NULL; l++)
        if (text_same_nocase((*l)->tag, tag))
            return *l;
    return NULL;
}

/* ---------------------------------------------------------------- Accept-Language */

static const char *
skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

/* The weight in thousandths behind a range (";q=0.8"), 1000 without one; -1 when malformed. */
static int
weight(const char **s)
{
    *s = skip_blanks(*s);
    if (**s != ';')
        return 1000;
    *s = skip_blanks(*s + 1);
    if (((*s)[0] | 0x20) != 'q' || (*s)[1] != '=')
        return -1;
    const char *p = *s + 2;
    if (*p != '0' && *p != '1')
        return -1;
    int q = (*p++ - '0') * 1000;
    if (*p == '.') {
        p++;
        for (int unit = 100; unit > 0 && *p >= '0' && *p <= '9'; unit /= 10)
            q += (*p++ - '0') * unit;
    }
    *s = skip_blanks(p);
    return q <= 1000 ? q : -1;
}

/* Does the range "de-AT" or "de" of n bytes name this language? Ours have one part each. */
static bool
names(const char *range, size_t n, const struct lang *lang)
{
    size_t length = strlen(lang->tag);

    return n >= length && strncasecmp(range, lang->tag, length) == 0 &&
           (n == length || range[length] == '-');
}

const struct lang *
lang_accept(const char *header, const struct lang *otherwise)
{
    const struct lang *best = otherwise;
    int best_q = 0;

    while (header != NULL && *header != '\0') {
        const char *range = header + strspn(header, " \t,");
        size_t n = strcspn(range, " \t,;");
        const char *rest = range + n;
        int q = weight(&rest);

        if (n > 0 && q > best_q && (*rest == ',' || *rest == '\0')) {
            const struct lang *found = n == 1 && *range == '*' ? otherwise : NULL;
            for (const struct lang *const *l = languages; *l != NULL; l++)
                if (names(range, n, *l))
                    found = *l;
            if (found != NULL) {
                best = found;
                best_q = q;
            }
        }
        header = strchr(rest, ',');
    }
    return best;
}

/* ---------------------------------------------------------------- catalogues */

/* The head of a compiled catalogue (.mo), in this machine's byte order. */
struct mo {
    uint32_t magic, revision, n, originals, translations;
};
struct entry {
    uint32_t length, offset;
};

static const struct embedded *
catalogue_of(const struct lang *lang)
{
    if (lang->catalogue == NULL)
        return NULL;
    for (const struct embedded *e = catalogues; e->name != NULL; e++)
        if (strcmp(e->name, lang->catalogue) == 0)
            return e;
    return NULL;
}

static struct entry
entry_at(const struct embedded *e, uint32_t table, uint32_t i)
{
    struct entry entry;

    memcpy(&entry, e->bytes + table + (size_t)i * sizeof entry, sizeof entry);
    return entry;
}

/* The translation of msgid: forms one after the other, each with a NUL, `length` in all. */
static const char *
look_up(const struct lang *lang, const char *msgid, size_t *length)
{
    const struct embedded *e = catalogue_of(lang);
    struct mo head;

    if (e == NULL || e->n < sizeof head)
        return NULL;
    memcpy(&head, e->bytes, sizeof head);
    if (head.magic != 0x950412de)
        return NULL;
    uint32_t low = 0, high = head.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        /* A msgid with a plural has "\0plural" behind it; strcmp ends before. */
        int order = strcmp(msgid, e->bytes + entry_at(e, head.originals, middle).offset);
        if (order == 0) {
            struct entry found = entry_at(e, head.translations, middle);
            *length = found.length;
            return found.length == 0 ? NULL : e->bytes + found.offset;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *
tr(const struct lang *lang, const char *msgid)
{
    size_t length;
    const char *text = *msgid == '\0' ? NULL : look_up(lang, msgid, &length);

    return text == NULL ? msgid : text;
}

const char *
trn(const struct lang *lang, const char *one, const char *many, long n)
{
    size_t length;
    const char *text = look_up(lang, one, &length);

    if (text == NULL)
        return n == 1 ? one : many;
    /* English and German have the same rule: one form for 1, one for the rest. */
    size_t first = strlen(text) + 1;
    return n == 1 || first >= length ? text : text + first;
}
