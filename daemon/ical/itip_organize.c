/* What the server changes in an object that somebody stores (RFC 6638, 3.2.8 and 7). */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/itip_in.h"
#include "ical/patch.h"
#include "ical/timing.h"
#include "ical/write.h"

#define LINE_MAX KB(512)

const char *
itip_line_with(
    struct arena *arena, const struct ical_line *line, const struct itip_set *set, int n)
{
    struct ical_param *param = NEW_ARRAY(arena, struct ical_param, (size_t)(line->n_params + n) + 1);
    const char **value = NEW_ARRAY(arena, const char *, (size_t)n + 1);
    struct ical_line other = *line;
    struct buf b = buf_new(arena, LINE_MAX);

    other.param = param;
    other.n_params = 0;
    for (int i = 0; i < line->n_params; i++) {
        bool replaced = false;
        for (int k = 0; k < n; k++)
            replaced |= strcmp(line->param[i].name, set[k].name) == 0;
        if (!replaced)
            param[other.n_params++] = line->param[i];
    }
    for (int k = 0; k < n; k++)
        if (set[k].value != NULL) {
            value[k] = set[k].value;
            param[other.n_params++] = (struct ical_param){ set[k].name, &value[k], 1 };
        }
    ical_write_line(&b, &other);
    return buf_string(&b);
}

static void
patch_line(struct ical_patch *p, const struct ical_line *line, const char *text)
{
    ical_patch_cut(p, line->from, line->to);
    ical_patch_put(p, line->from, text);
}

static bool
same_param(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && text_same_nocase(a, b));
}

/* ---------------------------------------------------------------- who is asked again */

/* Of a new instance: is it at another time than the series had it? */
static bool
is_moved(struct arena *arena, const struct itip_parts *before, const struct itip_parts *after,
    const struct ical_component *c)
{
    const struct ical_line *which = ical_find(c, "RECURRENCE-ID"), *start = ical_find(c, "DTSTART");
    struct ical_timing was, is;

    return which == NULL || start == NULL || before->master == NULL ||
           !itip_same_time(arena, after->o.calendar, which, after->o.calendar, start) ||
           ical_timing_read(arena, before->o.calendar, before->master, &was) != NULL ||
           ical_timing_read(arena, after->o.calendar, c, &is) != NULL ||
           itip_length(&was) != itip_length(&is);
}

static bool
is_rescheduled(struct arena *arena, const struct itip_parts *before,
    const struct itip_parts *after, const struct ical_component *was,
    const struct ical_component *c)
{
    if (was == NULL)
        return is_moved(arena, before, after, c);
    return itip_must_ask_again(was, c) ||
           (c == after->master && itip_next_left_out(before, after, NULL) != NULL);
}

static bool
is_server_s(const struct ical_line *line)
{
    const char *agent = ical_param(line, "SCHEDULE-AGENT");

    return agent == NULL || text_same_nocase(agent, "SERVER");
}

/* Her line in what it was; of an instance that is new, in the series. */
static void
organize_line(struct arena *arena, struct ical_patch *p, const struct ical_line *line,
    const struct ical_line *was, bool again, bool merge)
{
    const char *said = ical_param(line, "PARTSTAT"), *known = NULL, *status = NULL;
    struct itip_set set[3] = { { "PARTSTAT", said }, { "RSVP", ical_param(line, "RSVP") },
        { "SCHEDULE-STATUS", ical_param(line, "SCHEDULE-STATUS") } };

    if (was != NULL) {
        known = ical_param(was, "PARTSTAT");
        status = ical_param(was, "SCHEDULE-STATUS");
        set[2].value = status;
    }
    if (again && was != NULL && (said != NULL && !text_same_nocase(said, "NEEDS-ACTION"))) {
        set[0].value = "NEEDS-ACTION";
        set[1].value = "TRUE";
    } else if (!again && merge && was != NULL) {
        set[0].value = known;
    }
    if (!same_param(set[0].value, said) ||
        !same_param(set[2].value, ical_param(line, "SCHEDULE-STATUS")))
        patch_line(p, line, itip_line_with(arena, line, set, COUNT_OF(set)));
}

