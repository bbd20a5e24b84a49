#include "ical/object.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/line.h"
#include "ical/rule.h"

#define CALDAV  "urn:ietf:params:xml:ns:caldav"
#define CARDDAV "urn:ietf:params:xml:ns:carddav"

const struct condition
    ICAL_MALFORMED = { 403, CALDAV, "valid-calendar-data",
        N_("This is no calendar data that can be read.") },
    ICAL_TOO_MUCH = { 403, CALDAV, "supported-calendar-data",
        N_("This calendar data is larger or more complex than it may be here.") },
    ICAL_TOO_CROWDED = { 403, CALDAV, "max-attendees-per-instance",
        N_("There are too many attendees.") },
    CARD_MALFORMED = { 403, CARDDAV, "valid-address-data",
        N_("This is no contact that can be read.") },
    CARD_TOO_MUCH = { 403, CARDDAV, "supported-address-data",
        N_("This contact is larger or more complex than it may be here.") };

const struct ical_format ical_calendar = { "VCALENDAR", &ICAL_MALFORMED, &ICAL_TOO_MUCH },
                         ical_card = { "VCARD", &CARD_MALFORMED, &CARD_TOO_MUCH };

const struct ical_limits ical_limits = {
    .line = KB(256),
    .depth = 6,
    .lines = 5000,
    .params = 100,
    .values = 500,
    .attendees = 100,
    .zones = 16,
    .observances = 64,
    .alarm_repeats = 100,
};

/* What is being read: the components that are open, the outermost first. */
struct reader {
    struct ical_lines lines;
    const struct lang *lang;
    const struct ical_format *format;
    struct ical_component *first;
    struct open {
        struct ical_component *component, *last_child;
        int room; /* of component->line */
    } * open;
    int depth, n_lines, n_zones;
};

static struct error *
refused(struct reader *rd, const char *why, bool beyond)
{
    return error_new(rd->lines.arena, beyond ? rd->format->beyond : rd->format->malformed, HERE,
        tr(rd->lang, "Line %d: %s"), rd->lines.number, tr(rd->lang, why));
}

/* ---------------------------------------------------------------- BEGIN and END */

static fallible
begin(struct reader *rd, const struct ical_line *line)
{
    struct arena *arena = rd->lines.arena;
    struct ical_component *c = NEW(arena, struct ical_component);

    c->name = text_casemap_ascii(arena, text_trim(arena, line->value));
    c->from = line->from;
    if (rd->depth == 0 && strcmp(c->name, rd->format->component) != 0)
        return refused(rd, N_("This is not what it begins with."), false);
    if (rd->depth == rd->lines.limits->depth)
        return refused(rd, N_("Too many components are inside of each other."), true);
    if (strcmp(c->name, "VTIMEZONE") == 0 && ++rd->n_zones > rd->lines.limits->zones)
        return refused(rd, N_("There are too many time zones."), true);
    struct open *above = rd->depth > 0 ? &rd->open[rd->depth - 1] : NULL;
    struct ical_component **place = above == NULL               ? &rd->first
                                    : above->last_child == NULL ? &above->component->child
                                                                : &above->last_child->next;
    if (above == NULL)
        while (*place != NULL)
            place = &(*place)->next;
    *place = c;
    if (above != NULL)
        above->last_child = c;
    rd->open[rd->depth++] = (struct open){ .component = c };
    return NULL;
}

static fallible
check_component(struct reader *rd, const struct ical_component *c)
{
    const struct ical_limits *limits = rd->lines.limits;
    bool observance = strcmp(c->name, "STANDARD") == 0 || strcmp(c->name, "DAYLIGHT") == 0;
    int attendees = 0, observances = 0;
    int64_t repeats;

    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        attendees += strcmp(line->name, "ATTENDEE") == 0;
        if (strcmp(line->name, "RRULE") == 0 || strcmp(line->name, "EXRULE") == 0) {
            struct ical_rule rule;
            const char *why = ical_rule_read(rd->lines.arena, line->value, &rule);
            if (why == NULL && observance && rule.freq != YEARLY)
                why = N_("The rules of a time zone recur every year or not at all.");
            if (why != NULL)
                return refused(rd, why, false);
        }
        if (strcmp(line->name, "REPEAT") == 0 && strcmp(c->name, "VALARM") == 0 &&
            !text_to_int(line->value, limits->alarm_repeats, &repeats))
            return refused(rd, N_("An alarm is repeated too often."), true);
    }
    for (const struct ical_component *child = c->child; child != NULL; child = child->next)
        observances += strcmp(c->name, "VTIMEZONE") == 0;
    if (attendees > limits->attendees)
        return error_new(rd->lines.arena, &ICAL_TOO_CROWDED, HERE, tr(rd->lang, "Line %d: %s"),
            rd->lines.number, tr(rd->lang, N_("There are too many attendees.")));
    if (observances > limits->observances)
        return refused(rd, N_("A time zone has too many rules."), true);
    return NULL;
}

