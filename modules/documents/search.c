/* Searching in the documents of a chapter: one question to the database, which knows who asks. */
#include "modules/documents/search.h"
#include "modules/documents/share.h"

#include <string.h>

#include "auth/access.h"
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
#include "modules/module.h"
#include "q/documents.h"
#include "q/search.h"

#define SHOWN     20
#define HITS_MOST 2000 /* so many are put in order, whatever was found */
#define SAID_MAX  400  /* bytes; as german_query */
#define DEPTH_MAX 100
/* Hits of another part of the chapter, and of all. */
#define OTHERS     5
#define OTHERS_ALL 20

/* Kinds as people know them, by patterns of media types. */
static const struct {
    const char *word, *title, *patterns;
} types[] = {
    { "", N_("Everything"), "" },
    { "text", N_("Texts"), "text/% application/vnd.oasis.opendocument.text% application/msword"
                           " application/vnd.openxmlformats-officedocument.wordprocessingml.%"
                           " application/rtf" },
    { "pdf", N_("PDF"), "application/pdf" },
    { "table", N_("Tables"), "application/vnd.oasis.opendocument.spreadsheet% application/vnd.ms-excel"
                             " application/vnd.openxmlformats-officedocument.spreadsheetml.% text/csv%" },
    { "slides", N_("Slides"), "application/vnd.oasis.opendocument.presentation%"
                              " application/vnd.openxmlformats-officedocument.presentationml.%"
                              " application/vnd.ms-powerpoint" },
    { "picture", N_("Pictures"), "image/% application/vnd.oasis.opendocument.graphics%" },
};

/* Why a document could be found by its name only. */
static const struct {
    const char *word, *title;
} problems[] = {
    { "damaged", N_("Only its name can be searched: the file is damaged.") },
    { "encrypted", N_("Only its name can be searched: the file has a password.") },
    { "large", N_("Only its name can be searched: the file is too large.") },
    { "bomb", N_("Only its name can be searched: the file unpacks to too much.") },
    { "killed", N_("Only its name can be searched: the text took too long to read.") },
};

struct question {
    const char *said, *folder, *since, *till, *writer;
    size_t type; /* of types */
    int64_t from;
};

static const char *
asked(const struct request *rq, const char *name)
{
    const char *s = request_query(rq, name);

    return s == NULL ? "" : s;
}

static bool
find_type(const char *word, size_t *type)
{
    for (*type = 0; *type < COUNT_OF(types); ++*type)
        if (strcmp(types[*type].word, word) == 0)
            return true;
    *type = 0;
    return false;
}

static bool
is_day(const char *s)
{
    return *s == '\0' || time_is_day(s);
}

/* NULL, or what is wrong with it; the question is then an empty one. */
static const char *
read_question(struct request *rq, struct question *q)
{
    const char *from = asked(rq, "from");

    *q = (struct question){ .said = text_trim(rq->arena, asked(rq, "q")),
        .folder = asked(rq, "in"),
        .since = asked(rq, "since"),
        .till = asked(rq, "till"),
        .writer = rq->who->person == 0 ? "" : text_trim(rq->arena, asked(rq, "by")) };
    bool good = find_type(asked(rq, "type"), &q->type) && is_day(q->since) && is_day(q->till) &&
                strlen(q->said) <= SAID_MAX && text_is_utf8(q->said, strlen(q->said)) &&
                text_is_utf8(q->folder, strlen(q->folder)) &&
                text_is_utf8(q->writer, strlen(q->writer)) &&
                (*from == '\0' || text_to_int(from, HITS_MOST, &q->from));
    if (good)
        return NULL;
    *q = (struct question){ .said = "", .folder = "", .since = "", .till = "", .writer = "" };
    return tr(rq->lang, "This choice cannot be used. Please choose a kind from the list, and days that are "
                        "in the calendar.");
}

static void
add_field(struct arena *arena, struct buf *b, const char *name, const char *value)
{
    if (*value != '\0')
        buf_printf(b, "%s%s=%s", strchr(buf_string(b), '?') == NULL ? "?" : "&", name,
            uri_encode(arena, value));
}