static void
organize_item(struct arena *arena, struct ical_patch *p, const struct itip_parts *before,
    const struct itip_parts *after, const struct ical_component *c, bool merge)
{
    const struct ical_line *organizer = itip_organizer(after->o.calendar);
    const char *hers = organizer == NULL ? "" : itip_address(arena, organizer);
    const struct ical_component *was = itip_same_item(arena, before, after, c);
    const struct ical_component *source = was != NULL ? was : before->master;
    bool again = is_rescheduled(arena, before, after, was, c);

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;) {
        const char *address = itip_address(arena, l);
        if (is_server_s(l) && !itip_same_address(address, hers))
            organize_line(arena, p, l,
                source == NULL ? NULL : itip_line_of(arena, source, address), again, merge);
    }
    if (again && was != NULL && itip_sequence(c) <= itip_sequence(was))
        ical_patch_set(p, c, "SEQUENCE",
            arena_printf(arena, "SEQUENCE:%" PRId64 "\r\n", itip_sequence(was) + 1));
}

const char *
itip_organize(struct arena *arena, const struct itip_parts *before, const struct itip_parts *after,
    bool merge, size_t n, size_t *n_written)
{
    struct ical_patch *p = ical_patch_new(arena, after->o.bytes, n);

    for (const struct ical_component *c = after->o.calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c))
            organize_item(arena, p, before, after, c, merge);
    return ical_patch_apply(p, n_written);
}

/* ---------------------------------------------------------------- what a program is told */

static const char *
status_of(const char *address, const struct itip_status *status, int n)
{
    for (int i = 0; i < n; i++)
        if (itip_same_address(status[i].address, address))
            return status[i].status;
    return NULL;
}

static void
set_status(struct arena *arena, struct ical_patch *p, const struct ical_line *line,
    const struct itip_status *status, int n)
{
    const char *new = status_of(itip_address(arena, line), status, n);
    const struct itip_set set[] = { { "SCHEDULE-FORCE-SEND", NULL }, { "SCHEDULE-STATUS", new } };
    const char *was = ical_param(line, "SCHEDULE-STATUS");

    if ((new == NULL || same_param(new, was)) && ical_param(line, "SCHEDULE-FORCE-SEND") == NULL)
        return;
    patch_line(p, line, itip_line_with(arena, line, set, new == NULL ? 1 : 2));
}

const char *
itip_set_status(struct arena *arena, const struct itip_object *o, size_t n,
    const struct itip_status *status, int n_status, size_t *n_written)
{
    struct ical_patch *p = ical_patch_new(arena, o->bytes, n);

    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        for (int i = 0; itip_is_item(c) && i < c->n_lines; i++)
            if (strcmp(c->line[i].name, "ATTENDEE") == 0 ||
                strcmp(c->line[i].name, "ORGANIZER") == 0)
                set_status(arena, p, &c->line[i], status, n_status);
    return ical_patch_apply(p, n_written);
}

/* ---------------------------------------------------------------- an attendee's copy */

static const char *
text_of(struct arena *arena, const struct itip_object *o, const struct ical_line *line)
{
    struct buf b = buf_new(arena, LINE_MAX);

    itip_write_as_sent(&b, o->bytes, line->from, line->to);
    return buf_string(&b);
}

const char *
itip_keep_others(struct arena *arena, const struct itip_parts *before,
    const struct itip_parts *after, const char *attendee, size_t n, size_t *n_written)
{
    struct ical_patch *p = ical_patch_new(arena, after->o.bytes, n);

    for (const struct ical_component *c = after->o.calendar->child; c != NULL; c = c->next) {
        const struct ical_component *was =
            itip_is_item(c) ? itip_same_item(arena, before, after, c) : NULL;
        for (const struct ical_line *l = NULL;
             was != NULL && (l = ical_find_next(c, "ATTENDEE", l)) != NULL;) {
            const char *address = itip_address(arena, l);
            const struct ical_line *old =
                itip_same_address(address, attendee) ? NULL : itip_line_of(arena, was, address);
            if (old != NULL && (!same_param(ical_param(l, "PARTSTAT"), ical_param(old, "PARTSTAT"))))
                patch_line(p, l, text_of(arena, &before->o, old));
        }
    }
    return ical_patch_apply(p, n_written);
}

