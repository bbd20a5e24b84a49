/* The feeds of the calendars that somebody manages, as a list. */
#include <inttypes.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/calendars/feed/feed.h"
#include "q/calendar_page.h"
#include "q/feed.h"

#define FEEDS_MOST 500

static const char *
open_address(struct request *rq, const char *name)
{
    return arena_printf(rq->arena, "%s/c/%s/feeds/%s.ics", request_origin(rq), rq->param[0],
        uri_encode(rq->arena, name));
}

struct error *
feed_places(struct request *rq, struct feed_places *places)
{
    struct access_reach reach = access_reach(rq->who, rq->arena, rq->chapter);
    struct rows rows;

    TRY(q_calendar_page_calendars(rq->db, rq->arena, rq->chapter, (int16_t)reach.level,
        (struct ints){ reach.policies, reach.n }, &rows));
    struct feed_place *p = NEW_ARRAY(rq->arena, struct feed_place, (size_t)rows.n + 1);
    *places = (struct feed_places){ .p = p };
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_calendars_row row = calendar_page_calendars_row(&rows, i);
        const struct policy policy = { row.policy, rq->chapter, 0, (enum role)row.read_level,
            (enum role)row.write_level };
        const unsigned need = MAY_READ | MAY_MANAGE;

        if ((access_rights(rq->who, &policy) & need) != need)
            continue;
        p[places->n++] = (struct feed_place){ .id = row.id,
            .name = row.name,
            .title = row.display != NULL ? row.display : row.name,
            .read_level = row.read_level,
            .open = policy.read_level == ROLE_PUBLIC ? open_address(rq, row.name) : NULL };
    }
    return NULL;
}

/* Why it does not work; in the order in which it could be mended. */
static const char *
state_of(const struct request *rq, const struct feeds_of_calendars_row *row,
    const struct feed_place *place, bool off)
{
    if (!row->ended_is_null)
        return tr(rq->lang, "This address was ended.");
    if (row->over)
        return tr(rq->lang, "The time of this address is over.");
    if (off)
        return tr(rq->lang, "This address does not work: the chapter has switched links off.");
    if (row->paused)
        return tr(rq->lang,
            "This address does not work: it came back from a backup, and may have been ended "
            "since.");
    if (place->read_level > row->made_read)
        return tr(rq->lang,
            "This address does not work: fewer people may read the calendar now than when it was "
            "made.");
    return NULL;
}

static struct feed_row
row_of(const struct request *rq, const struct feeds_of_calendars_row *row,
    const struct feed_place *place, bool off)
{
    bool over = row->over || !row->ended_is_null;
    enum feed_view view = FEED_BUSY;

    feed_view_read(row->view, &view);
    return (struct feed_row){ .id = arena_printf(rq->arena, "%" PRId64, row->id),
        .label = row->label,
        .calendar = place->title,
        .view = view,
        .made = time_people(rq->arena, row->made, rq->app->config->time_zone, rq->lang->tag),
        .until = row->until,
        .used = row->used == NULL
                    ? tr(rq->lang, "Not asked for yet.")
                    : arena_printf(rq->arena, tr(rq->lang, "Last asked for on %s."), row->used),
        .maker = row->maker,
        .state = state_of(rq, row, place, off),
        .over = over,
        .paused = row->paused && !over };
}

struct error *
feed_rows(struct request *rq, const struct feed_places *places, bool off,
    const struct feed_row **result, int *n, int *paused)
{
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)places->n + 1);
    struct rows rows;

    for (int i = 0; i < places->n; i++)
        ids[i] = places->p[i].id;
    TRY(q_feeds_of_calendars(
        rq->db, rq->arena, rq->chapter, (struct ints){ ids, places->n }, FEEDS_MOST, &rows));
    struct feed_row *list = NEW_ARRAY(rq->arena, struct feed_row, (size_t)rows.n + 1);
    *n = *paused = 0;
    for (int i = 0; i < rows.n; i++) {
        struct feeds_of_calendars_row row = feeds_of_calendars_row(&rows, i);
        for (int k = 0; k < places->n; k++)
            if (places->p[k].id == row.node)
                list[*n] = row_of(rq, &row, &places->p[k], off);
        *paused += list[(*n)++].paused;
    }
    *result = list;
    return NULL;
}
