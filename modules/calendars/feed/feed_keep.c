/* What is kept of feeds: told to those it is about, and forgotten in time. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/db.h"
#include "html/out.h"
#include "modules/calendars/feed/feed.h"
#include "modules/module.h"
#include "q/feed.h"

/* As long as an old list is of use. */
#define DAYS_OVER  365
#define EXPORT_MAX ((int64_t)MB(16))

static void
add(struct out *o, const char *before, const char *value)
{
    out_raw(o, before, strlen(before));
    if (value == NULL)
        out_raw(o, "null", 4);
    else
        out_json(o, value);
}

static fallible
tell(struct db *db, struct arena *arena, const int64_t *person, const int64_t *chapter,
    struct export_sink *sink)
{
    struct out *o = out_new(arena, EXPORT_MAX);
    struct rows rows;

    TRY(q_feeds_told(db, arena, person, chapter, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct feeds_told_row row = feeds_told_row(&rows, i);
        add(o, i == 0 ? "[\n {\"chapter\": " : ",\n {\"chapter\": ", row.chapter);
        add(o, ", \"calendar\": ", row.calendar);
        add(o, ", \"purpose\": ", row.label);
        add(o, ", \"shows\": ", row.view);
        add(o, ", \"made\": ", time_rfc3339(arena, row.made));
        add(o, ", \"until\": ", row.until);
        add(o, ", \"ended\": ", row.ended_is_null ? NULL : time_rfc3339(arena, row.ended));
        out_raw(o, "}", 1);
    }
    out_raw(o, rows.n == 0 ? "[]\n" : "\n]\n", 3);
    if (out_failed(o) || out_memory(o) == NULL)
        return REFUSE(arena, TOO_LARGE);
    return sink->file(sink, arena, "calendars/feeds.json", out_memory(o), out_length(o));
}

struct error *
feeds_chapter_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t chapter, struct export_sink *sink)
{
    return tell(db, arena, NULL, &chapter, sink);
}

struct error *
feeds_person_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t person, struct export_sink *sink)
{
    return tell(db, arena, &person, NULL, sink);
}

struct error *
feeds_person_erase(struct db *db, struct arena *arena, int64_t person)
{
    struct rows rows;

    return q_feed_forget(db, arena, person, &rows);
}

struct error *
feeds_clear(struct db *db, struct arena *arena, int64_t *removed)
{
    struct rows rows;

    TRY(q_feed_clear(db, arena, DAYS_OVER, &rows));
    *removed += feed_clear_row(&rows, 0).n;
    return NULL;
}
