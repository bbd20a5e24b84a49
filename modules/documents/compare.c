/* Two versions of a document beside each other: what went, what came. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "extract/extract.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "jobs/helper_compare.h"
#include "jobs/helpers.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "q/search.h"
#include "webdav/dav.h"
#include "webdav/store.h"
#include "webdav/version.h"

/* A longer text is not compared. */
#define TEXT_MOST ((int64_t)KB(512))

/* ---------------------------------------------------------------- the text of a version */

/* Is a text as it stands, so that its lines are those that were written? */
static bool
is_text(const struct dav_node *node)
{
    static const char *const others[] = { "application/json", "application/yaml", "application/xml",
        "application/sql", "application/gpx+xml", "application/xhtml+xml", "image/svg+xml" };
    const char *type = node->type != NULL ? node->type : type_by_name(node->name);

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strncasecmp(type, others[i], strlen(others[i])) == 0)
            return true;
    return strncasecmp(type, "text/", 5) == 0;
}

static const char *
why_none(const struct request *rq, const char *problem)
{
    if (strcmp(problem, "large") == 0)
        return tr(rq->lang, "It is too large to be compared.");
    if (strcmp(problem, "encrypted") == 0)
        return tr(rq->lang, "It is protected by a password.");
    return tr(rq->lang, "There is no text in it that can be read here.");
}

/* The text that the search has of a content, or why there is none. */
static fallible
known_text(struct request *rq, int64_t blob, const char **text, const char **problem)
{
    struct rows rows;

    TRY(q_document_text(rq->db, rq->arena, blob, &rows));
    if (rows.n == 0)
        return NULL;
    struct document_text_row row = document_text_row(&rows, 0);
    *text = row.body;
    if (row.problem != NULL)
        *problem = why_none(rq, row.problem);
    return NULL;
}

/*
 * What the search never got to read, since it was overwritten too soon: small ones are read now. Not
 * for whoever is on the internet, whom it costs nothing to ask.
 */
static fallible
read_text(struct request *rq, const struct dav_node *node, const char *bytes, const char **text,
    const char **problem)
{
    struct helper_answer answer = { .n = 0 };

    *problem = tr(rq->lang, "Its text has not been read. Please try again in some minutes.");
    if (bytes == NULL || rq->who->person == 0)
        return NULL;
    struct error *e =
        helper_extract(rq->app->helpers, rq->arena, bytes, (size_t)node->length, &answer);
    if (e != NULL && e->cond == &TRY_LATER)
        return NULL;
    if (e != NULL || answer.refused || !text_is_utf8(answer.p, answer.n)) {
        *problem = why_none(rq, answer.refused ? answer.p : "killed");
        return NULL;
    }
    *text = answer.p;
    *problem = NULL;
    return NULL;
}

/* *text, or *problem: a sentence why there is none. */
static fallible
text_of(struct request *rq, const struct dav_node *node, const char **text, const char **problem)
{
    const struct store_content *content;

    *text = *problem = NULL;
    if (node->length == 0) {
        *text = "";
        return NULL;
    }
    TRY(store_content(rq, node, &content));
    if (content->bytes != NULL && is_text(node) &&
        text_is_utf8(content->bytes, (size_t)node->length)) {
        *text = content->bytes;
        return NULL;
    }
    TRY(known_text(rq, content->blob_id, text, problem));
    if (*text == NULL && *problem == NULL)
        TRY(read_text(rq, node, content->bytes, text, problem));
    if (*text != NULL && strlen(*text) > (size_t)TEXT_MOST) {
        *text = NULL;
        *problem = why_none(rq, "large");
    }
    return NULL;
}

/* ---------------------------------------------------------------- what the helper says */

/* A helper has seen a hostile text: what it says is held to its form. */
static bool
is_answer(const struct helper_answer *answer)
{
    if (answer->refused || answer->n == 0 || answer->p[answer->n - 1] != '\n' ||
        answer->p[0] != COMPARE_COUNTS || !text_is_utf8(answer->p, answer->n))
        return false;
    return strspn(answer->p + 1, "0123456789 ") == strcspn(answer->p + 1, "\n");
}

static void
read_parts(struct request *rq, const char *p, size_t n, struct compare_line *line)
{
    struct compare_part *part;
    size_t at = 0, marks = 0;

    for (size_t i = 0; i < n; i++)
        marks += (unsigned char)p[i] <= COMPARE_IN;
    part = NEW_ARRAY(rq->arena, struct compare_part, marks + 1);
    while (at < n) {
        size_t length = 0;
        while (at + 1 + length < n && (unsigned char)p[at + 1 + length] > COMPARE_IN)
            length++;
        part[line->n++] = (struct compare_part){
            .kind = p[at] == COMPARE_OUT  ? COMPARE_GONE
                    : p[at] == COMPARE_IN ? COMPARE_NEW
                                          : COMPARE_EQUAL,
            .text = arena_copy(rq->arena, p + at + 1, length),
        };
        at += 1 + length;
    }
    line->part = part;
}

