/* What came out of files, and taking it back: what nobody has changed since. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/object.h"
#include "modules/calendars/web/import.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_import.h"
#include "webdav/door.h"

enum { BATCHES_SHOWN = 30 };

static const struct page_calendar *
calendar_of(const struct page_calendars *all, int64_t id)
{
    for (int i = 0; i < all->n; i++)
        if (all->p[i].id == id && all->p[i].may_write)
            return &all->p[i];
    return NULL;
}

static fallible
find_batches(struct request *rq, const struct page_calendars *all, struct rows *rows)
{
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)all->n + 1);
    int n = 0;

    for (int i = 0; i < all->n; i++)
        if (all->p[i].may_write)
            ids[n++] = all->p[i].id;
    return q_imports(rq->db, rq->arena, rq->chapter, (struct ints){ ids, n }, BATCHES_SHOWN, rows);
}

fallible
import_batches(struct request *rq, const struct page_calendars *all, struct import_sheet *s)
{
    struct rows rows;

    TRY(find_batches(rq, all, &rows));
    struct import_batch *batch = NEW_ARRAY(rq->arena, struct import_batch, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct imports_row row = imports_row(&rows, i);
        batch[i] = (struct import_batch){ .id = arena_printf(rq->arena, "%" PRId64, row.id),
            .file = row.file,
            .who = row.who,
            .calendar = calendar_of(all, row.calendar)->title,
            .made = time_people(rq->arena, row.made, rq->app->config->time_zone, rq->lang->tag),
            .entries = arena_printf(rq->arena,
                trn(rq->lang, "%d entry, of which %d is as it was then",
                    "%d entries, of which %d are as they were then", row.entries),
                row.entries, row.unchanged),
            .some = row.unchanged > 0 };
    }
    s->batch = batch;
    s->n_batches = rows.n;
    return NULL;
}

/* What an entry is called, for who may change it. */
static const char *
title_of(struct request *rq, struct bytes bytes)
{
    struct calendar_object o;
    const char *title = NULL;

    if (object_read(rq->arena, rq->lang, bytes.p, bytes.n, &o) != NULL)
        return tr(rq->lang, "Without a title");
    for (const struct ical_component *c = o.calendar->child; c != NULL && title == NULL;
         c = c->next)
        if (strcmp(c->name, o.component) == 0)
            title = page_text(rq->arena, c, "SUMMARY");
    return title != NULL ? title : tr(rq->lang, "Without a title");
}

/* New ones go where what is deleted goes; what was changed becomes what it was. */
static fallible
take_back(struct request *rq, struct response *rs, const struct page_calendar *calendar,
    const struct import_items_row *row)
{
    const struct path path = page_object_path(rq, calendar->name, row->name);

    if (row->before_is_null)
        return dav_act(rq, DELETE, &path, NULL, rs);
    return page_write_object(
        rq, calendar->name, row->name, row->etag, row->before.p, row->before.n);
}

static fallible
take_all_back(struct request *rq, struct response *rs, int64_t id,
    const struct page_calendar *calendar, struct import_sheet *s)
{
    struct rows rows, held;

    TRY(q_import_hold(rq->db, rq->arena, id, &held));
    TRY(q_import_items(rq->db, rq->arena, id, &rows));
    const char **left = NEW_ARRAY(rq->arena, const char *, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct import_items_row row = import_items_row(&rows, i);
        if (row.name != NULL) {
            TRY(take_back(rq, rs, calendar, &row));
            s->n_back++;
        } else if (!row.says_is_null) {
            left[s->n_left++] = title_of(rq, row.says);
        }
    }
    s->left = left;
    s->taken_back = true;
    return q_import_forget(rq->db, rq->arena, id, &rows);
}

fallible
import_take_back(struct request *rq, struct response *rs)
{
    struct import_sheet s = { .looked = false };
    const struct page_calendar *calendar = NULL;
    struct page_calendars all;
    struct rows rows;
    int64_t id;

    TRY(form_int(rq, "id", &id));
    TRY(page_calendars(rq, &all));
    TRY(find_batches(rq, &all, &rows));
    for (int i = 0; i < rows.n; i++)
        if (imports_row(&rows, i).id == id)
            calendar = calendar_of(&all, imports_row(&rows, i).calendar);
    if (calendar == NULL)
        return FAIL(rq->arena, CONFLICT, "%s",
            tr(rq->lang, "This import has been taken back, or is too long ago."));
    TRY(take_all_back(rq, rs, id, calendar, &s));
    response_status(rs, 200);
    return import_show(rq, rs, &s);
}
