/* How long a folder keeps things: shown, tried out, set. */
#include <inttypes.h>
#include <stdint.h>
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
#include "html/view.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/pages.h"
#include "webdav/conditions.h"
#include "webdav/dav.h"
#include "webdav/door.h"
#include "webdav/keeping.h"

#define DAYS_MAX 36500
#define EACH_MAX 10000

static const char *
time_of(const struct request *rq, int64_t us)
{
    return time_people(rq->arena, us, rq->app->config->time_zone, rq->lang->tag);
}

/* "as the folder “Protokolle” says" */
static const char *
origin(struct request *rq, bool own, const char *from, bool from_root)
{
    if (own)
        return tr(rq->lang, "This folder has a rule of its own.");
    if (from == NULL)
        return tr(rq->lang, "The same everywhere, as long as no folder says otherwise.");
    if (from_root)
        return tr(
            rq->lang, "The same as for all documents of the chapter, whose rule holds here too.");
    return arena_printf(
        rq->arena, tr(rq->lang, "The same as for the folder “%s”, in which it lies."), from);
}

static const char *
since_word(enum keep_since since)
{
    return since == SINCE_UPLOAD ? "upload" : "change";
}

static const char *
rule_said(struct request *rq, const struct keep_rule *rule)
{
    if (rule->what == KEEP_FOR_EVER)
        return tr(rq->lang, "Documents are never deleted by a rule.");
    if (rule->what == KEEP_AS_ABOVE)
        return tr(rq->lang, "Documents stay until somebody deletes them.");
    return arena_printf(rq->arena,
        rule->since == SINCE_UPLOAD
            ? trn(rq->lang, "Documents go to the trash %d month after they were uploaded.",
                  "Documents go to the trash %d months after they were uploaded.", rule->months)
            : trn(rq->lang, "Documents go to the trash %d month after they were last changed.",
                  "Documents go to the trash %d months after they were last changed.",
                  rule->months),
        rule->months);
}

const char *
documents_versions_kept(struct request *rq, const struct keeping *k)
{
    return arena_printf(rq->arena,
        tr(rq->lang, "Earlier versions are kept for %ld days, at most %ld of a document."),
        (long)k->versions.days, (long)k->versions.each);
}

/* ---------------------------------------------------------------- the page */

/* "Protokolle/2026/" as a part of an address. */
static const char *
encode(struct request *rq, const char *way)
{
    struct buf b = buf_new(rq->arena, KB(64));
    const char *const *part;
    int n = text_split(rq->arena, way, "/", &part);

    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s/", uri_encode(rq->arena, part[i]));
    return buf_string(&b);
}

static fallible
show_due(struct request *rq, const struct dav_node *node, const struct keep_rule *rule,
    struct keeping_sheet *sheet)
{
    struct keep_due due;

    TRY(keeping_due(rq, node, rule, &due));
    struct keeping_row *row = NEW_ARRAY(rq->arena, struct keeping_row, (size_t)due.n + 1);
    for (int i = 0; i < due.n; i++)
        row[i] = (struct keeping_row){ .name = due.thing[i].name,
            .href = arena_printf(rq->arena, "%s%s%s", sheet->here, encode(rq, due.thing[i].path),
                uri_encode(rq->arena, due.thing[i].name)),
            .place = *due.thing[i].path == '\0'
                         ? ""
                         : arena_copy(rq->arena, due.thing[i].path, strlen(due.thing[i].path) - 1),
            .at = time_of(rq, due.thing[i].at) };
    sheet->due = row;
    sheet->n_due = due.n;
    sheet->all_due = due.all;
    return NULL;
}

/* "?keep&months=12&since=change": a rule that is tried out; *problem when it cannot be. */
static void
read_trial(struct request *rq, struct keep_rule *rule, struct keeping_sheet *sheet)
{
    const char *months = request_query(rq, "months"), *since = request_query(rq, "since");
    int64_t n;

    if (months == NULL)
        return;
    sheet->months = text_trim(rq->arena, months);
    if (since != NULL && strcmp(since, since_word(SINCE_UPLOAD)) == 0)
        rule->since = SINCE_UPLOAD;
    if (!text_to_int(sheet->months, KEEP_MONTHS_MAX, &n) || n < 1) {
        sheet->problem = tr(rq->lang, "Please enter a number of months from 1 to 1200.");
        return;
    }
    rule->what = KEEP_MONTHS;
    rule->months = (int)n;
    sheet->trial = rule_said(rq, rule);
}

