#include "ical/split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/token.h"
#include "html/lang.h"

#define UID_BYTES 16

/* A component right inside of a calendar, from its BEGIN to behind its END. */
struct ical_part {
    const char *p, *name, *id; /* id: its UID, or TZID of a zone; NULL: none */
    size_t n;
    int line, calendar; /* calendar: which of the file */
};

struct splitter {
    struct arena *arena;
    const char *at, *end;
    int number; /* of the line at `at` */
    struct ical_part *part, *zone;
    int n_parts, n_zones, calendars;
};

/* ---------------------------------------------------------------- lines */

/* The next physical line and where it ends, its newline included. */
static const char *
next_line(struct splitter *s, size_t *n)
{
    const char *line = s->at, *newline = memchr(line, '\n', (size_t)(s->end - line));

    s->at = newline == NULL ? s->end : newline + 1;
    *n = (size_t)(s->at - line);
    s->number++;
    return line;
}

static size_t
without_end(const char *line, size_t n)
{
    while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
        n--;
    return n;
}

/* "BEGIN:VEVENT": what stands behind `word`, in capital letters; NULL: it is another line. */
static const char *
named(struct splitter *s, const char *line, size_t n, const char *word)
{
    size_t skip = strlen(word);

    n = without_end(line, n);
    if (n <= skip || strncasecmp(line, word, skip) != 0)
        return NULL;
    char *name = arena_copy(s->arena, line + skip, n - skip);
    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return name;
}

static bool
is_property(const char *line, size_t n, const char *name)
{
    size_t length = strlen(name);

    return n > length && strncasecmp(line, name, length) == 0 &&
           (line[length] == ':' || line[length] == ';');
}

/* The value of the property that begins there, without its folds. */
static const char *
value_at(struct splitter *s, const char *line)
{
    struct buf all = buf_new(s->arena, (size_t)(s->end - line) + 1);
    bool quoted = false;

    for (const char *p = line; p < s->end; p++) {
        size_t fold = *p == '\r' && p + 1 < s->end ? 2 : 1;
        if ((*p == '\n' || (*p == '\r' && p + 1 < s->end && p[1] == '\n'))) {
            if (p + fold >= s->end || (p[fold] != ' ' && p[fold] != '\t'))
                break;
            p += fold;
        } else {
            buf_char(&all, *p);
        }
    }
    const char *text = buf_string(&all);
    for (; *text != '\0' && (quoted || *text != ':'); text++)
        quoted ^= *text == '"';
    return *text == ':' ? text + 1 : "";
}

/* ---------------------------------------------------------------- components */

static const char *
keep(struct splitter *s, struct ical_part *part)
{
    bool zone = strcmp(part->name, "VTIMEZONE") == 0;

    part->n = (size_t)(s->at - part->p);
    if (zone && s->n_zones == SPLIT_ZONES_MOST)
        return N_("There are too many time zones in the file.");
    if (!zone && s->n_parts == SPLIT_ENTRIES_MOST)
        return N_("There are too many entries in the file.");
    if (zone && part->id != NULL)
        s->zone[s->n_zones++] = *part;
    else if (!zone)
        s->part[s->n_parts++] = *part;
    return NULL;
}

/* What is in a component; its BEGIN has been read. */
static const char *
read_part(struct splitter *s, struct ical_part *part)
{
    const char *id = strcmp(part->name, "VTIMEZONE") == 0 ? "TZID" : "UID";
    int depth = 1;

    while (s->at < s->end && depth > 0) {
        size_t n;
        const char *line = next_line(s, &n), *name = named(s, line, n, "END:");
        if (name != NULL &&
            (strcmp(name, "VCALENDAR") == 0 || (depth == 1 && strcmp(name, part->name) != 0)))
            break;
        depth += named(s, line, n, "BEGIN:") != NULL;
        depth -= name != NULL;
        if (depth == 1 && (part->id == NULL || *part->id == '\0') && is_property(line, n, id))
            part->id = value_at(s, line);
    }
    return depth == 0 ? keep(s, part) : N_("An entry has no end.");
}

