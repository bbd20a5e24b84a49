/* Working invitations and answers into stored objects (RFC 5546, 3.2; RFC 6638, 4.1). */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/instances.h"
#include "ical/itip_in.h"
#include "ical/patch.h"
#include "ical/write.h"

/* ---------------------------------------------------------------- REQUEST */

struct taking {
    struct arena *arena;
    const struct itip_parts *copy; /* or NULL */
    struct itip_parts sent;
    const char *attendee;
    bool asked;
};

static bool
is_x(const char *name)
{
    return text_starts(name, "X-");
}

/* What she may set in her copy (3.2.2.1). */
static bool
is_hers(const char *name)
{
    return strcmp(name, "TRANSP") == 0 || strcmp(name, "PERCENT-COMPLETE") == 0 ||
           strcmp(name, "COMPLETED") == 0;
}

/* Her line, with the answer that she has given, unless she is asked again. */
static void
write_own(struct buf *out, struct taking *t, const struct ical_line *line,
    const struct ical_component *was, bool again)
{
    const struct ical_line *hers = was == NULL ? NULL : itip_line_of(t->arena, was, t->attendee);
    const char *said = hers == NULL ? NULL : ical_param(hers, "PARTSTAT");
    const char *told = ical_param(line, "PARTSTAT");
    const struct itip_set set[] = { { "PARTSTAT", said } };

    if (again || said == NULL || text_same_nocase(said, "NEEDS-ACTION")) {
        t->asked |= again && (told == NULL || text_same_nocase(told, "NEEDS-ACTION"));
        ical_write_line(out, line);
    } else {
        buf_text(out, itip_line_with(t->arena, line, set, COUNT_OF(set)));
    }
}

static void
write_hers(struct buf *out, const struct itip_parts *copy, const struct ical_component *was,
    const struct ical_component *c)
{
    for (int i = 0; i < was->n_lines; i++) {
        const struct ical_line *line = &was->line[i];
        if (is_hers(line->name) || (is_x(line->name) && ical_find(c, line->name) == NULL))
            itip_write_as_sent(out, copy->o.bytes, line->from, line->to);
    }
}

/* Instances that she has declined and does not want to see any more. */
static bool
stays_away(const struct taking *t, const struct ical_component *c)
{
    const struct ical_line *line =
        t->copy == NULL ? NULL : itip_line_of(t->arena, c, t->attendee);
    const char *partstat = line == NULL ? NULL : ical_param(line, "PARTSTAT");

    return partstat != NULL && text_same_nocase(partstat, "DECLINED") &&
           itip_leaves_out(t->arena, t->copy, &t->sent, c);
}

static void
write_left_out(struct buf *out, const struct taking *t)
{
    for (int i = 0; i < t->sent.n_own; i++)
        if (stays_away(t, t->sent.own[i].c)) {
            struct ical_line line = t->sent.own[i].line;
            line.name = "EXDATE";
            ical_write_line(out, &line);
        }
}

static void
write_children(struct buf *out, const struct itip_object *o, const struct ical_component *c,
    bool alarms)
{
    for (const struct ical_component *part = c->child; part != NULL; part = part->next)
        if ((strcmp(part->name, "VALARM") == 0) == alarms)
            itip_write_as_sent(out, o->bytes, part->from, part->to);
}

/* Does an instance take place again that was left out, and not by her? */
static bool
is_reinstated(const struct taking *t)
{
    const struct itip_moment *m = NULL;

    while ((m = itip_next_left_out(t->copy, &t->sent, m)) != NULL) {
        bool hers = false;
        for (int i = 0; !hers && i < t->sent.n_own; i++)
            hers = t->sent.own[i].when == m->when && stays_away(t, t->sent.own[i].c);
        if (!hers)
            return true;
    }
    return false;
}