/* The address of a question, from a hit on. */
static const char *
address(struct request *rq, const struct question *q, const char *folder, int64_t from)
{
    struct buf b = buf_new(rq->arena, KB(64));

    buf_printf(&b, "/c/%s/search", rq->param[0]);
    add_field(rq->arena, &b, "q", q->said);
    add_field(rq->arena, &b, "in", folder);
    add_field(rq->arena, &b, "type", types[q->type].word);
    add_field(rq->arena, &b, "since", q->since);
    add_field(rq->arena, &b, "till", q->till);
    add_field(rq->arena, &b, "by", q->writer);
    if (from > 0)
        add_field(rq->arena, &b, "from", arena_printf(rq->arena, "%lld", (long long)from));
    return buf_string(&b);
}

const char *
search_address(struct request *rq)
{
    static const struct question none = { .said = "", .since = "", .till = "", .writer = "" };
    struct buf folder = buf_new(rq->arena, KB(64));

    for (int i = 0; i < rq->rest.n; i++)
        buf_printf(&folder, "%s%s", i == 0 ? "" : "/", rq->rest.part[i]);
    return address(rq, &none, buf_string(&folder), 0);
}

/* ---------------------------------------------------------------- hits */

/* The address of a folder below the root of the documents, with a slash at its end. */
static const char *
folder_address(struct request *rq, const char *folder)
{
    const char *const *part;
    struct buf b = buf_new(rq->arena, KB(64));
    int n = text_split(rq->arena, folder, "/", &part);

    buf_printf(&b, "/c/%s/files/", rq->param[0]);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s/", uri_encode(rq->arena, part[i]));
    return buf_string(&b);
}

/* The marks of german_snippet(): U+E000 and U+E001. */
#define MARK_BEGINS "\xEE\x80\x80"
#define MARK_ENDS   "\xEE\x80\x81"
#define MARK_BYTES  3

/* Where the last word of a text begins: what stands directly before a mark stays there. */
static size_t
last_word(const char *s, size_t n)
{
    while (n > 0 && s[n - 1] != ' ')
        n--;
    return n;
}

static void
split_snippet(struct arena *arena, const char *snippet, struct search_line *line)
{
    size_t most = strlen(snippet) / MARK_BYTES + 1;
    struct search_piece *piece = NEW_ARRAY(arena, struct search_piece, most);
    const char *s = snippet, *begins, *ends;

    line->piece = piece;
    piece[0] = (struct search_piece){ "", "", "" };
    while ((begins = strstr(s, MARK_BEGINS)) != NULL && (ends = strstr(begins, MARK_ENDS)) != NULL) {
        struct search_piece *p = &piece[line->n_pieces++];
        size_t n = (size_t)(begins - s), gap = line->n_pieces == 1 ? 0 : last_word(s, n);
        if (gap > 0)
            p[-1].after = arena_copy(arena, s, gap);
        begins += MARK_BYTES;
        *p = (struct search_piece){ arena_copy(arena, s + gap, n - gap),
            arena_copy(arena, begins, (size_t)(ends - begins)), "" };
        s = ends + MARK_BYTES;
    }
    if (line->n_pieces == 0)
        piece[line->n_pieces++].before = s;
    else
        piece[line->n_pieces - 1].after = s;
}

static const char *
problem_title(const char *word)
{
    for (size_t i = 0; word != NULL && i < COUNT_OF(problems); i++)
        if (strcmp(problems[i].word, word) == 0)
            return problems[i].title;
    return NULL;
}

static struct search_line
line_of(struct request *rq, const struct documents_found_row *row)
{
    const char *folder = folder_address(rq, row->folder);
    struct search_line line = { .name = row->name,
        .href = arena_printf(rq->arena, "%s%s", folder, uri_encode(rq->arena, row->name)),
        .folder = *row->folder == '\0' ? tr(rq->lang, "Documents") : row->folder,
        .folder_href = folder,
        .changed = time_people(rq->arena, row->modified, rq->app->config->time_zone, rq->lang->tag),
        .size = text_size(rq->arena, row->size, rq->lang->tag),
        .writer = rq->who->person == 0
                      ? NULL
                      : documents_writer(rq, row->writer, row->by_box), /* not for strangers */
        .problem = problem_title(row->problem) };

    split_snippet(rq->arena, row->snippet, &line);
    return line;
}

/* The query has left out what she may not read; the one place of rights looks again. */
static bool
may_read(const struct request *rq, const struct documents_found_row *row)
{
    const struct policy policy = { .id = row->policy,
        .chapter = rq->chapter,
        .read_level = (enum role)row->read_level,
        .write_level = (enum role)row->write_level };

    return (access_rights(rq->who, &policy) & MAY_READ) != 0;
}