/* What is in a calendar; its BEGIN has been read. */
static const char *
read_calendar(struct splitter *s)
{
    while (s->at < s->end) {
        size_t n;
        const char *line = next_line(s, &n), *name = named(s, line, n, "BEGIN:"), *why;
        if (is_property(line, n, "VERSION") && strncmp(value_at(s, line), "2.0", 3) != 0)
            return N_("It is a calendar of another version than 2.0.");
        if (without_end(line, n) == strlen("END:VCALENDAR") &&
            strncasecmp(line, "END:VCALENDAR", strlen("END:VCALENDAR")) == 0)
            return NULL;
        if (name == NULL)
            continue;
        struct ical_part part = {
            .p = line, .name = name, .line = s->number, .calendar = s->calendars
        };
        why = read_part(s, &part);
        if (why != NULL)
            return why;
    }
    return N_("A calendar has no end.");
}

static const char *
read_file(struct splitter *s)
{
    const char *why = NULL;

    while (s->at < s->end && why == NULL) {
        size_t n;
        const char *line = next_line(s, &n), *name = named(s, line, n, "BEGIN:");
        if (name != NULL && strcmp(name, "VCALENDAR") == 0) {
            why = read_calendar(s);
            s->calendars++;
        } else if (without_end(line, n) > 0) {
            why = N_("It is no calendar: it does not begin with BEGIN:VCALENDAR.");
        }
    }
    if (why == NULL && s->calendars == 0)
        return N_("There is nothing in it.");
    return why;
}

/* ---------------------------------------------------------------- objects */

static int
by_id(const void *a, const void *b)
{
    const struct ical_part *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int
by_line(const void *a, const void *b)
{
    const struct ical_piece *x = a, *y = b;

    return (x->line > y->line) - (x->line < y->line);
}

/* Programs of telephones write entries without a UID: the same one gets the same each time. */
static void
name_parts(struct splitter *s)
{
    for (int i = 0; i < s->n_parts; i++) {
        struct ical_part *part = &s->part[i];
        unsigned char digest[SHA256_SIZE];

        if (part->id != NULL && *part->id != '\0')
            continue;
        sha256(part->p, part->n, digest);
        size_t head = part->n - 1; /* where its END begins: no fold follows there */
        while (part->p[head - 1] != '\n')
            head--;
        const char *id = hex_encode(s->arena, digest, UID_BYTES);
        struct buf all = buf_new(s->arena, part->n + 100);
        buf_add(&all, part->p, head);
        buf_printf(&all, "UID:%s\r\n", id);
        buf_add(&all, part->p + head, part->n - head);
        part->p = buf_string(&all);
        part->n = all.n;
        part->id = id;
    }
}

/* Does it name the zone? A fold may stand in the middle of the name, so it is looked for without.
 */
static bool
names_zone(const char *flat, const char *tzid)
{
    size_t n = strlen(tzid);

    for (const char *p = flat; (p = strcasestr(p, "TZID=")) != NULL;) {
        p += strlen("TZID=");
        p += *p == '"';
        if (strncmp(p, tzid, n) == 0 && strchr("\":;,", p[n]) != NULL)
            return true;
    }
    return false;
}

static const char *
flat_of(struct splitter *s, const struct ical_part *part, int n)
{
    size_t room = 1;

    for (int i = 0; i < n; i++)
        room += part[i].n;
    struct buf all = buf_new(s->arena, room);
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < part[i].n; k++) {
            char c = part[i].p[k];
            bool folded = c == '\n' && k + 1 < part[i].n &&
                          (part[i].p[k + 1] == ' ' || part[i].p[k + 1] == '\t');
            k += folded;
            if (c != '\r' && !folded)
                buf_char(&all, c);
        }
    return buf_string(&all);
}

static void
add_lines(struct buf *all, const struct ical_part *part)
{
    buf_add(all, part->p, part->n);
    if (part->p[part->n - 1] != '\n')
        buf_text(all, "\r\n");
}