static fallible
end(struct reader *rd, const struct ical_line *line)
{
    struct arena *arena = rd->lines.arena;
    struct ical_component *c = rd->depth > 0 ? rd->open[rd->depth - 1].component : NULL;

    if (c == NULL || !text_same_nocase(text_trim(arena, line->value), c->name))
        return refused(rd, N_("This ends a component that has not begun."), false);
    c->to = line->to;
    rd->depth--;
    return check_component(rd, c);
}

/* ---------------------------------------------------------------- properties */

static fallible
add(struct reader *rd, const struct ical_line *line)
{
    if (rd->depth == 0)
        return refused(rd, N_("This does not stand inside of a component."), false);
    if (++rd->n_lines > rd->lines.limits->lines)
        return refused(rd, N_("There are too many properties."), true);
    struct open *open = &rd->open[rd->depth - 1];
    struct ical_component *c = open->component;
    if (c->n_lines == open->room) {
        open->room = open->room == 0 ? 16 : 2 * open->room;
        struct ical_line *more = NEW_ARRAY(rd->lines.arena, struct ical_line, (size_t)open->room);
        if (c->n_lines > 0)
            memcpy(more, c->line, (size_t)c->n_lines * sizeof *more);
        c->line = more;
    }
    c->line[c->n_lines++] = *line;
    return NULL;
}

static fallible
take(struct reader *rd, const struct ical_line *line)
{
    if (strcmp(line->name, "BEGIN") == 0)
        return begin(rd, line);
    return strcmp(line->name, "END") == 0 ? end(rd, line) : add(rd, line);
}

fallible
ical_read(struct arena *arena, const struct lang *lang, const struct ical_format *format,
    const struct ical_limits *limits, const char *bytes, size_t n, struct ical_component **first)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader rd = { .lines = { .arena = arena, .limits = limits, .bytes = bytes, .n = n },
        .lang = lang,
        .format = format,
        .open = NEW_ARRAY(arena, struct open, (size_t)limits->depth) };
    struct ical_refusal refusal;
    struct ical_line line;

    if (!text_is_xml(bytes, n))
        return FAIL(arena, *format->malformed,
            tr(lang, "It is not UTF-8, or there are control characters in it."));
    if (n >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0)
        rd.lines.at = sizeof mark - 1;
    while (ical_line_next(&rd.lines, &line, &refusal))
        TRY(take(&rd, &line));
    if (refusal.why != NULL)
        return refused(&rd, refusal.why, refusal.beyond);
    if (rd.depth > 0 || rd.first == NULL)
        return refused(&rd, N_("It ends too early."), false);
    *first = rd.first;
    return NULL;
}

/* ---------------------------------------------------------------- looking */

const struct ical_line *
ical_find_next(const struct ical_component *c, const char *name, const struct ical_line *after)
{
    for (int i = after == NULL ? 0 : (int)(after - c->line) + 1; i < c->n_lines; i++)
        if (strcmp(c->line[i].name, name) == 0)
            return &c->line[i];
    return NULL;
}

const struct ical_line *
ical_find(const struct ical_component *c, const char *name)
{
    return ical_find_next(c, name, NULL);
}

const char *
ical_param(const struct ical_line *line, const char *name)
{
    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, name) == 0)
            return line->param[i].value[0];
    return NULL;
}

const char *
ical_value(const struct ical_component *c, const char *name)
{
    const struct ical_line *line = ical_find(c, name);

    return line == NULL ? NULL : line->value;
}

const char *
ical_text(struct arena *arena, const char *value)
{
    char *text = arena_copy(arena, value, strlen(value)), *to = text;

    for (const char *p = value; *p != '\0'; p++)
        if (*p == '\\' && p[1] != '\0')
            *to++ = *++p == 'n' || *p == 'N' ? '\n' : *p;
        else
            *to++ = *p;
    *to = '\0';
    return text;
}
