/* Links as lists: of a folder, of a chapter; and what is told of them elsewhere. */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/documents/documents.h"
#include "modules/documents/share.h"
#include "modules/module.h"
#include "q/share.h"
#include "webdav/store.h"

#define LINKS_MOST 500

/* What the two queries have in common. */
struct link {
    int64_t id;
    const char *purpose, *maker, *until, *used_on;
    int64_t made, uses, bytes;
    int files;
    bool drop_box, password, ended, over, paused;
    enum role maker_role;  /* in the chapter, at this moment */
    enum role read, write; /* when it was made */
    enum role now_read, now_write;
};

#define LINK_OF(row)                                                                               \
    ((struct link){ .id = (row).id,                                                                \
        .purpose = (row).purpose,                                                                  \
        .maker = (row).maker,                                                                      \
        .maker_role = (row).maker_role_is_null ? ROLE_FEDERATION : (enum role)(row).maker_role,    \
        .until = (row).until,                                                                      \
        .used_on = (row).used,                                                                     \
        .made = (row).made,                                                                        \
        .uses = (row).uses,                                                                        \
        .bytes = (row).bytes,                                                                      \
        .files = (row).files,                                                                      \
        .drop_box = (row).drop_box,                                                                \
        .password = (row).password,                                                                \
        .ended = !(row).ended_is_null,                                                             \
        .over = !(row).ended_is_null || (row).over,                                                \
        .paused = (row).paused,                                                                    \
        .read = (enum role)(row).read_level,                                                       \
        .write = (enum role)(row).write_level })

/* Why it does not work; in the order in which it could be mended. */
static const char *
state_of(const struct request *rq, const struct link *l, enum role least, bool gone)
{
    if (l->ended)
        return tr(rq->lang, "It was ended.");
    if (l->over)
        return tr(rq->lang, "Its time is over.");
    if (gone)
        return tr(rq->lang, "It does not work: what it opens is in the trash.");
    if (least == ROLE_NOBODY)
        return tr(rq->lang, "It does not work: the chapter has switched links off.");
    if (l->paused)
        return tr(rq->lang,
            "It does not work: it came back from a backup, and may have been ended since.");
    if (l->now_read > l->read)
        return tr(rq->lang,
            "It does not work: fewer people may read this now than when the link was made.");
    if (l->drop_box && l->now_write > l->write)
        return tr(rq->lang, "It does not work: fewer people may change this folder now than when "
                            "the link was made.");
    return NULL;
}

static const char *
use_of(const struct request *rq, const struct link *l)
{
    if (l->used_on == NULL)
        return tr(rq->lang, "Not opened yet");
    if (l->drop_box)
        return arena_printf(rq->arena,
            trn(rq->lang, "%d file arrived (%s), the last on %s",
                "%d files arrived (%s), the last on %s", l->files),
            l->files, text_size(rq->arena, l->bytes, rq->lang->tag), l->used_on);
    return arena_printf(rq->arena,
        trn(rq->lang, "Used %d time, on %s", "Used %d times, last on %s", (long)l->uses),
        (int)l->uses, l->used_on);
}

static struct share_row
row_of(const struct request *rq, const struct link *l, enum role least, bool gone)
{
    return (struct share_row){ .id = arena_printf(rq->arena, "%" PRId64, l->id),
        .purpose = l->purpose,
        .made = time_people(rq->arena, l->made, rq->app->config->time_zone, rq->lang->tag),
        .until = l->until,
        .used = use_of(rq, l),
        .maker = l->maker,
        .state = state_of(rq, l, least, gone),
        .drop_box = l->drop_box,
        .password = l->password,
        .maker_may_not = !l->over && least != ROLE_NOBODY && l->maker_role < least,
        .over = l->over,
        .paused = l->paused && !l->over };
}

struct error *
share_rows_of_node(struct request *rq, const struct dav_node *node, enum role least,
    const struct share_row **result, int *n)
{
    struct rows rows;

    TRY(q_shares_of_node(rq->db, rq->arena, node->id, &rows));
    struct share_row *list = NEW_ARRAY(rq->arena, struct share_row, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct shares_of_node_row row = shares_of_node_row(&rows, i);
        struct link link = LINK_OF(row);
        link.now_read = node->policy.read_level;
        link.now_write = node->policy.write_level;
        list[i] = row_of(rq, &link, least, false);
    }
    *result = list;
    *n = rows.n;
    return NULL;
}

/* "/c/jena/files/Mitglieder/2026/"; each name is encoded by itself. */
static const char *
address_of(const struct request *rq, const char *place)
{
    const char *const *part;
    int n = text_split(rq->arena, place, "/", &part);
    const char **all = NEW_ARRAY(rq->arena, const char *, (size_t)n + 3);

    all[0] = "c";
    all[1] = rq->param[0];
    all[2] = "files";
    if (n > 0)
        memcpy(all + 3, part, (size_t)n * sizeof *all);
    return uri_href(rq->arena, &(struct path){ all, n + 3, true }, true);
}

