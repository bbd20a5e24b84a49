/* The log of a chapter as a page, CSV and JSON. */
#include "modules/audit/pages.h"

#include <stddef.h>
#include <string.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/audit/entries.h"

#define LINES_A_PAGE 50
#define LINES_A_FILE 10000

/* A field that is absent or empty: NULL. */
static const char *
asked(const struct request *rq, const char *name)
{
    const char *s = request_query(rq, name);

    return s == NULL || *s == '\0' ? NULL : s;
}

/* What the address asks for. NULL, or what is wrong with it; the filter is then empty. */
static const char *
read_filter(struct request *rq, struct audit_filter *f)
{
    const char *group = asked(rq, "kind"), *before = asked(rq, "before");

    *f = (struct audit_filter){ .since = asked(rq, "since"), .till = asked(rq, "till") };
    if (group != NULL)
        f->group = audit_group_find(group);
    bool good = (group == NULL || f->group != 0) && (f->since == NULL || time_is_day(f->since)) &&
                (f->till == NULL || time_is_day(f->till)) &&
                (before == NULL || text_to_int(before, INT64_MAX, &f->before));
    if (good)
        return NULL;
    *f = (struct audit_filter){ .before = 0 };
    return tr(rq->lang, "This choice cannot be used. Please choose a kind from the list, and days that are "
                        "in the calendar.");
}

/* The same choice at another address, from an entry on (0: the newest). */
static const char *
address(struct request *rq, const char *page, const struct audit_filter *f, int64_t before)
{
    struct buf b = buf_new(rq->arena, KB(1));

    buf_printf(&b, "/c/%s/%s?", rq->param[0], page);
    if (f->group != 0)
        buf_printf(&b, "kind=%s&", audit_group_word(f->group));
    if (f->since != NULL)
        buf_printf(&b, "since=%s&", f->since);
    if (f->till != NULL)
        buf_printf(&b, "till=%s&", f->till);
    if (before != 0)
        buf_printf(&b, "before=%lld&", (long long)before);
    return arena_copy(rq->arena, b.p, b.n - 1); /* without the last "?" or "&" */
}

static const struct log_line *
lines_of(struct request *rq, const struct audit_entries *e)
{
    struct log_line *line = NEW_ARRAY(rq->arena, struct log_line, (size_t)e->n + 1);
    const char *day = "";

    for (int i = 0; i < e->n; i++) {
        const struct audit_of_chapter_row *row = &e->entry[i];
        const char *when =
            time_people(rq->arena, row->at, rq->app->config->time_zone, rq->lang->tag);
        size_t n = strcspn(when, ",");
        bool same = strlen(day) == n && strncmp(when, day, n) == 0;

        if (!same)
            day = arena_copy(rq->arena, when, n);
        line[i] = (struct log_line){ .day = same ? NULL : day,
            .time = when[n] == ',' ? when + n + 2 : when,
            .sentence = audit_sentence(rq->arena, rq->lang, row),
            .reason = row->reason };
    }
    return line;
}

static fallible
add_crumbs(struct request *rq, struct view *v)
{
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, 2);
    struct rows rows;

    TRY(q_audit_chapter(rq->db, rq->arena, rq->chapter, &rows));
    c[0] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    c[1] = (struct crumb){ audit_chapter_row(&rows, 0).name,
        arena_printf(rq->arena, "/c/%s/", rq->param[0]) };
    v->crumbs = c;
    v->n_crumbs = 2;
    return NULL;
}

fallible
audit_show_page(struct request *rq, struct response *rs)
{
    struct log_choice choice[AUDIT_OF_OPERATION + 1];
    struct audit_filter f;
    struct audit_entries e;
    struct view v;
    int n = 0;

    const char *problem = read_filter(rq, &f);
    TRY(audit_read(rq->db, rq->arena, rq->chapter, &f, rq->app->config->time_zone, LINES_A_PAGE, &e));
    choice[n++] = (struct log_choice){ "", N_("Everything"), f.group == 0 };
    for (enum audit_group g = AUDIT_OF_RIGHTS; g <= AUDIT_OF_OPERATION; g++)
        choice[n++] = (struct log_choice){ audit_group_word(g), audit_group_title(g), f.group == g };
    if (problem != NULL)
        response_status(rs, 422);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Log"), &v);
    TRY(add_crumbs(rq, &v));
    audit_log(o, &v,
        &(struct log_sheet){ .here = address(rq, "audit", &(struct audit_filter){ 0 }, 0),
            .line = lines_of(rq, &e),
            .n = e.n,
            .older = e.more ? address(rq, "audit", &f, e.entry[e.n - 1].id) : NULL,
            .newest = f.before != 0 ? address(rq, "audit", &f, 0) : NULL,
            .csv = address(rq, "audit.csv", &f, 0),
            .json = address(rq, "audit.json", &f, 0),
            .group = choice,
            .n_groups = n,
            .since = f.since == NULL ? "" : f.since,
            .till = f.till == NULL ? "" : f.till,
            .filtered = f.group != 0 || f.since != NULL || f.till != NULL,
            .problem = problem });
    return NULL;
}

