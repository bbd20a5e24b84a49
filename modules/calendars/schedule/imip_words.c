/* What a mail, or the page behind its link, says of an event. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/app.h"
#include "ical/rule.h"
#include "ical/timing.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/web/pages.h"

#define LINES_MAX 100

/* The series; of instances alone the first. */
static const struct ical_component *
chief(const struct ical_component *calendar)
{
    const struct ical_component *first = NULL;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next) {
        if (strcmp(c->name, "VTIMEZONE") == 0)
            continue;
        if (ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
        if (first == NULL)
            first = c;
    }
    return first;
}

static const struct ical_zone *
zone_here(const struct app *app, struct arena *arena)
{
    const struct ical_component nothing = { .child = NULL };
    const struct ical_zone *zone = ical_zone_find(arena, &nothing, app->config->time_zone);

    return zone != NULL ? zone : &ical_utc;
}

/* By the clocks of the installation, whose zone is named: who reads it may be anywhere. */
static void
set_when(const struct app *app, struct arena *arena, const struct lang *lang,
    const struct ical_component *calendar, const struct ical_component *c, struct imip_sheet *s)
{
    const struct ical_zone *here = zone_here(app, arena);
    const char *rule = ical_value(c, "RRULE");
    struct ical_timing t;
    struct ical_rule read;
    int64_t from, to;

    if (ical_find(c, "DTSTART") == NULL || ical_timing_read(arena, calendar, c, &t) != NULL)
        return;
    ical_timing_place(&t, t.start.wall, &from, &to);
    if (t.zone != NULL) {
        from = page_wall(here, from);
        to = page_wall(here, to);
    }
    s->when = page_when(arena, lang, from, to, t.start.date);
    if (t.zone != NULL)
        s->when = arena_printf(arena, "%s (%s)", s->when, app->config->time_zone);
    if (rule != NULL && ical_rule_read(arena, rule, &read) == NULL)
        s->rule = page_rule(arena, lang, here, &read, t.start.wall);
}

static void
set_text(struct arena *arena, const struct ical_component *c, struct imip_sheet *s)
{
    s->text = page_text(arena, c, "DESCRIPTION");
    if (s->text == NULL)
        return;
    s->n_lines = text_split(arena, s->text, "\n", &s->line);
    if (s->n_lines > LINES_MAX)
        s->n_lines = LINES_MAX;
}

void
imip_describe(const struct app *app, struct arena *arena, const struct lang *lang,
    const struct ical_component *calendar, struct imip_sheet *s)
{
    const struct ical_component *c = chief(calendar);

    if (c == NULL)
        return;
    s->title = page_text(arena, c, "SUMMARY");
    s->place = page_text(arena, c, "LOCATION");
    set_when(app, arena, lang, calendar, c, s);
    set_text(arena, c, s);
}

const char *
imip_answer_word(const char *partstat)
{
    static const struct {
        const char *sent, *title;
    } answers[] = { { "ACCEPTED", N_("comes") }, { "DECLINED", N_("does not come") },
        { "TENTATIVE", N_("comes perhaps") }, { "DELEGATED", N_("sends somebody else") } };

    for (size_t i = 0; partstat != NULL && i < COUNT_OF(answers); i++)
        if (text_same_nocase(partstat, answers[i].sent))
            return answers[i].title;
    return N_("has not answered");
}