static fallible
ask(struct request *rq, const struct question *q, struct rows *names, struct rows *hits)
{
    struct access_reach reach = access_reach(rq->who, rq->arena, rq->chapter);
    const char *const *folder, *const *patterns;
    int n_folders = text_split(rq->arena, q->folder, "/", &folder);
    int n_patterns = text_split(rq->arena, types[q->type].patterns, " ", &patterns);

    db_pipeline(rq->db);
    TRY(q_documents_chapter_name(rq->db, rq->arena, rq->param[0], names));
    TRY(q_documents_found(rq->db, rq->arena, rq->chapter, (int16_t)reach.level,
        (struct ints){ reach.policies, reach.n }, q->said,
        (struct texts){ folder, n_folders < DEPTH_MAX ? n_folders : DEPTH_MAX },
        (struct texts){ patterns, n_patterns }, *q->since == '\0' ? NULL : q->since,
        *q->till == '\0' ? NULL : q->till, rq->app->config->time_zone, q->writer, HITS_MOST, (int32_t)q->from,
        SHOWN, hits));
    return db_flush(rq->db, rq->arena);
}

static void
fill(struct request *rq, const struct question *q, const struct rows *hits, struct search_sheet *s)
{
    struct search_line *line = NEW_ARRAY(rq->arena, struct search_line, SHOWN);

    for (int i = 0; i < hits->n && i < SHOWN; i++) {
        struct documents_found_row row = documents_found_row(hits, i);
        if (may_read(rq, &row))
            line[s->n++] = line_of(rq, &row);
    }
    s->line = line;
    if (q->from > 0)
        s->first = address(rq, q, q->folder, 0);
    if (hits->n > SHOWN)
        s->more = address(rq, q, q->folder, q->from + SHOWN);
}

/* On the first page of a plain question. */
static fallible
ask_others(struct request *rq, const struct question *q, struct search_sheet *s)
{
    struct search_hit *all = NEW_ARRAY(rq->arena, struct search_hit, OTHERS_ALL);
    struct search_hits some;

    s->other = all;
    if (*q->said == '\0' || q->from > 0 || *q->folder != '\0' || q->type != 0 ||
        *q->since != '\0' || *q->till != '\0' || *q->writer != '\0')
        return NULL;
    for (const struct module *const *m = rq->app->modules; *m != NULL; m++) {
        TRY((*m)->doors.search(rq, q->said, OTHERS, &some));
        for (int i = 0; i < some.n && s->n_others < OTHERS_ALL; i++)
            all[s->n_others++] = some.hit[i];
    }
    return NULL;
}

fallible
search_show_page(struct request *rq, struct response *rs)
{
    struct search_choice choice[COUNT_OF(types)];
    struct rows names, hits;
    struct question q;
    struct view v;

    const char *problem = read_question(rq, &q);
    TRY(ask(rq, &q, &names, &hits));
    for (size_t i = 0; i < COUNT_OF(types); i++)
        choice[i] = (struct search_choice){ types[i].word, types[i].title, i == q.type };
    struct search_sheet sheet = { .here = arena_printf(rq->arena, "/c/%s/search", rq->param[0]),
        .said = q.said,
        .folder = q.folder,
        .anywhere = address(rq, &q, "", 0),
        .since = q.since,
        .till = q.till,
        .writer = q.writer,
        .may_ask_writer = rq->who->person != 0,
        .problem = problem,
        .type = choice,
        .n_types = (int)COUNT_OF(types) };
    fill(rq, &q, &hits, &sheet);
    TRY(ask_others(rq, &q, &sheet));
    if (problem != NULL)
        response_status(rs, 422);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Search in documents"), &v);
    struct crumb crumbs[] = { { tr(rq->lang, "Chapters"), "/" },
        { names.n == 0 ? rq->param[0] : documents_chapter_name_row(&names, 0).name,
            arena_printf(rq->arena, "/c/%s/", rq->param[0]) },
        { tr(rq->lang, "Documents"), folder_address(rq, "") } };
    v.crumbs = crumbs;
    v.n_crumbs = (int)COUNT_OF(crumbs);
    documents_search(o, &v, &sheet);
    return NULL;
}
