/* Entries out of a file: first looked at, then taken. */
#include "modules/calendars/web/import.h"

#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/split.h"
#include "modules/calendars/object.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_import.h"

enum { NAME_BYTES = 1000, FILE_NAME_SHOWN = 100, TITLE_SHOWN = 120 };

/* An object of the file. */
struct candidate {
    const struct ical_piece *piece;
    struct error *error; /* why it cannot be taken */
    const char *title, *when;
    const char *file, *etag; /* of the entry that is here already; or NULL */
    struct bytes before;     /* and what it holds */
    bool same;
};
struct candidates {
    struct candidate *p;
    int n;
};

/* ---------------------------------------------------------------- the page */

static fallible
add_places(struct request *rq, const struct page_calendars *all, struct import_sheet *s)
{
    struct import_place *place = NEW_ARRAY(rq->arena, struct import_place, (size_t)all->n + 1);
    const char *wanted = s->calendar != NULL ? s->calendar : request_query(rq, "calendar");

    for (int i = 0; i < all->n; i++)
        if (all->p[i].may_write)
            place[s->n_places++] = (struct import_place){ all->p[i].name, all->p[i].title,
                wanted != NULL && strcmp(wanted, all->p[i].name) == 0 };
    s->place = place;
    return s->n_places > 0 ? NULL : REFUSE(rq->arena, FORBIDDEN);
}

fallible
import_show(struct request *rq, struct response *rs, struct import_sheet *s)
{
    struct page_calendars all;
    struct view v;

    TRY(page_calendars(rq, &all));
    TRY(add_places(rq, &all, s));
    TRY(import_batches(rq, &all, s));
    s->here = arena_printf(rq->arena, "/c/%s/calendar/import", rq->param[0]);
    s->back = arena_printf(rq->arena, "/c/%s/calendar", rq->param[0]);
    s->export = arena_printf(rq->arena, "/c/%s/calendar/export", rq->param[0]);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Import and export"), &v);
    if (s->problem != NULL) {
        response_status(rs, 422);
        v.notice = NULL;
    }
    TRY(calendar_crumbs(rq, true, &v));
    calendars_import(o, &v, s);
    return NULL;
}

fallible
import_page(struct request *rq, struct response *rs)
{
    return import_show(rq, rs, &(struct import_sheet){ .looked = false });
}

/* ---------------------------------------------------------------- what is in the file */

/* When the first of it is, for people; NULL: it says nothing. */
static const char *
when_of(struct request *rq, const struct calendar_object *o, const struct ical_component *c)
{
    const struct ical_zone *here = page_zone(rq);
    struct ical_timing t;

    if (ical_find(c, "DTSTART") == NULL || ical_timing_read(rq->arena, o->calendar, c, &t) != NULL)
        return NULL;
    bool floats = t.start.date || t.zone == NULL;
    int64_t from = floats ? t.start.wall : page_wall(here, ical_when(t.start, t.zone));
    return t.start.date ? page_long_day(rq->arena, rq->lang, page_day(from))
                        : arena_printf(rq->arena, "%s, %s",
                              page_long_day(rq->arena, rq->lang, page_day(from)),
                              page_clock(rq->arena, from));
}

/* What is wrong with it, with the lines of the file. */
static struct error *
in_file(struct request *rq, const struct candidate *c, struct error *e)
{
    struct arena *arena = arena_new();
    struct calendar_object o;
    size_t n;
    const char *text = ical_split_numbered(arena, c->piece, &n);
    const struct error *said = object_read(arena, rq->lang, text, n, &o);

    if (said != NULL && said->cond == e->cond && said->detail != NULL)
        e->detail = arena_copy(rq->arena, said->detail, strlen(said->detail));
    arena_free(arena);
    return e;
}

/* As an object of the calendar, or why it cannot be one. */
static void
judge(struct request *rq, const struct page_calendar *calendar, struct candidate *c)
{
    struct object_times times;
    struct calendar_object o;
    struct arena *arena = rq->arena;

    c->error = c->piece->n > rq->app->config->calendar_object_max
                   ? error_plain(arena, &CALENDAR_TOO_LARGE, HERE)
                   : object_read(arena, rq->lang, c->piece->bytes, c->piece->n, &o);
    if (c->error != NULL) {
        if (c->error->detail != NULL)
            c->error = in_file(rq, c, c->error);
        return;
    }
    for (const struct ical_component *i = o.calendar->child; i != NULL; i = i->next)
        if (strcmp(i->name, o.component) == 0 &&
            (c->title == NULL || ical_find(i, "RECURRENCE-ID") == NULL)) {
            c->title = page_text(arena, i, "SUMMARY");
            c->when = when_of(rq, &o, i);
        }
    if (!(calendar->takes & object_bit(o.component)))
        c->error = error_plain(arena, &SUPPORTED_CALENDAR_COMPONENT, HERE);
    else
        c->error = object_times(arena, rq->lang, &o, time_now() / 1000000, &times);
}

