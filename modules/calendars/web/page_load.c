/* What the pages of calendars show: calendars of a chapter, and what is in them in some time. */
#include <stdlib.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/request.h"
#include "http/route.h"
#include "ical/zone.h"
#include "modules/calendars/props.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_page.h"

/* Objects of one page, and bytes of them. */
#define OBJECTS_MAX 1000
#define BYTES_MAX   MB(8)
/* Instances of one page, and of one object on it. */
#define ENTRIES_MAX   2000
#define INSTANCES_MAX 200
/* Colours of the style sheet. */
#define COLOURS 6

/* ---------------------------------------------------------------- calendars */

bool
page_is_own(const struct request *rq)
{
    return route_chapter(rq) == NULL;
}

const char *
page_base(struct request *rq)
{
    return page_is_own(rq) ? "/account/calendar"
                           : arena_printf(rq->arena, "/c/%s/calendar", rq->param[0]);
}

const char *
page_param(const struct request *rq, int i)
{
    return rq->param[page_is_own(rq) ? i : i + 1];
}

static fallible
own_calendars(struct request *rq, struct page_calendars *all)
{
    struct rows rows;

    TRY(q_calendar_page_own(rq->db, rq->arena, rq->who->person, &rows));
    struct page_calendar *p = NEW_ARRAY(rq->arena, struct page_calendar, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_own_row row = calendar_page_own_row(&rows, i);
        p[i] = (struct page_calendar){ .id = row.id,
            .name = row.name,
            .title = row.display != NULL ? row.display : row.name,
            .colour = arena_printf(rq->arena, "k%d", i % COLOURS),
            .takes = component_set_of(row.components),
            .may_write = true };
    }
    *all = (struct page_calendars){ .p = p, .n = rows.n, .may_write = rows.n > 0 };
    return NULL;
}

struct error *
page_calendars(struct request *rq, struct page_calendars *all)
{
    if (page_is_own(rq))
        return own_calendars(rq, all);
    struct access_reach reach = access_reach(rq->who, rq->arena, rq->chapter);
    struct rows rows;

    TRY(q_calendar_page_calendars(rq->db, rq->arena, rq->chapter, (int16_t)reach.level,
        (struct ints){ reach.policies, reach.n }, &rows));
    struct page_calendar *p = NEW_ARRAY(rq->arena, struct page_calendar, (size_t)rows.n + 1);
    *all = (struct page_calendars){ .p = p };
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_calendars_row row = calendar_page_calendars_row(&rows, i);
        struct policy policy = { row.policy, rq->chapter, 0, (enum role)row.read_level,
            (enum role)row.write_level };
        unsigned rights = access_rights(rq->who, &policy);
        if (!(rights & MAY_READ))
            continue;
        p[all->n] = (struct page_calendar){ .id = row.id,
            .name = row.name,
            .title = row.display != NULL ? row.display : row.name,
            .colour = arena_printf(rq->arena, "k%d", i % COLOURS),
            .may_write = (rights & MAY_WRITE) != 0,
            .takes = component_set_of(row.components),
            .editorial = row.template != NULL && strcmp(row.template, "editorial") == 0,
            .may_manage = (rights & MAY_MANAGE) != 0,
            .read_level = policy.read_level,
            .is_public = policy.read_level == ROLE_PUBLIC };
        all->may_write |= p[all->n++].may_write;
    }
    return NULL;
}

const struct page_calendar *
page_calendar_named(const struct page_calendars *all, const char *name)
{
    for (int i = 0; name != NULL && i < all->n; i++)
        if (strcmp(all->p[i].name, name) == 0)
            return &all->p[i];
    return NULL;
}

struct error *
calendar_crumbs(struct request *rq, bool inside, struct view *v)
{
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, 3);
    struct rows rows;

    v->crumbs = c;
    if (page_is_own(rq)) {
        c[0] = (struct crumb){ tr(rq->lang, "Your account"), "/account" };
        c[1] = (struct crumb){ tr(rq->lang, "Your calendar"), page_base(rq) };
        v->n_crumbs = inside ? 2 : 1;
        return NULL;
    }
    TRY(q_calendar_page_chapter(rq->db, rq->arena, rq->chapter, &rows));
    c[0] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    c[1] = (struct crumb){ rows.n == 0 ? rq->param[0] : calendar_page_chapter_row(&rows, 0).name,
        arena_printf(rq->arena, "/c/%s/", rq->param[0]) };
    c[2] = (struct crumb){ tr(rq->lang, "Calendar"),
        arena_printf(rq->arena, "/c/%s/calendar", rq->param[0]) };
    v->n_crumbs = inside ? 3 : 2;
    return NULL;
}

/* ---------------------------------------------------------------- time */

const struct ical_zone *
page_zone(struct request *rq)
{
    const struct ical_component nothing = { .child = NULL };
    const struct ical_zone *zone = ical_zone_find(rq->arena, &nothing, rq->app->config->time_zone);

    return zone != NULL ? zone : &ical_utc;
}

int64_t
page_wall(const struct ical_zone *zone, int64_t when)
{
    return when + ical_zone_offset(zone, when);
}

int64_t
page_day(int64_t wall)
{
    return wall >= 0 ? wall / ICAL_DAY : -((ICAL_DAY - 1 - wall) / ICAL_DAY);
}