static void
set_place(struct request *rq, const struct shares_of_chapter_row *row, struct share_row *line)
{
    if (row->root) {
        line->place = tr(rq->lang, "Documents");
        line->place_href = arena_printf(rq->arena, "%s?share", address_of(rq, ""));
        return;
    }
    line->place = row->name;
    if (row->place == NULL)
        return;
    line->place = arena_printf(rq->arena, "%s%s", row->place, row->name);
    line->place_href = arena_printf(rq->arena, "%s%s%s?share", address_of(rq, row->place),
        uri_encode(rq->arena, row->name), row->collection ? "/" : "");
}

/* Of places that the board may not read it is told that there is a link, not where. */
struct error *
share_rows_of_chapter(
    struct request *rq, enum role least, const struct share_row **result, int *n, int *paused)
{
    struct rows rows;

    TRY(q_shares_of_chapter(
        rq->db, rq->arena, rq->chapter, files_tree.root->name, LINKS_MOST, &rows));
    struct share_row *list = NEW_ARRAY(rq->arena, struct share_row, (size_t)rows.n + 1);
    *paused = 0;
    for (int i = 0; i < rows.n; i++) {
        struct shares_of_chapter_row row = shares_of_chapter_row(&rows, i);
        const struct policy policy = { .id = row.policy_id,
            .chapter = rq->chapter,
            .read_level = (enum role)row.now_read,
            .write_level = (enum role)row.now_write };
        struct link link = LINK_OF(row);
        link.now_read = policy.read_level;
        link.now_write = policy.write_level;
        list[i] = row_of(rq, &link, least, row.place == NULL);
        *paused += list[i].paused;
        if ((access_rights(rq->who, &policy) & MAY_READ) != 0)
            set_place(rq, &row, &list[i]);
        else
            list[i].place = tr(rq->lang, "A folder that you may not see");
    }
    *result = list;
    *n = rows.n;
    return NULL;
}

/* ---------------------------------------------------------------- on other pages */

static const char *
news_text(struct request *rq, const struct shares_news_row *row)
{
    return arena_printf(rq->arena,
        trn(rq->lang, "%d file has arrived by the drop box “%s”, on %s.",
            "%d files have arrived by the drop box “%s”, the last on %s.", row->news),
        row->news, row->purpose,
        time_people(rq->arena, row->arrived, rq->app->config->time_zone, rq->lang->tag));
}

struct error *
share_marks(struct request *rq, const struct dav_node *node, struct share_marks *marks)
{
    int64_t *above = NEW_ARRAY(rq->arena, int64_t, (size_t)node->n_ancestors + 1);
    struct rows near, news;

    if (node->n_ancestors > 0)
        memcpy(above, node->ancestors, (size_t)node->n_ancestors * sizeof *above);
    above[node->n_ancestors] = node->id;
    db_pipeline(rq->db);
    TRY(q_shares_near(
        rq->db, rq->arena, (struct ints){ above, node->n_ancestors + 1 }, node->id, &near));
    TRY(q_shares_news(rq->db, rq->arena, rq->chapter, files_tree.root->name, node->id, &news));
    TRY(db_flush(rq->db, rq->arena));
    int64_t *marked = NEW_ARRAY(rq->arena, int64_t, (size_t)near.n + 1);
    const char **text = NEW_ARRAY(rq->arena, const char *, (size_t)news.n + 1);
    *marks = (struct share_marks){ .node = marked, .news = text };
    for (int i = 0; i < near.n; i++) {
        struct shares_near_row row = shares_near_row(&near, i);
        bool is_above = false;
        for (int k = 0; k <= node->n_ancestors; k++)
            is_above = is_above || above[k] == row.node;
        marks->here = marks->here || is_above;
        marks->read_here = marks->read_here || (is_above && !row.drop_box);
        if (!is_above)
            marked[marks->n++] = row.node;
    }
    for (int i = 0; i < news.n; i++) {
        struct shares_news_row row = shares_news_row(&news, i);
        text[marks->n_news++] = news_text(rq, &row);
    }
    return NULL;
}

bool
share_marked(const struct share_marks *marks, const struct dav_node *node)
{
    for (int i = 0; i < marks->n; i++)
        if (marks->node[i] == node->id)
            return true;
    return false;
}

/* Whoever may write in the folder sees to what arrives there. */
struct error *
share_notices(struct request *rq, struct notices *notices)
{
    struct rows rows;

    *notices = (struct notices){ NULL, 0 };
    if (rq->who->person == 0)
        return NULL;
    TRY(q_shares_news(rq->db, rq->arena, rq->chapter, files_tree.root->name, 0, &rows));
    struct notice *list = NEW_ARRAY(rq->arena, struct notice, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct shares_news_row row = shares_news_row(&rows, i);
        const struct policy policy = { .id = row.policy_id,
            .chapter = rq->chapter,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };
        if ((access_rights(rq->who, &policy) & (MAY_READ | MAY_WRITE)) == (MAY_READ | MAY_WRITE))
            list[notices->n++] = (struct notice){ news_text(rq, &row), address_of(rq, row.place) };
    }
    notices->notice = list;
    return NULL;
}

const char *
documents_writer(const struct request *rq, const char *name, bool by_box)
{
    return name == NULL || !by_box
               ? name
               : arena_printf(rq->arena, tr(rq->lang, "by the drop box “%s”"), name);
}
