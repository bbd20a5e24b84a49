/* Who can see and who can change a folder: shown, explained for one person, set. */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "auth/why.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/share.h"
#include "q/documents.h"
#include "webdav/dav.h"
#include "webdav/door.h"

#define UID_BYTES 256

/* The levels people can choose, and how they are called everywhere on this page. */
static const struct {
    enum role level;
    const char *word, *title;
} steps[] = {
    { ROLE_PUBLIC, "public", N_("Everybody on the internet") },
    { ROLE_FEDERATION, "federation", N_("Everybody who is signed in") },
    { ROLE_MEMBER, "member", N_("The members of the chapter") },
    { ROLE_BOARD, "board", N_("The board") },
    { ROLE_CHAIR, "chair", N_("The chair alone") },
};

static const char *
level_title(enum role level)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i].level == level)
            return steps[i].title;
    return N_("Nobody");
}

/* ---------------------------------------------------------------- why */

/* "“erika” is a member here by a group of the directory (cn=…)." One line a source. */
static const char *
origin_line(struct request *rq, const struct role_origin *o)
{
    const char *role = tr(rq->lang, why_role_title(o->role)), *line;

    if (o->group_key != NULL)
        line = arena_printf(
            rq->arena, tr(rq->lang, "%s, by the group %s of the directory"), role, o->group_key);
    else if (o->granted)
        line = arena_printf(rq->arena, tr(rq->lang, "%s, given by the chapter"), role);
    else
        line = arena_printf(rq->arena, tr(rq->lang, "%s, by invitation"), role);
    if (o->via != NULL)
        line = arena_printf(rq->arena,
            tr(rq->lang, "%s – as a member of %s, which belongs to this chapter"), line, o->via);
    if (o->until != NULL)
        line = arena_printf(rq->arena, tr(rq->lang, "%s – until %s"), line, o->until);
    return line;
}

static const char *
because_of_group(struct request *rq, const struct why *why, unsigned right)
{
    for (int i = 0; i < why->n_groups; i++)
        if ((why->group[i].rights & right) != 0)
            return arena_printf(rq->arena, tr(rq->lang, "The group “%s” may."), why->group[i].name);
    return tr(rq->lang, "A group may.");
}

/* One right and the reason; `needs` is the level that it asks for. */
static struct why_line
line_of(
    struct request *rq, const struct why *why, unsigned right, const char *title, enum role needs)
{
    const char *role = tr(rq->lang, why_role_title(why->verdict.role));
    bool yes = (why->rights & right) != 0;
    struct why_line line = { .title = title, .yes = yes };

    if (yes && (why->verdict.by_role & right) == 0)
        line.because = because_of_group(rq, why, right);
    else
        line.because = arena_printf(rq->arena,
            yes ? tr(rq->lang, "Allowed to: %s. The role here: %s.")
                : tr(rq->lang, "Allowed to: %s. The role here is only: %s."),
            tr(rq->lang, level_title(needs)), role);
    return line;
}

static fallible
explain(struct request *rq, const struct dav_node *node, const char *asked, struct why_sheet *sheet)
{
    struct why why;
    bool role = false;

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (asked[0] == '@' && strcmp(asked + 1, steps[i].word) == 0) {
            why_role(rq->arena, steps[i].level, &node->policy, &why);
            role = true;
        }
    if (!role)
        TRY(why_person(rq->db, rq->arena, asked, &node->policy, &why));
    const char **origin = NEW_ARRAY(rq->arena, const char *, (size_t)why.n_roles + 1);
    for (int i = 0; i < why.n_roles; i++)
        origin[i] = origin_line(rq, &why.role[i]);
    struct why_line *line = NEW_ARRAY(rq->arena, struct why_line, 3);
    enum role write = node->policy.write_level;
    line[0] = line_of(rq, &why, MAY_READ, N_("See it"), node->policy.read_level);
    line[1] = line_of(rq, &why, MAY_WRITE, N_("Change it"), write);
    line[2] = line_of(
        rq, &why, MAY_MANAGE, N_("Decide who may"), write > ROLE_BOARD ? ROLE_CHAIR : ROLE_BOARD);
    *sheet = (struct why_sheet){ .who = role        ? NULL
                                        : why.known ? why.who->name
                                                    : asked,
        .unknown = !why.known,
        .origin = origin,
        .n_origins = why.n_roles,
        .line = line,
        .n_lines = 3 };
    return NULL;
}