/* Entries are compared as they stand, without the time zones around them: those are the server's to
 * write. */
static bool
same_entries(struct request *rq, const char *a, size_t n_a, const char *b, size_t n_b)
{
    struct calendar_object x, y;

    if (object_read(rq->arena, rq->lang, a, n_a, &x) != NULL ||
        object_read(rq->arena, rq->lang, b, n_b, &y) != NULL)
        return false;
    const struct ical_component *c = x.calendar->child, *d = y.calendar->child;
    for (;; c = c->next, d = d->next) {
        while (c != NULL && strcmp(c->name, "VTIMEZONE") == 0)
            c = c->next;
        while (d != NULL && strcmp(d->name, "VTIMEZONE") == 0)
            d = d->next;
        if (c == NULL || d == NULL)
            return c == d;
        if (c->to - c->from != d->to - d->from ||
            memcmp(a + c->from, b + d->from, c->to - c->from) != 0)
            return false;
    }
}

static void
compare(struct request *rq, struct candidate *c, const struct import_there_row *row)
{
    size_t n;
    const char *silent = ical_split_silent(rq->arena, c->piece->bytes, c->piece->n, &n);

    c->file = row->name;
    c->etag = row->etag;
    c->before = row->bytes;
    c->same = same_entries(rq, c->piece->bytes, c->piece->n, row->bytes.p, row->bytes.n) ||
              same_entries(rq, silent, n, row->bytes.p, row->bytes.n);
}

static fallible
find_there(struct request *rq, const struct page_calendar *calendar, struct candidates *all)
{
    const char **uid = NEW_ARRAY(rq->arena, const char *, (size_t)all->n + 1);
    struct rows rows;
    int n = 0;

    for (int i = 0; i < all->n; i++)
        if (all->p[i].error == NULL)
            uid[n++] = all->p[i].piece->uid;
    TRY(q_import_there(rq->db, rq->arena, calendar->id, (struct texts){ uid, n }, &rows));
    for (int k = 0; k < rows.n; k++) {
        struct import_there_row row = import_there_row(&rows, k);
        for (int i = 0; i < all->n; i++)
            if (all->p[i].error == NULL && strcmp(all->p[i].piece->uid, row.uid) == 0)
                compare(rq, &all->p[i], &row);
    }
    return NULL;
}

static fallible
read_pieces(struct request *rq, const struct page_calendar *calendar, const char *text, size_t n,
    struct candidates *all)
{
    struct ical_pieces *pieces = NEW(rq->arena, struct ical_pieces);
    const char *why = NULL;

    if (!text_is_xml(text, n))
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "It is not UTF-8, or there are control characters in it."));
    why = ical_split(rq->arena, text, n, pieces);
    if (why != NULL)
        return FAIL(rq->arena, BAD_REQUEST, tr(rq->lang, "Line %d: %s Nothing was taken."),
            pieces->line, tr(rq->lang, why));
    if (pieces->n == 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "There is no entry in it."));
    if (pieces->n > IMPORT_OBJECTS_MOST)
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "There are %d entries in it; %d are taken at once. Please divide it."),
            pieces->n, IMPORT_OBJECTS_MOST);
    all->p = NEW_ARRAY(rq->arena, struct candidate, (size_t)pieces->n);
    all->n = pieces->n;
    for (int i = 0; i < all->n; i++) {
        all->p[i] = (struct candidate){ .piece = &pieces->p[i] };
        judge(rq, calendar, &all->p[i]);
    }
    return find_there(rq, calendar, all);
}

/* ---------------------------------------------------------------- looking */

static struct import_line
line_of(struct request *rq, const struct candidate *c)
{
    struct import_line line = { .title =
                                    c->title != NULL ? c->title : tr(rq->lang, "Without a title"),
        .when = c->when,
        .number = c->piece->line,
        .what = c->error != NULL  ? ENTRY_REFUSED
                : c->file == NULL ? ENTRY_NEW
                : c->same         ? ENTRY_SAME
                                  : ENTRY_OTHER };

    line.title = arena_printf(rq->arena, "%.*s", TITLE_SHOWN * 4, line.title);
    if (c->error != NULL)
        line.text =
            c->error->detail != NULL ? c->error->detail : tr(rq->lang, c->error->cond->title);
    return line;
}

static void
tell(struct request *rq, const struct candidates *all, struct import_sheet *s)
{
    struct import_line *line = NEW_ARRAY(rq->arena, struct import_line, (size_t)all->n + 1);

    for (int i = 0; i < all->n; i++) {
        line[i] = line_of(rq, &all->p[i]);
        s->n_new += line[i].what == ENTRY_NEW;
        s->n_other += line[i].what == ENTRY_OTHER;
        s->n_same += line[i].what == ENTRY_SAME;
        s->n_bad += line[i].what == ENTRY_REFUSED;
    }
    s->line = line;
    s->n = all->n;
}