static fallible
show(struct request *rq, struct response *rs, const char *problem)
{
    struct path path = dav_path(rq->arena, &rq->path);
    struct keep_rule trial = { .what = KEEP_AS_ABOVE };
    struct keeping k;
    struct dav_node node;
    struct view v;

    TRY(dav_look_to_manage(rq, &path, &node));
    if (!node.collection)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(keeping_of(rq, &node, &k));
    struct keeping_sheet sheet = { .here = uri_href(rq->arena, &rq->path, true),
        .problem = problem,
        .versions = documents_versions_kept(rq, &k),
        .versions_origin = origin(rq, k.versions.own, k.versions.from, k.versions.from_root),
        .days = arena_printf(rq->arena, "%" PRId64, k.versions.days),
        .each = arena_printf(rq->arena, "%" PRId64, k.versions.each),
        .own_versions = k.versions.own,
        .rule = rule_said(rq, &k.rule),
        .rule_origin = origin(rq, k.rule_own, k.rule_from, k.rule_from_root),
        .own_rule = k.rule_own,
        .rule_deletes = k.rule.what == KEEP_MONTHS,
        .never = k.rule.what == KEEP_FOR_EVER,
        .trash_days = (int)rq->app->config->trash_days,
        .grace_days = KEEPING_GRACE_DAYS,
        .months = k.rule.what == KEEP_MONTHS ? arena_printf(rq->arena, "%d", k.rule.months) : "" };
    if (k.kept_by != NULL)
        sheet.kept_by = k.kept_by_root ? tr(rq->lang, "Documents") : k.kept_by;
    if (k.rule.what == KEEP_MONTHS && k.starts > time_now())
        sheet.starts = time_of(rq, k.starts);
    trial.since = k.rule.since;
    read_trial(rq, &trial, &sheet);
    sheet.since = since_word(trial.since);
    sheet.since_upload = trial.since == SINCE_UPLOAD;
    TRY(show_due(rq, &node, sheet.trial != NULL ? &trial : &k.rule, &sheet));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "How long things are kept"), &v);
    if (sheet.problem != NULL) {
        response_status(rs, 409);
        v.notice = NULL;
    }
    TRY(document_crumbs(rq, true, &v));
    documents_keeping(o, &v, &sheet);
    return NULL;
}

struct error *
documents_keeping_page(struct request *rq, struct response *rs)
{
    return show(rq, rs, NULL);
}

/* ---------------------------------------------------------------- setting */

static fallible
read_number(struct request *rq, const char *field, int64_t most, int64_t *n, const char **problem)
{
    const char *text;

    TRY(form_text(rq, field, 20, &text));
    if (!text_to_int(text_trim(rq->arena, text), most, n) || *n < 1)
        *problem = arena_printf(
            rq->arena, tr(rq->lang, "Please enter a number from 1 to %ld."), (long)most);
    return NULL;
}

static fallible
set_versions(struct request *rq, const struct path *path, const char **problem)
{
    int64_t days = 0, each = 0;

    TRY(read_number(rq, "days", DAYS_MAX, &days, problem));
    TRY(read_number(rq, "each", EACH_MAX, &each, problem));
    return *problem != NULL ? NULL : keeping_set_versions(rq, path, days, each);
}

static fallible
set_rule(struct request *rq, const struct path *path, const char **problem)
{
    struct keep_rule rule = { .what = KEEP_MONTHS };
    const char *since;
    int64_t months = 0;

    TRY(read_number(rq, "months", KEEP_MONTHS_MAX, &months, problem));
    TRY(form_text(rq, "since", 10, &since));
    rule.months = (int)months;
    rule.since = strcmp(since, since_word(SINCE_UPLOAD)) == 0 ? SINCE_UPLOAD : SINCE_CHANGE;
    if (*problem != NULL)
        return NULL;
    struct error *e = keeping_set_rule(rq, path, &rule);
    if (e == NULL || (e->cond != &NEED_WRITE && e->cond != &NEED_READ && e->cond != &FORBIDDEN &&
                         e->cond != &NOT_FOUND))
        return e;
    *problem = tr(rq->lang,
        "In this folder there is something that you may not delete yourself, so a rule "
        "of yours may not either. Ask the chair to do it.");
    return NULL;
}

struct error *
documents_keeping_post(struct request *rq, struct response *rs, const char *what)
{
    struct path path = dav_path(rq->arena, &rq->path);
    const char *problem = NULL;
    struct dav_node node;

    TRY(dav_look_to_manage(rq, &path, &node));
    if (strcmp(what, "versions") == 0)
        TRY(set_versions(rq, &path, &problem));
    else if (strcmp(what, "versions-above") == 0)
        TRY(keeping_set_versions(rq, &path, 0, 0));
    else if (strcmp(what, "months") == 0)
        TRY(set_rule(rq, &path, &problem));
    else if (strcmp(what, "never") == 0)
        TRY(keeping_set_rule(rq, &path, &(struct keep_rule){ .what = KEEP_FOR_EVER }));
    else if (strcmp(what, "above") == 0)
        TRY(keeping_set_rule(rq, &path, &(struct keep_rule){ .what = KEEP_AS_ABOVE }));
    else
        return REFUSE(rq->arena, BAD_REQUEST);
    if (problem != NULL)
        return show(rq, rs, problem);
    response_redirect(rs,
        arena_printf(rq->arena, "%s?keep&done=keeping-set", uri_href(rq->arena, &rq->path, true)));
    return NULL;
}