/* ---------------------------------------------------------------- the page */

static struct level_choice *
choices(struct request *rq, enum role least, enum role chosen, int *n)
{
    struct level_choice *c = NEW_ARRAY(rq->arena, struct level_choice, COUNT_OF(steps) + 1);

    *n = 0;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i].level >= least)
            c[(*n)++] =
                (struct level_choice){ steps[i].word, steps[i].title, steps[i].level == chosen };
    if (chosen == ROLE_NOBODY)
        c[(*n)++] = (struct level_choice){ "nobody", level_title(chosen), true };
    return c;
}

static unsigned
rights_of_group(const struct dav_levels *levels, int64_t id)
{
    for (int i = 0; i < levels->n; i++)
        if (levels->group[i].id == id)
            return levels->group[i].rights;
    return 0;
}

/* As they are, and as the form shows them: what was wanted when it is shown again. */
static fallible
group_choices(struct request *rq, const struct dav_levels *levels, const struct dav_levels *wanted,
    struct levels_sheet *sheet)
{
    struct rows rows;

    TRY(q_documents_groups(rq->db, rq->arena, rq->chapter, &rows));
    struct group_choice *g = NEW_ARRAY(rq->arena, struct group_choice, (size_t)rows.n + 1),
                        *form = NEW_ARRAY(rq->arena, struct group_choice, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct documents_groups_row row = documents_groups_row(&rows, i);
        g[i] = (struct group_choice){ arena_printf(rq->arena, "group-%" PRId64, row.id), row.name,
            rights_of_group(levels, row.id) };
        form[i] = g[i];
        if (wanted != NULL)
            form[i].rights = rights_of_group(wanted, row.id);
    }
    sheet->group = g;
    sheet->group_form = form;
    sheet->n_groups = rows.n;
    return NULL;
}

static const char *
origin_of_levels(struct request *rq, const struct dav_node *node, const struct dav_levels *levels)
{
    if (levels->own)
        return tr(rq->lang, "This folder has a rule of its own.");
    if (levels->from == NULL)
        return node->collection
                   ? tr(rq->lang,
                         "The same as for all documents of the chapter, whose rule holds here too.")
                   : tr(rq->lang, "A document follows its folder: here the rule for all documents "
                                  "of the chapter.");
    return arena_printf(rq->arena,
        node->collection ? tr(rq->lang, "The same as for the folder “%s”, in which it lies.")
                         : tr(rq->lang, "A document follows its folder: here “%s”."),
        levels->from);
}

/* Would everybody on the internet read what so far not everybody can? */
static bool
opens(const struct dav_node *node, const struct dav_levels *wanted)
{
    return wanted->own && wanted->read == ROLE_PUBLIC && node->policy.read_level != ROLE_PUBLIC;
}

