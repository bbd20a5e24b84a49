#include "jobs/helper_compare.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diff.h"
#include "base/macros.h"

/* Lines of both that stand around a difference, and how many bytes of them. */
#define CONTEXT       2
#define CONTEXT_BYTES 400
/* Of a longer line words are not compared, and no more is shown. */
#define LINE_BYTES 4000
#define WORDS_MAX  2000
/* What a line takes on a page, besides its text. */
#define LINE_COSTS 64
/* A line is looked for among so many new ones to be the same with other words. */
#define REACH 4

/* Lines or words: where each begins and ends, and numbers that tell which are equal. */
struct tokens {
    const char **p;
    size_t *length;
    int32_t *number;
    int n;
};

struct text {
    const char *p;
    size_t n;
};

/* ---------------------------------------------------------------- tokens */

static struct text
clean(struct arena *arena, const char *p, size_t n)
{
    char *to = arena_alloc(arena, n + 1);
    struct text t = { .p = to };

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] >= ' ' || p[i] == '\n' || p[i] == '\t')
            to[t.n++] = p[i];
    return t;
}

static struct tokens
room_for(struct arena *arena, size_t most)
{
    return (struct tokens){ .p = NEW_ARRAY(arena, const char *, most + 1),
        .length = NEW_ARRAY(arena, size_t, most + 1),
        .number = NEW_ARRAY(arena, int32_t, most + 1) };
}

static void
add(struct tokens *t, const char *p, size_t n)
{
    t->p[t->n] = p;
    t->length[t->n++] = n;
}

/* False: there are too many. */
static bool
split_lines(struct arena *arena, const struct text *text, struct tokens *lines)
{
    const char *p = text->p, *end = p + text->n;

    *lines = room_for(arena, COMPARE_LINES_MAX);
    while (p < end) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        if (eol == NULL)
            eol = end;
        if (lines->n == COMPARE_LINES_MAX)
            return false;
        add(lines, p, (size_t)(eol - p));
        p = eol + 1;
    }
    return true;
}

enum sort { BLANK, WORD, OTHER };

static enum sort
sort_of(char c)
{
    if (c == ' ' || c == '\t')
        return BLANK;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0)
        return WORD;
    return OTHER;
}

/* Words, blanks between them, and each other character by itself. */
static bool
split_words(struct arena *arena, const char *p, size_t n, struct tokens *words)
{
    *words = room_for(arena, n < WORDS_MAX ? n : WORDS_MAX);
    for (size_t i = 0, k; i < n; i = k) {
        enum sort sort = sort_of(p[i]);
        for (k = i + 1; k < n && sort != OTHER && sort_of(p[k]) == sort;)
            k++;
        if (words->n == WORDS_MAX)
            return false;
        add(words, p + i, k - i);
    }
    return true;
}

/* ---------------------------------------------------------------- which are equal */

struct known {
    const struct tokens *of;
    int32_t i, number; /* number 0: the place is free */
};