static void
read_line(struct request *rq, const char *p, size_t n, struct compare_sheet *sheet,
    struct compare_line *line)
{
    *line = (struct compare_line){ .kind = p[0], .text = arena_copy(rq->arena, p + 1, n - 1) };
    if (p[0] == COMPARE_CHANGED)
        read_parts(rq, p + 1, n - 1, line);
    else if (p[0] == COMPARE_SKIPPED)
        line->text = arena_printf(rq->arena, tr(rq->lang, "%s lines without a difference"), line->text);
    else if (p[0] == COMPARE_CUT)
        sheet->cut = true;
    sheet->n += p[0] != COMPARE_CUT;
}

static void
read_answer(struct request *rq, const struct helper_answer *answer, struct compare_sheet *sheet)
{
    struct compare_line *line;
    long long count[4] = { 0 };
    char *p = arena_copy(rq->arena, answer->p, answer->n), *at = p + 1;
    size_t lines = 0;

    for (size_t i = 0; i < COUNT_OF(count); i++)
        count[i] = strtoll(at, &at, 10);
    for (size_t i = 0; i < answer->n; i++)
        lines += p[i] == '\n';
    line = NEW_ARRAY(rq->arena, struct compare_line, lines);
    for (p = strchr(p, '\n') + 1; *p != '\0';) {
        size_t n = strcspn(p, "\n");
        if (n > 0 && strchr("=#-+~!", *p) != NULL)
            read_line(rq, p, n, sheet, &line[sheet->n]);
        p += n + 1;
    }
    sheet->line = line;
    if (count[3] != 0)
        sheet->said = tr(rq->lang, "The text is the same; only invisible characters or the ends of lines differ.");
    else if (sheet->n == 0)
        sheet->said = tr(rq->lang, "The text is the same.");
    else
        sheet->said = arena_printf(rq->arena,
            tr(rq->lang, "Lines that are new: %lld, gone: %lld, changed: %lld."), count[1], count[0],
            count[2]);
}

static fallible
compare(struct request *rq, const char *was, const char *is, struct compare_sheet *sheet)
{
    size_t n_was = strlen(was), n_is = strlen(is);
    struct buf in = buf_new(rq->arena, HELPER_BYTES_MAX);
    struct helper_answer answer;

    buf_add(&in, was, n_was);
    buf_char(&in, COMPARE_BETWEEN);
    buf_add(&in, is, n_is);
    struct error *e =
        helper_call(rq->app->helpers, rq->arena, &helper_compare, in.p, in.n, &answer);
    if (e != NULL && e->cond != &HELPER_OVERRAN && e->cond != &HELPER_DIED)
        return e;
    if (e != NULL || !is_answer(&answer))
        sheet->problem = why_none(rq, "large");
    else
        read_answer(rq, &answer, sheet);
    return NULL;
}

/* ---------------------------------------------------------------- the page */

static const char *
title_of(struct request *rq, const struct dav_version *version)
{
    const char *when =
        time_people(rq->arena, version->modified, rq->app->config->time_zone, rq->lang->tag);

    return version->writer == NULL ? when : arena_printf(rq->arena, "%s, %s", when, version->writer);
}

static struct compare_choice *
choices(struct request *rq, const struct dav_versions *list, int64_t chosen, bool now, int *n)
{
    struct compare_choice *c = NEW_ARRAY(rq->arena, struct compare_choice, (size_t)list->n + 2);

    *n = 0;
    if (now)
        c[(*n)++] = (struct compare_choice){ "", tr(rq->lang, "As it is now"), chosen == 0 };
    for (int i = 0; i < list->n; i++)
        c[(*n)++] = (struct compare_choice){ arena_printf(rq->arena, "%" PRId64, list->version[i].id),
            title_of(rq, &list->version[i]), list->version[i].id == chosen };
    return c;
}

/* The number of a version in the address; 0 for what is there now. */
static fallible
read_version(struct request *rq, const struct dav_node *node, const char *text, int64_t *id,
    struct dav_node *version)
{
    *id = 0;
    *version = *node;
    if (text == NULL || *text == '\0')
        return NULL;
    if (!text_to_int(text, INT64_MAX, id))
        return REFUSE(rq->arena, NOT_FOUND);
    return version_find(rq, node, *id, version);
}

struct error *
documents_compare_page(struct request *rq, struct response *rs, const struct dav_node *node)
{
    struct compare_sheet sheet = { .here = uri_href(rq->arena, &rq->path, false) };
    struct dav_node old, new;
    struct dav_versions list;
    const char *was, *is = NULL;
    int64_t old_id, new_id;
    struct view v;

    TRY(read_version(rq, node, request_query(rq, "compare"), &old_id, &old));
    TRY(read_version(rq, node, request_query(rq, "with"), &new_id, &new));
    if (old_id == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(version_list(rq, node, 0, &list));
    sheet.old = choices(rq, &list, old_id, false, &sheet.n_old);
    sheet.new = choices(rq, &list, new_id, true, &sheet.n_new);
    TRY(text_of(rq, &old, &was, &sheet.problem));
    if (was != NULL)
        TRY(text_of(rq, &new, &is, &sheet.problem));
    if (is != NULL)
        TRY(compare(rq, was, is, &sheet));
    struct out *o = page_begin(
        rq, rs, arena_printf(rq->arena, tr(rq->lang, "Changes in %s"), node->name), &v);
    TRY(document_crumbs(rq, false, &v));
    documents_compare(o, &v, &sheet);
    return NULL;
}