/* ---------------------------------------------------------------- files */

static fallible
read_file(struct request *rq, struct response *rs, const char *ending, struct audit_entries *e)
{
    struct audit_filter f;
    const char *problem = read_filter(rq, &f);

    if (problem != NULL)
        return FAIL(rq->arena, BAD_REQUEST, "%s", problem);
    TRY(audit_read(rq->db, rq->arena, rq->chapter, &f, rq->app->config->time_zone, LINES_A_FILE, e));
    if (e->more)
        response_header(rs, "Link",
            arena_printf(rq->arena, "<%s>; rel=\"next\"",
                address(rq, arena_printf(rq->arena, "audit.%s", ending), &f, e->entry[e->n - 1].id)));
    response_header(rs, "Content-Disposition",
        arena_printf(rq->arena, "attachment; filename=\"%s-log.%s\"", rq->param[0], ending));
    return NULL;
}

/* RFC 4180. A cell that a spreadsheet would take for a formula is made a text. */
static void
cell(struct out *o, const char *s, const char *end)
{
    out_raw(o, "\"", 1);
    if (s != NULL && *s != '\0' && strchr("=+-@\t\r", *s) != NULL)
        out_raw(o, "'", 1);
    for (; s != NULL && *s != '\0'; s++)
        out_raw(o, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    out_raw(o, "\"", 1);
    out_raw(o, end, strlen(end));
}

fallible
audit_show_csv(struct request *rq, struct response *rs)
{
    struct audit_entries e;

    TRY(read_file(rq, rs, "csv", &e));
    struct out *o = response_text(rs, "text/csv; charset=utf-8; header=present");
    out_raw(o, "time,what,who,object,about,reason,sentence\r\n", 44);
    for (int i = 0; i < e.n; i++) {
        const struct audit_of_chapter_row *row = &e.entry[i];
        cell(o, time_rfc3339(rq->arena, row->at), ",");
        cell(o, row->what, ",");
        cell(o, audit_actor(rq->arena, rq->lang, row), ",");
        cell(o, row->title, ",");
        cell(o, row->about_name, ",");
        cell(o, row->reason, ",");
        cell(o, audit_sentence(rq->arena, rq->lang, row), "\r\n");
    }
    return NULL;
}

static void
member(struct out *o, const char *name, const char *value)
{
    out_raw(o, ",", 1);
    out_json(o, name);
    out_raw(o, ":", 1);
    if (value == NULL)
        out_raw(o, "null", 4);
    else
        out_json(o, value);
}

static void
number(struct out *o, const char *name, bool null, int64_t value)
{
    out_raw(o, ",", 1);
    out_json(o, name);
    out_raw(o, ":", 1);
    if (null)
        out_raw(o, "null", 4);
    else
        out_int(o, value);
}

static void
write_entry(struct request *rq, struct out *o, const struct audit_of_chapter_row *row)
{
    out_raw(o, "{\"id\":", 6);
    out_int(o, row->id);
    member(o, "time", time_rfc3339(rq->arena, row->at));
    member(o, "what", row->what);
    member(o, "hand", row->hand);
    number(o, "actor", row->actor_is_null, row->actor);
    member(o, "who", audit_actor(rq->arena, rq->lang, row));
    member(o, "kind", row->kind);
    number(o, "object", row->object_is_null, row->object);
    member(o, "title", row->title);
    number(o, "about", row->about_is_null, row->about);
    member(o, "about_name", row->about_name);
    member(o, "other", row->other);
    number(o, "role", row->role_is_null, row->role);
    number(o, "was_read", row->was_read_is_null, row->was_read);
    number(o, "was_write", row->was_write_is_null, row->was_write);
    number(o, "now_read", row->now_read_is_null, row->now_read);
    number(o, "now_write", row->now_write_is_null, row->now_write);
    number(o, "was_amount", row->was_amount_is_null, row->was_amount);
    number(o, "amount", row->amount_is_null, row->amount);
    member(o, "until", row->until);
    member(o, "reason", row->reason);
    member(o, "sentence", audit_sentence(rq->arena, rq->lang, row));
    out_raw(o, "}", 1);
}

fallible
audit_show_json(struct request *rq, struct response *rs)
{
    struct audit_entries e;

    TRY(read_file(rq, rs, "json", &e));
    struct out *o = response_text(rs, "application/json");
    out_raw(o, "[", 1);
    for (int i = 0; i < e.n; i++) {
        out_raw(o, i == 0 ? "\n" : ",\n", i == 0 ? 1 : 2);
        write_entry(rq, o, &e.entry[i]);
    }
    out_raw(o, "\n]\n", 3);
    return NULL;
}