static uint64_t
hash(const char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

static void
number_of(struct tokens *t, struct known *known, size_t mask, int32_t *last)
{
    for (int i = 0; i < t->n; i++) {
        size_t at = hash(t->p[i], t->length[i]) & mask;
        for (; known[at].number != 0; at = (at + 1) & mask) {
            const struct tokens *of = known[at].of;
            if (of->length[known[at].i] == t->length[i] &&
                memcmp(of->p[known[at].i], t->p[i], t->length[i]) == 0)
                break;
        }
        if (known[at].number == 0)
            known[at] = (struct known){ t, i, ++*last };
        t->number[i] = known[at].number;
    }
}

static void
number_both(struct arena *arena, struct tokens *a, struct tokens *b)
{
    size_t room = 16;
    int32_t last = 0;

    while (room < 2 * (size_t)(a->n + b->n))
        room *= 2;
    struct known *known = NEW_ARRAY(arena, struct known, room);
    number_of(a, known, room - 1, &last);
    number_of(b, known, room - 1, &last);
}

/* ---------------------------------------------------------------- lines with other words */

static void
put_words(struct buf *out, char mark, const struct tokens *words, int from, int n)
{
    if (n == 0)
        return;
    buf_char(out, mark);
    for (int i = from; i < from + n; i++)
        buf_add(out, words->p[i], words->length[i]);
}

/* What two lines have in common, in bytes of both; blanks alone say nothing. */
static size_t
common(const struct tokens *a, const struct diff_hunk *hunk, int n_hunks)
{
    size_t n = 0;

    for (int i = 0, h = 0; i < a->n; i++) {
        while (h < n_hunks && i >= hunk[h].a + hunk[h].n_a)
            h++;
        if ((h == n_hunks || i < hunk[h].a) && sort_of(a->p[i][0]) != BLANK)
            n += 2 * a->length[i];
    }
    return n;
}

static size_t
weight(const struct tokens *t)
{
    size_t n = 0;

    for (int i = 0; i < t->n; i++)
        if (sort_of(t->p[i][0]) != BLANK)
            n += t->length[i];
    return n;
}

/* The words that differ, if half of both lines is the same. */
static bool
compare_lines(struct arena *arena, const char *a, size_t n_a, const char *b, size_t n_b, struct buf *out)
{
    const struct diff_hunk *hunk;
    struct tokens was, is;
    int at = 0;

    if (n_a > LINE_BYTES || n_b > LINE_BYTES || !split_words(arena, a, n_a, &was) || !split_words(arena, b, n_b, &is))
        return false;
    number_both(arena, &was, &is);
    int n = diff_hunks(arena, was.number, was.n, is.number, is.n, &hunk);
    if (2 * common(&was, hunk, n) < weight(&was) + weight(&is))
        return false;
    buf_char(out, COMPARE_CHANGED);
    for (int i = 0; i < n; i++) {
        put_words(out, COMPARE_SAME, &was, at, hunk[i].a - at);
        put_words(out, COMPARE_OUT, &was, hunk[i].a, hunk[i].n_a);
        put_words(out, COMPARE_IN, &is, hunk[i].b, hunk[i].n_b);
        at = hunk[i].a + hunk[i].n_a;
    }
    put_words(out, COMPARE_SAME, &was, at, was.n - at);
    buf_char(out, '\n');
    return true;
}

/* ---------------------------------------------------------------- all of it */

struct compare {
    struct arena *arena, *scratch; /* for the answer; for one line */
    struct tokens a, b;
    struct buf *out;
    int gone, new, changed, lines;
};

/* Has enough been said for one page? */
static bool
full(const struct compare *c)
{
    return c->out->n + (size_t)c->lines * LINE_COSTS >= COMPARE_OUTPUT_MAX;
}

/* A line, its end left out at a whole character when it is long. */
static void
put_line(struct compare *c, char mark, const struct tokens *t, int i)
{
    size_t n = t->length[i], most = mark == COMPARE_EQUAL ? CONTEXT_BYTES : LINE_BYTES;

    if (n > most) {
        for (n = most; n > 0 && (t->p[i][n] & 0xc0) == 0x80;)
            n--;
    }
    buf_char(c->out, mark);
    buf_add(c->out, t->p[i], n);
    buf_text(c->out, n < t->length[i] ? " …\n" : "\n");
    c->gone += mark == COMPARE_GONE;
    c->new += mark == COMPARE_NEW;
    c->lines++;
}

static void
put_context(struct compare *c, int i)
{
    put_line(c, COMPARE_EQUAL, &c->a, i);
}

static void
put_equal(struct compare *c, int from, int to, bool first, bool last)
{
    int before = first ? 0 : CONTEXT, after = last ? 0 : CONTEXT;

    if (to - from <= before + after + 1)
        before = to - from;
    for (int i = from; i < from + before; i++)
        put_context(c, i);
    if (from + before == to)
        return;
    buf_printf(c->out, "%c%d\n", COMPARE_SKIPPED, to - after - from - before);
    for (int i = to - after; i < to; i++)
        put_context(c, i);
}

/* Lines that took the place of others, each beside the one that it resembles. */
static void
put_hunk(struct compare *c, const struct diff_hunk *h)
{
    int b = h->b, end_b = h->b + h->n_b;

    for (int a = h->a; a < h->a + h->n_a && !full(c); a++) {
        size_t mark = arena_mark(c->scratch);
        struct buf line = buf_new(c->scratch, COMPARE_OUTPUT_MAX);
        int like = b;

        while (like < end_b && like < b + REACH &&
               !compare_lines(c->scratch, c->a.p[a], c->a.length[a], c->b.p[like], c->b.length[like], &line))
            like++;
        if (line.n > 0 && !line.over) {
            for (; b < like; b++)
                put_line(c, COMPARE_NEW, &c->b, b);
            b++;
            buf_add(c->out, line.p, line.n);
            c->changed++;
            c->lines++;
        } else {
            put_line(c, COMPARE_GONE, &c->a, a);
        }
        arena_rewind(c->scratch, mark);
    }
    for (; b < end_b && !full(c); b++)
        put_line(c, COMPARE_NEW, &c->b, b);
}

static void
put_all(struct compare *c)
{
    const struct diff_hunk *hunk;
    int n = diff_hunks(c->arena, c->a.number, c->a.n, c->b.number, c->b.n, &hunk), at = 0;

    for (int i = 0; i < n && !full(c); i++) {
        put_equal(c, at, hunk[i].a, i == 0, false);
        put_hunk(c, &hunk[i]);
        at = hunk[i].a + hunk[i].n_a;
    }
    if (full(c))
        buf_printf(c->out, "%c\n", COMPARE_CUT);
    else if (n > 0)
        put_equal(c, at, c->a.n, false, true);
}

static bool
compare(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    const char *between = memchr(in, COMPARE_BETWEEN, n);
    struct buf lines = buf_new(arena, HELPER_BYTES_MAX);
    struct compare c = { .arena = arena, .out = &lines };

    if (between == NULL)
        return false;
    size_t n_a = (size_t)(between - in), n_b = n - n_a - 1;
    const struct text a = clean(arena, in, n_a), b = clean(arena, between + 1, n_b);
    if (!split_lines(arena, &a, &c.a) || !split_lines(arena, &b, &c.b))
        return false;
    number_both(arena, &c.a, &c.b);
    c.scratch = arena_new();
    put_all(&c);
    arena_free(c.scratch);
    bool hidden = lines.n == 0 && (n_a != n_b || memcmp(in, between + 1, n_a) != 0);
    buf_printf(out, "%c%d %d %d %d\n", COMPARE_COUNTS, c.gone, c.new, c.changed, hidden);
    buf_add(out, lines.p, lines.n);
    return true;
}

const struct helper_task helper_compare = { "compare", compare };