/* wanted: what the form said that is shown again because of a problem; or NULL. */
static fallible
show(struct request *rq, struct response *rs, const char *problem, const struct dav_levels *wanted)
{
    const char *asked = request_query(rq, "why");
    struct path path = dav_path(rq->arena, &rq->path);
    struct levels_sheet sheet = { .problem = problem };
    struct why_sheet why;
    struct dav_levels levels = { .own = true };
    struct dav_node node;
    struct share_marks marks;
    struct view v;

    TRY(dav_look_to_manage(rq, &path, &node));
    if (node.kind->levels != NULL || !node.collection)
        TRY((node.kind->levels != NULL ? node.kind->levels : folder_kind.levels)(
            rq, &node, &levels));
    sheet.here = uri_href(rq->arena, &rq->path, node.collection);
    sheet.is_root = node.is_root;
    sheet.is_folder = node.collection;
    sheet.own = levels.own;
    TRY(share_marks(rq, &node, &marks));
    sheet.shared = marks.read_here;
    sheet.origin = origin_of_levels(rq, &node, &levels);
    sheet.readers = level_title(node.policy.read_level);
    sheet.writers = level_title(node.policy.write_level);
    sheet.read = choices(rq, ROLE_PUBLIC,
        wanted != NULL ? wanted->read : node.policy.read_level, &sheet.n_read);
    sheet.write = choices(rq, ROLE_FEDERATION,
        wanted != NULL ? wanted->write : node.policy.write_level, &sheet.n_write);
    sheet.ask_public = wanted != NULL && opens(&node, wanted);
    TRY(group_choices(rq, &levels, wanted, &sheet));
    if (asked != NULL && *(asked = text_trim(rq->arena, asked)) != '\0') {
        TRY(explain(rq, &node, asked, &why));
        sheet.asked = asked;
        sheet.why = &why;
    }
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Who can see and change this"), &v);
    if (problem != NULL)
        v.notice = NULL;
    TRY(document_crumbs(rq, true, &v));
    documents_levels(o, &v, &sheet);
    return NULL;
}

struct error *
documents_levels_page(struct request *rq, struct response *rs)
{
    return show(rq, rs, NULL, NULL);
}

/* ---------------------------------------------------------------- setting */

static fallible
read_level(struct request *rq, const char *field, enum role *level)
{
    const char *word;

    TRY(form_text(rq, field, 20, &word));
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (strcmp(steps[i].word, word) == 0) {
            *level = steps[i].level;
            return NULL;
        }
    *level = ROLE_NOBODY;
    return strcmp(word, "nobody") == 0 ? NULL : REFUSE(rq->arena, BAD_REQUEST);
}

static fallible
read_groups(struct request *rq, struct dav_levels *levels)
{
    struct rows rows;
    const char *word;

    TRY(q_documents_groups(rq->db, rq->arena, rq->chapter, &rows));
    struct dav_group_level *g = NEW_ARRAY(rq->arena, struct dav_group_level, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct documents_groups_row row = documents_groups_row(&rows, i);
        TRY(form_maybe(rq, arena_printf(rq->arena, "group-%" PRId64, row.id), 10, &word));
        if (word != NULL && strcmp(word, "read") == 0)
            g[levels->n++] = (struct dav_group_level){ row.id, row.name, MAY_READ };
        else if (word != NULL && strcmp(word, "write") == 0)
            g[levels->n++] = (struct dav_group_level){ row.id, row.name, MAY_READ | MAY_WRITE };
    }
    levels->group = g;
    return NULL;
}

struct error *
documents_levels_post(struct request *rq, struct response *rs, const char *rule)
{
    struct path path = dav_path(rq->arena, &rq->path);
    struct dav_levels levels = { .own = strcmp(rule, "own") == 0 };
    struct dav_node node;
    const char *known;

    if (levels.own) {
        TRY(read_level(rq, "see", &levels.read));
        TRY(read_level(rq, "change", &levels.write));
        TRY(read_groups(rq, &levels));
        TRY(form_maybe(rq, "public", 1, &known));
        TRY(dav_look_to_manage(rq, &path, &node));
        if (known == NULL && opens(&node, &levels)) {
            response_status(rs, 409);
            return show(rq, rs,
                tr(rq->lang, "Everybody on the internet could read everything in this folder then, without "
                             "signing in. If that is meant, say so below."),
                &levels);
        }
    }
    struct error *e = dav_set_levels(rq, &path, &levels);
    if (e != NULL && e->cond == &CONFLICT && e->detail != NULL) {
        response_status(rs, 409);
        return show(rq, rs, e->detail, levels.own ? &levels : NULL);
    }
    TRY(e);
    response_redirect(rs,
        arena_printf(rq->arena, "%s?why&done=levels-set", uri_href(rq->arena, &rq->path, true)));
    return NULL;
}