/* The calendar of the form, in which she must be able to write. */
static fallible
find_calendar(struct request *rq, const struct page_calendar **calendar)
{
    struct page_calendars *all = NEW(rq->arena, struct page_calendars);
    const char *name;

    TRY(form_text(rq, "calendar", NAME_BYTES, &name));
    TRY(page_calendars(rq, all));
    *calendar = page_calendar_named(all, name);
    if (*calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    return (*calendar)->may_write ? NULL : REFUSE(rq->arena, FORBIDDEN);
}

static fallible
read_file(struct request *rq, const struct page_calendar *calendar, struct candidates *all,
    struct import_sheet *s)
{
    struct form_file file;

    TRY(form_file(rq, "file", 0, &file));
    if (file.name == NULL || file.n == 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "Please choose a file."));
    if (file.n > IMPORT_FILE_MOST)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The file is too large."));
    TRY(read_pieces(rq, calendar, file.p, file.n, all));
    s->file = arena_printf(rq->arena, "%.*s", FILE_NAME_SHOWN, file.name);
    if (!text_is_utf8(s->file, strlen(s->file)) || *s->file == '\0')
        s->file = "calendar.ics";
    s->text = arena_copy(rq->arena, file.p, file.n);
    return NULL;
}

static fallible
look(struct request *rq, struct response *rs)
{
    struct import_sheet s = { .looked = false };
    const struct page_calendar *calendar;
    struct candidates all = { .n = 0 };

    TRY(find_calendar(rq, &calendar));
    struct error *e = read_file(rq, calendar, &all, &s);
    if (e != NULL && (e->cond->status >= 500 || e->detail == NULL))
        return e;
    s.calendar = calendar->name;
    s.calendar_title = calendar->title;
    s.looked = e == NULL;
    if (e != NULL)
        s.problem = e->detail;
    else
        tell(rq, &all, &s);
    return import_show(rq, rs, &s);
}

/* ---------------------------------------------------------------- taking */

static fallible
store(struct request *rq, const struct page_calendar *calendar, const struct candidate *c)
{
    size_t n = c->piece->n;
    const char *bytes = c->piece->bytes;

    if (c->file != NULL)
        return page_write_object(rq, calendar->name, c->file, c->etag, bytes, n);
    bytes = ical_split_silent(rq->arena, bytes, n, &n);
    return page_write_object(rq, calendar->name,
        arena_printf(rq->arena, "%s.ics", token_uuid(rq->arena)), NULL, bytes, n);
}

/* So that it can be taken back. */
static fallible
note_batch(struct request *rq, const struct page_calendar *calendar, const char *file,
    const struct candidates *taken)
{
    const char **uid = NEW_ARRAY(rq->arena, const char *, (size_t)taken->n + 1);
    struct rows rows;

    for (int i = 0; i < taken->n; i++)
        uid[i] = taken->p[i].piece->uid;
    TRY(q_import_make(rq->db, rq->arena, rq->chapter, calendar->id, rq->who->person, file, &rows));
    int64_t id = import_make_row(&rows, 0).id;
    TRY(q_import_note(
        rq->db, rq->arena, id, rq->chapter, calendar->id, (struct texts){ uid, taken->n }, &rows));
    for (int i = 0; i < taken->n; i++)
        if (taken->p[i].file != NULL)
            TRY(q_import_was(
                rq->db, rq->arena, id, calendar->id, uid[i], taken->p[i].before, &rows));
    return NULL;
}

static fallible
take(struct request *rq, struct response *rs)
{
    const struct page_calendar *calendar;
    const char *text, *replace, *file;
    struct candidates all = { .n = 0 }, taken = { .n = 0 };

    TRY(find_calendar(rq, &calendar));
    TRY(form_text(rq, "ics", 2 * IMPORT_FILE_MOST, &text));
    TRY(form_text(rq, "name", FILE_NAME_SHOWN * 4, &file));
    TRY(form_maybe(rq, "replace", 10, &replace));
    TRY(read_pieces(rq, calendar, text, strlen(text), &all));
    taken.p = NEW_ARRAY(rq->arena, struct candidate, (size_t)all.n + 1);
    for (int i = 0; i < all.n; i++) {
        const struct candidate *c = &all.p[i];
        if (c->error != NULL || c->same || (c->file != NULL && replace == NULL))
            continue;
        TRY(store(rq, calendar, c));
        taken.p[taken.n++] = *c;
    }
    if (taken.n > 0)
        TRY(note_batch(rq, calendar, file, &taken));
    response_redirect(rs, arena_printf(rq->arena, "/c/%s/calendar/import?done=%s", rq->param[0],
                              taken.n > 0 ? "imported" : "import-nothing"));
    return NULL;
}

fallible
import_post(struct request *rq, struct response *rs)
{
    const char *what;

    TRY(form_text(rq, "do", 10, &what));
    if (strcmp(what, "look") == 0)
        return look(rq, rs);
    if (strcmp(what, "take") == 0)
        return take(rq, rs);
    return strcmp(what, "undo") == 0 ? import_take_back(rq, rs) : REFUSE(rq->arena, BAD_REQUEST);
}
