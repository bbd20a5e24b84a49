/* chapterctl verify: re-reads everything that is stored and says what is damaged. */
#include "ctl/verify.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "blob/blob.h"
#include "q/verify.h"

void
verify_damage(
    struct verify *v, const char *kind, const char *chapter, int64_t id, const char *format, ...)
{
    const char *text;
    va_list ap;

    va_start(ap, format);
    text = arena_vprintf(v->ctl->arena, format, ap);
    va_end(ap);
    v->n_damage++;
    json_array_append_new(
        v->damage, json_pack("{s:s, s:o, s:I, s:s}", "kind", kind, "chapter",
                       ctl_json_text(chapter), "id", (json_int_t)id, "text", text));
    if (id != 0)
        ctl_say(v->ctl, "DAMAGE %s %" PRId64 ": %s", chapter == NULL ? "(a person's)" : chapter, id,
            text);
    else
        ctl_say(v->ctl, "DAMAGE %s: %s", chapter == NULL ? "(a person's)" : chapter, text);
}

struct error *
verify_ask(struct verify *v, fallible (*step)(struct ctl *, void *own), void *own)
{
    if (v->person != 0)
        return ctl_work_as(v->ctl, SNAPSHOT, v->person, step, own);
    return ctl_work(v->ctl, SNAPSHOT, step, own);
}

/* ---------------------------------------------------------------- what people own */

struct people {
    int64_t after;
    bool owns;
    struct rows rows;
};

static fallible
people_step(struct ctl *ctl, void *own)
{
    struct people *p = own;

    return q_verify_people(ctl->db, ctl->arena, p->after, &p->rows);
}

static fallible
owns_step(struct ctl *ctl, void *own)
{
    struct people *p = own;
    struct rows rows;

    TRY(q_verify_owns(ctl->db, ctl->arena, p->after, &rows));
    p->owns = verify_owns_row(&rows, 0).owns;
    return NULL;
}

/*
 * The wall between people stands for us too, so each is looked at alone; the
 * few who own something get the same questions as the chapters.
 */
static fallible
verify_people(struct verify *v)
{
    struct people p = { .after = 0 };

    do {
        size_t mark = arena_mark(v->ctl->arena);
        v->person = 0;
        TRY(verify_ask(v, people_step, &p));
        for (int i = 0; i < p.rows.n; i++) {
            size_t inner = arena_mark(v->ctl->arena);
            v->person = p.after = verify_people_row(&p.rows, i).id;
            TRY(verify_ask(v, owns_step, &p));
            if (p.owns) {
                TRY(verify_tree(v));
                TRY(verify_contents(v));
            }
            arena_rewind(v->ctl->arena, inner);
        }
        arena_rewind(v->ctl->arena, mark);
    } while (p.rows.n > 0);
    v->person = 0;
    return NULL;
}

/* ---------------------------------------------------------------- all */

static void
tell(struct verify *v)
{
    struct arena *arena = v->ctl->arena;

    if (v->ctl->json) {
        ctl_json(json_pack("{s:b, s:{s:I, s:I, s:I}, s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:O}", "ok",
            v->n_damage == 0, "contents", "inline", (json_int_t)v->inline_contents, "stored",
            (json_int_t)v->stored_contents, "bytes", (json_int_t)v->bytes, "chapters",
            (json_int_t)v->chapters, "nodes", (json_int_t)v->nodes, "rubbish", "files",
            (json_int_t)v->rubbish, "bytes", (json_int_t)v->rubbish_bytes, "old",
            (json_int_t)v->old_rubbish, "recounted", (json_int_t)v->recounted, "damage",
            v->damage));
        return;
    }
    ctl_say(v->ctl,
        "%" PRId64 " contents read again (%s), %" PRId64 " documents and folders in %" PRId64
        " chapters looked at.",
        v->inline_contents + v->stored_contents, text_size(arena, v->bytes, "en"), v->nodes,
        v->chapters);
    if (v->rubbish > 0)
        ctl_say(v->ctl,
            "%" PRId64 " files (%s) in the store belong to nothing: uploads under way or "
            "broken off. They are removed by themselves after 7 days.",
            v->rubbish, text_size(arena, v->rubbish_bytes, "en"));
    if (v->old_rubbish > 0)
        ctl_say(v->ctl,
            "%" PRId64 " of them are older than that: see that a daemon runs and its log says "
            "nothing about the job that sweeps the store.",
            v->old_rubbish);
    if (v->n_damage == 0)
        ctl_say(v->ctl, "Nothing is damaged.");
    else
        ctl_say(v->ctl,
            "%" PRId64 " things are damaged. Keep the data as they are, and restore what is "
            "named above from a backup.",
            v->n_damage);
}

/*
 * As root we would leave files that the daemon cannot touch, so root becomes
 * whoever owns the store before anything is opened.
 */
static fallible
become_owner(struct ctl *ctl)
{
    const char *dir = ctl->config->blob_dir;
    struct stat st;

    if (stat(dir, &st) != 0)
        return FAIL(
            ctl->arena, CONFLICT, "The store %s: %s. See: chapterctl check", dir, strerror(errno));
    if (geteuid() != 0 || st.st_uid == 0)
        return NULL;
    if (setgroups(0, NULL) != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
        setresuid(st.st_uid, st.st_uid, st.st_uid) != 0)
        return error_cause(REFUSE(ctl->arena, INTERNAL), ctl->arena, "becoming the owner of %s: %s",
            dir, strerror(errno));
    return NULL;
}

struct error *
verify_open_store(struct ctl *ctl, struct blob_store **store)
{
    TRY(become_owner(ctl));
    return blob_store_open_all(ctl->arena, ctl->config, store);
}

static void
drop_json(void *json)
{
    json_decref(json);
}

static void
close_store(struct blob_store **store)
{
    blob_store_close(*store);
}

struct error *
verify_all(struct verify *v)
{
    struct ctl *ctl = v->ctl;

    v->damage = json_array();
    arena_defer(ctl->arena, drop_json, v->damage);
    CLEANUP(close_store) struct blob_store *store = NULL;
    TRY(verify_open_store(ctl, &store));
    v->store = store;
    TRY(verify_chapters(v));
    TRY(verify_tree(v));
    TRY(verify_contents(v));
    TRY(verify_people(v));
    TRY(verify_files(v));
    if (v->n_damage > 0)
        ctl->end = CTL_FAILED;
    return NULL;
}

static fallible
verify(struct ctl *ctl)
{
    struct verify v = { .ctl = ctl, .recount = ctl_option(ctl, "recount") != NULL };

    TRY(verify_all(&v));
    tell(&v);
    return NULL;
}

static const struct ctl_option verify_options[] = {
    { "recount", NULL, "put right how much each chapter is counted to store", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command verify_commands[] = {
    {
        .name = "verify",
        .args = "",
        .options = verify_options,
        .help = "re-reads all that is stored and says what is damaged",
        .more = "The service may go on meanwhile. It changes nothing but, with --recount,\n"
                "counts. Files that belong to nothing are no damage: they are left by uploads\n"
                "that broke off, and are removed after a week.\n",
        .run = verify,
    },
    { .name = NULL },
};