/* ---------------------------------------------------------------- answers */

static const char *
answer_in(struct arena *arena, const struct ical_component *c, const char *attendee)
{
    const struct ical_line *line = c == NULL ? NULL : itip_line_of(arena, c, attendee);
    const char *partstat = line == NULL ? NULL : ical_param(line, "PARTSTAT");

    return partstat == NULL ? "NEEDS-ACTION" : partstat;
}

/* One component of a REPLY. partstat NULL: as her line says. */
static void
write_answer(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct ical_component *c, const struct ical_line *recurrence,
    const struct ical_line *hers, const char *partstat, const char *now)
{
    const struct itip_set set[] = { { "RSVP", NULL }, { "SCHEDULE-STATUS", NULL },
        { "SCHEDULE-AGENT", NULL }, { "SCHEDULE-FORCE-SEND", NULL },
        { "PARTSTAT", partstat != NULL ? partstat : ical_param(hers, "PARTSTAT") } };

    itip_write_short(out, arena, o, c, recurrence, now);
    buf_text(out, itip_line_with(arena, hers, set, COUNT_OF(set)));
    ical_write(out, "SEQUENCE", arena_printf(arena, "%" PRId64, itip_sequence(c)));
    ical_write(out, "REQUEST-STATUS", "2.0;Success");
    ical_end(out, c->name);
}

/* Instances of the series that she has left out since. */
static bool
decline_left_out(struct buf *out, struct arena *arena, const struct itip_parts *before,
    const struct itip_parts *after, const char *attendee, const char *now)
{
    const struct ical_line *hers =
        after->master == NULL ? NULL : itip_line_of(arena, after->master, attendee);
    bool any = false;

    for (const struct itip_moment *m = NULL;
         hers != NULL && (m = itip_next_left_out(after, before, m)) != NULL;) {
        struct ical_line recurrence = m->line;
        recurrence.name = "RECURRENCE-ID";
        write_answer(out, arena, &after->o, after->master, &recurrence, hers, "DECLINED", now);
        any = true;
    }
    return any;
}

bool
itip_reply_to_changes(struct buf *out, struct arena *arena, const struct itip_parts *before,
    const struct itip_parts *after, const char *attendee, const char *now)
{
    bool any = false;

    itip_begin(out, &after->o, "REPLY");
    for (const struct ical_component *c = after->o.calendar->child; c != NULL; c = c->next) {
        const struct ical_line *hers = itip_is_item(c) ? itip_line_of(arena, c, attendee) : NULL;
        if (hers == NULL)
            continue;
        const struct ical_component *was =
            before == NULL ? NULL : itip_same_item(arena, before, after, c);
        if (was == NULL && before != NULL)
            was = before->master;
        if (same_param(answer_in(arena, was, attendee), answer_in(arena, c, attendee)))
            continue;
        write_answer(out, arena, &after->o, c, ical_find(c, "RECURRENCE-ID"), hers, NULL, now);
        any = true;
    }
    if (before != NULL)
        any |= decline_left_out(out, arena, before, after, attendee, now);
    itip_end(out);
    return any;
}

bool
itip_decline(struct buf *out, struct arena *arena, const struct itip_object *o,
    const char *attendee, const char *now)
{
    bool any = false;

    itip_begin(out, o, "REPLY");
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *hers = itip_is_item(c) ? itip_line_of(arena, c, attendee) : NULL;
        if (hers == NULL)
            continue;
        write_answer(
            out, arena, o, c, ical_find(c, "RECURRENCE-ID"), hers, "DECLINED", now);
        any = true;
    }
    itip_end(out);
    return any;
}