static void
take_item(struct buf *out, struct taking *t, const struct ical_component *c)
{
    const struct ical_component *was =
        t->copy == NULL ? NULL : itip_same_item(t->arena, t->copy, &t->sent, c);
    const struct ical_component *like = was != NULL || t->copy == NULL ? was : t->copy->master;
    bool again = was == NULL || itip_must_ask_again(was, c) ||
                 (c == t->sent.master && is_reinstated(t));

    ical_begin(out, c->name);
    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        if (strcmp(line->name, "ATTENDEE") == 0 &&
            itip_same_address(itip_address(t->arena, line), t->attendee))
            write_own(out, t, line, was, again);
        else if (like == NULL || !is_hers(line->name) || ical_find(like, line->name) == NULL)
            itip_write_as_sent(out, t->sent.o.bytes, line->from, line->to);
    }
    if (like != NULL)
        write_hers(out, t->copy, like, c);
    if (c == t->sent.master)
        write_left_out(out, t);
    write_children(out, &t->sent.o, c, false);
    if (like != NULL)
        write_children(out, &t->copy->o, like, true);
    ical_end(out, c->name);
}

void
itip_take_request(struct buf *out, struct arena *arena, const struct itip_parts *copy,
    const struct itip_message *request, const char *attendee, bool *asked)
{
    struct taking t = { arena, copy, itip_parts_of(arena, &request->object), attendee, false };

    itip_begin(out, &request->object, NULL);
    for (const struct ical_component *c = request->object.calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c) && !stays_away(&t, c))
            take_item(out, &t, c);
    itip_end(out);
    *asked = t.asked;
}

/* ---------------------------------------------------------------- CANCEL */

static void
cancel_item(struct arena *arena, struct ical_patch *p, const struct ical_component *c,
    const struct ical_component *by)
{
    int64_t sequence = itip_sequence(by) > itip_sequence(c) ? itip_sequence(by) : itip_sequence(c);

    ical_patch_set(p, c, "STATUS", "STATUS:CANCELLED\r\n");
    ical_patch_set(
        p, c, "SEQUENCE", arena_printf(arena, "SEQUENCE:%" PRId64 "\r\n", sequence));
}

static bool
is_cancelled(const struct ical_component *c)
{
    const char *status = ical_value(c, "STATUS");

    return status != NULL && text_same_nocase(status, "CANCELLED");
}

static bool
cancel_all(struct arena *arena, struct ical_patch *p, const struct itip_parts *copy,
    const struct ical_component *by)
{
    bool any = false;

    for (const struct ical_component *c = copy->o.calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c) && !is_cancelled(c)) {
            cancel_item(arena, p, c, by);
            any = true;
        }
    return any;
}

static bool
cancel_instance(struct arena *arena, struct ical_patch *p, const struct itip_parts *copy,
    const struct itip_parts *sent, const struct ical_component *by)
{
    const struct ical_component *own = itip_same_item(arena, copy, sent, by);
    struct ical_line line = *ical_find(by, "RECURRENCE-ID");
    struct buf b = buf_new(arena, KB(64));

    if (own != NULL) {
        if (is_cancelled(own))
            return false;
        cancel_item(arena, p, own, by);
        return true;
    }
    if (copy->master == NULL || itip_leaves_out(arena, copy, sent, by))
        return false;
    line.name = "EXDATE";
    ical_write_line(&b, &line);
    const struct ical_component *m = copy->master;
    ical_patch_put(p, m->line[m->n_lines - 1].to, buf_string(&b));
    return true;
}

bool
itip_take_cancel(struct buf *out, struct arena *arena, const struct itip_parts *copy,
    const struct itip_message *cancel)
{
    const struct itip_parts sent = itip_parts_of(arena, &cancel->object);
    struct ical_patch *p = ical_patch_new(arena, copy->o.bytes, copy->o.calendar->to);
    bool any = false;
    size_t n;

    if (sent.master != NULL)
        any = cancel_all(arena, p, copy, sent.master);
    for (int i = 0; sent.master == NULL && i < sent.n_own; i++)
        if (i == 0 || sent.own[i].when != sent.own[i - 1].when)
            any |= cancel_instance(arena, p, copy, &sent, sent.own[i].c);
    if (any) {
        const char *bytes = ical_patch_apply(p, &n);
        buf_add(out, bytes, n);
    }
    return any;
}

/* ---------------------------------------------------------------- instances that are answered */