/* The object of n parts with the same UID. */
static struct ical_piece
piece_of(struct splitter *s, const struct ical_part *part, int n)
{
    size_t mark = 0, room = KB(1), used = 0;
    bool wanted[SPLIT_ZONES_MOST];

    for (int i = 0; i < n; i++)
        room += part[i].n + 2;
    mark = arena_mark(s->arena);
    const char *flat = flat_of(s, part, n);
    for (int i = 0; i < s->n_zones; i++) {
        wanted[i] = s->zone[i].calendar == part->calendar && names_zone(flat, s->zone[i].id);
        for (int k = 0; k < i && wanted[i]; k++)
            wanted[i] = !wanted[k] || strcmp(s->zone[k].id, s->zone[i].id) != 0;
        used += wanted[i] ? s->zone[i].n + 2 : 0;
    }
    arena_rewind(s->arena, mark);
    struct buf all = buf_new(s->arena, room + used);
    buf_text(&all, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chapterd//import//EN\r\n");
    for (int i = 0; i < s->n_zones; i++)
        if (wanted[i])
            add_lines(&all, &s->zone[i]);
    for (int i = 0; i < n; i++)
        add_lines(&all, &part[i]);
    buf_text(&all, "END:VCALENDAR\r\n");
    return (struct ical_piece){ .uid = part->id,
        .component = part->name,
        .bytes = buf_string(&all),
        .n = all.n,
        .line = part->line,
        .part = part,
        .n_parts = n };
}

const char *
ical_split_numbered(struct arena *arena, const struct ical_piece *piece, size_t *n)
{
    const struct ical_part *last = &piece->part[piece->n_parts - 1];
    struct buf all = buf_new(arena, 2 * piece->n + (size_t)last->line + KB(1));
    int line = 2;

    buf_text(&all, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < piece->n_parts; i++) {
        const struct ical_part *part = &piece->part[i];
        for (; line < part->line; line++)
            buf_char(&all, '\n');
        add_lines(&all, part);
        for (size_t k = 0; k < part->n; k++)
            line += part->p[k] == '\n';
    }
    buf_text(&all, "VERSION:2.0\nEND:VCALENDAR\n");
    *n = all.n;
    return buf_string(&all);
}

const char *
ical_split(struct arena *arena, const char *text, size_t n, struct ical_pieces *pieces)
{
    size_t mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct splitter s = { .arena = arena,
        .at = text + mark,
        .end = text + n,
        .part = NEW_ARRAY(arena, struct ical_part, SPLIT_ENTRIES_MOST),
        .zone = NEW_ARRAY(arena, struct ical_part, SPLIT_ZONES_MOST) };
    const char *why = read_file(&s);

    *pieces = (struct ical_pieces){ .line = s.number };
    if (why != NULL)
        return why;
    name_parts(&s);
    if (s.n_parts > 0)
        qsort(s.part, (size_t)s.n_parts, sizeof *s.part, by_id);
    pieces->p = NEW_ARRAY(arena, struct ical_piece, (size_t)s.n_parts + 1);
    for (int i = 0, k; i < s.n_parts; i = k) {
        for (k = i + 1; k < s.n_parts && strcmp(s.part[k].id, s.part[i].id) == 0; k++)
            ;
        pieces->p[pieces->n++] = piece_of(&s, &s.part[i], k - i);
    }
    if (pieces->n > 0)
        qsort(pieces->p, (size_t)pieces->n, sizeof *pieces->p, by_line);
    return NULL;
}

const char *
ical_split_silent(struct arena *arena, const char *bytes, size_t n, size_t *n_silent)
{
    static const char silent[] = ";SCHEDULE-AGENT=NONE\r\n ";
    struct splitter s = { .arena = arena, .at = bytes, .end = bytes + n };
    struct buf all = buf_new(arena, 2 * n + KB(64));
    const size_t name = strlen("ORGANIZER");

    while (s.at < s.end) {
        size_t length;
        const char *line = next_line(&s, &length);
        const char *next = s.at;
        bool organizer = is_property(line, length, "ORGANIZER");
        while (organizer && next < s.end && (*next == ' ' || *next == '\t')) {
            const char *newline = memchr(next, '\n', (size_t)(s.end - next));
            next = newline == NULL ? s.end : newline + 1;
        }
        struct ical_part whole = { .p = line, .n = (size_t)(next - line) };
        if (organizer && strcasestr(flat_of(&s, &whole, 1), ";SCHEDULE-AGENT=") == NULL) {
            buf_add(&all, line, name);
            buf_text(&all, silent);
            buf_add(&all, line + name, length - name);
        } else {
            buf_add(&all, line, length);
        }
    }
    *n_silent = all.n;
    return buf_string(&all);
}