int64_t
page_today(struct request *rq)
{
    return page_day(page_wall(page_zone(rq), time_now() / 1000000));
}

/* ---------------------------------------------------------------- entries */

/* As they are gathered. */
struct gathering {
    struct request *rq;
    const struct ical_zone *here;
    struct ical_range range;
    struct page_entry *p;
    int n;
    bool more;
};

const char *
page_text(struct arena *arena, const struct ical_component *c, const char *name)
{
    const char *value = ical_value(c, name);

    if (value == NULL)
        return NULL;
    value = text_trim(arena, ical_text(arena, value));
    return *value == '\0' ? NULL : value;
}

bool
page_is_open(const struct ical_component *c)
{
    const char *class = ical_value(c, "CLASS");

    return class == NULL || text_same_nocase(class, "PUBLIC");
}

static bool
says(const struct ical_component *c, const char *status)
{
    const char *value = ical_value(c, "STATUS");

    return value != NULL && text_same_nocase(value, status);
}

bool
page_is_whole(struct arena *arena, const struct calendar_object *o, const struct ical_component *c)
{
    struct ical_timing t;

    return ical_timing_read(arena, o->calendar, c, &t) == NULL && t.start.date;
}

static void
add_entry(struct gathering *g, const struct page_calendar *calendar, const char *name,
    const struct calendar_object *o, const struct ical_instance *i, bool recurs)
{
    const struct ical_component *c = i->component;
    struct ical_range span = ical_instance_span(i, g->here);
    struct arena *arena = g->rq->arena;
    const char *title = page_text(arena, c, "SUMMARY");
    struct page_entry e = { .calendar = calendar,
        .title = title != NULL ? title : "…",
        .place = page_text(arena, c, "LOCATION"),
        .component = c,
        .from = i->floats ? i->start : page_wall(g->here, span.from),
        .to = i->floats ? i->end : page_wall(g->here, span.to),
        .whole = page_is_whole(arena, o, c),
        .cancelled = says(c, "CANCELLED"),
        .tentative = says(c, "TENTATIVE") };
    char at[ICAL_TIME_ROOM];

    if (!calendar->may_write && !page_is_open(c)) {
        e.title = tr(g->rq->lang, "Taken");
        e.place = NULL;
        g->p[g->n++] = e;
        return;
    }
    ical_write_time(i->id, at);
    e.href =
        arena_printf(arena, "%s/%s/%s%s%s", page_base(g->rq), uri_encode(arena, calendar->name),
            uri_encode(arena, name), recurs ? "?at=" : "", recurs ? at : "");
    g->p[g->n++] = e;
}

bool
page_recurs(const struct calendar_object *o)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") != 0 &&
            (ical_find(c, "RRULE") != NULL || ical_find(c, "RDATE") != NULL ||
                ical_find(c, "RECURRENCE-ID") != NULL))
            return true;
    return false;
}

/* What was taken by an earlier version of ours and cannot be read any more is not shown. */
static void
gather(struct gathering *g, const struct page_calendar *calendar,
    const struct calendar_page_range_row *row)
{
    struct arena *arena = g->rq->arena;
    struct calendar_object o;
    struct ical_instances all;

    if (object_read(arena, g->rq->lang, row->bytes.p, row->bytes.n, &o) != NULL ||
        ical_set_instances(o.set, g->range.from, g->range.to, INSTANCES_MAX, &all) != NULL)
        return;
    g->more |= all.until < g->range.to;
    for (int i = 0; i < all.n; i++) {
        if (!ical_instance_in(&all.p[i], g->here, g->range))
            continue;
        if (g->n == ENTRIES_MAX) {
            g->more = true;
            return;
        }
        add_entry(g, calendar, row->name, &o, &all.p[i], page_recurs(&o));
    }
}

static int
by_time(const void *a, const void *b)
{
    const struct page_entry *x = a, *y = b;

    if (x->from != y->from)
        return (x->from > y->from) - (x->from < y->from);
    if (x->whole != y->whole)
        return y->whole - x->whole;
    return strcmp(x->title, y->title);
}

struct error *
page_entries(struct request *rq, const struct page_calendars *calendars,
    const struct page_calendar *only, int64_t first, int64_t last, struct page_entries *entries)
{
    struct gathering g = {
        .rq = rq, .here = page_zone(rq), .p = NEW_ARRAY(rq->arena, struct page_entry, ENTRIES_MAX)
    };
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)calendars->n + 1);
    struct rows rows;
    int n = 0;

    g.range = (struct ical_range){ ical_zone_when(g.here, first * ICAL_DAY),
        ical_zone_when(g.here, last * ICAL_DAY) };
    for (int i = 0; i < calendars->n; i++)
        if (only == NULL || only == &calendars->p[i])
            ids[n++] = calendars->p[i].id;
    TRY(q_calendar_page_range(rq->db, rq->arena, (struct ints){ ids, n }, g.range.from, g.range.to,
        OBJECTS_MAX, (int64_t)BYTES_MAX, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_range_row row = calendar_page_range_row(&rows, i);
        g.more |= row.total > rows.n;
        for (int k = 0; k < calendars->n; k++)
            if (calendars->p[k].id == row.calendar)
                gather(&g, &calendars->p[k], &row);
    }
    qsort(g.p, (size_t)g.n, sizeof *g.p, by_time);
    *entries = (struct page_entries){ g.p, g.n, g.more };
    return NULL;
}