/* Does the series have this instance, as its rules say? */
static bool
has_instance(struct ical_set *set, const struct itip_parts *o, const struct itip_moment *m,
    struct ical_instance *which)
{
    struct ical_instances all;

    if (ical_set_instances(set, m->when, m->when + 1, 100, &all) != NULL)
        return false;
    for (int i = 0; i < all.n; i++)
        if (all.p[i].component == o->master && all.p[i].id.wall == m->when &&
            all.p[i].id.date == m->date) {
            *which = all.p[i];
            return true;
        }
    return false;
}

/* A time of the series, at the instance. */
static void
write_moved(struct buf *out, const struct ical_line *line, const char *name, int64_t shift,
    const struct ical_time *at)
{
    struct ical_line other = *line;
    char text[ICAL_TIME_ROOM];
    struct ical_time t;

    if (at != NULL)
        t = *at;
    else if (ical_read_time(line->value, (int)strlen(line->value), &t))
        t.wall += shift;
    else
        return;
    ical_write_time(t, text);
    other.name = name;
    other.value = text;
    ical_write_line(out, &other);
}

static bool
is_of_series(const char *name)
{
    static const char *const names[] = { "RRULE", "RDATE", "EXRULE", "EXDATE", "DTSTART", "DTEND",
        "DUE" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The instance as a component of its own, as it was until now. */
static void
write_instance(struct buf *out, const struct itip_parts *o, const struct ical_instance *which)
{
    const struct ical_component *c = o->master;
    const struct ical_line *start = ical_find(c, "DTSTART"), *end = ical_find(c, "DTEND"),
                           *due = ical_find(c, "DUE");
    struct ical_time first;

    if (start == NULL || !ical_read_time(start->value, (int)strlen(start->value), &first))
        return;
    int64_t shift = which->recurrence.wall - first.wall;
    ical_begin(out, c->name);
    for (int i = 0; i < c->n_lines; i++)
        if (!is_of_series(c->line[i].name))
            itip_write_as_sent(out, o->o.bytes, c->line[i].from, c->line[i].to);
    write_moved(out, start, "RECURRENCE-ID", 0, &which->recurrence);
    write_moved(out, start, "DTSTART", 0, &which->recurrence);
    if (end != NULL)
        write_moved(out, end, "DTEND", shift, NULL);
    if (due != NULL)
        write_moved(out, due, "DUE", shift, NULL);
    write_children(out, &o->o, c, true);
    write_children(out, &o->o, c, false);
    ical_end(out, c->name);
}

static bool
says_another(struct arena *arena, const struct itip_parts *o, const struct ical_component *answer)
{
    const struct ical_line *said = ical_find(answer, "ATTENDEE");
    const struct ical_line *known =
        said == NULL ? NULL : itip_line_of(arena, o->master, itip_address(arena, said));

    if (known == NULL)
        return false;
    const char *a = ical_param(said, "PARTSTAT"), *b = ical_param(known, "PARTSTAT");
    return a != NULL && (b == NULL || !text_same_nocase(a, b));
}

int
itip_add_instances(struct buf *out, struct arena *arena, const struct itip_object *object,
    const struct itip_message *reply, int most)
{
    const struct itip_parts o = itip_parts_of(arena, object),
                            said = itip_parts_of(arena, &reply->object);
    struct ical_set *set;
    struct ical_instance which;
    int n = 0;

    if (o.master == NULL || said.n_own == 0 ||
        ical_set_of(arena, object->calendar, o.master, &set) != NULL)
        return 0;
    for (int i = 0; i < said.n_own && n < most; i++) {
        if ((i > 0 && said.own[i].when == said.own[i - 1].when) ||
            itip_same_item(arena, &o, &said, said.own[i].c) != NULL ||
            !says_another(arena, &o, said.own[i].c) ||
            !has_instance(set, &o, &said.own[i], &which))
            continue;
        if (n++ == 0)
            buf_add(out, object->bytes + object->calendar->from,
                o.master->to - object->calendar->from);
        write_instance(out, &o, &which);
    }
    if (n > 0)
        buf_add(out, object->bytes + o.master->to, object->calendar->to - o.master->to);
    return n;
}
