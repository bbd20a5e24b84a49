/* chapterctl blobs move: large documents from one store into the other, while the service runs. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "blob/blob.h"
#include "ctl/ctl.h"
#include "ctl/verify.h"
#include "q/blob.h"
#include "q/move.h"
#include "q/verify.h"

#define PATIENCE 24 /* so often a store that does not answer is asked again ... */
#define PAUSE_S  5  /* ... so much later */

static const char *const place_names[BLOB_PLACES] = { [BLOB_DISK] = "disk", [BLOB_S3] = "s3" };

/* One run. */
struct move {
    struct ctl *ctl;
    struct blob_store *store;
    enum blob_where to;
    int64_t person; /* whose files are moved; 0: those of all chapters */
    int64_t blob;   /* where the next page begins: behind this content's part */
    int32_t seq;
    int64_t last; /* content that was there when we began: newer ones may come for ever */
    struct rows rows;
    struct blob_owner owner; /* of the file that is being moved ... */
    struct blob_part part;   /* ... and the file */
    bool wanted;
    int64_t files, bytes, of_files, of_bytes, failed;
};

/* In a transaction that sees what is to be moved. */
static fallible
ask(struct move *m, enum tx tx, fallible (*step)(struct ctl *, void *own))
{
    return m->person != 0 ? ctl_work_as(m->ctl, tx, m->person, step, m)
                          : ctl_work(m->ctl, tx, step, m);
}

/* ---------------------------------------------------------------- one file */

static fallible
wanted_step(struct ctl *ctl, void *own)
{
    struct move *m = own;
    struct rows rows;

    TRY(q_move_wanted(ctl->db, ctl->arena, m->blob, m->seq, m->part.where, &rows));
    m->wanted = move_wanted_row(&rows, 0).wanted;
    return NULL;
}

/*
 * The copy is there and proven; it is looked at once more under the lock that the
 * sweep respects, then the rows point to it. Who has read the old row still finds
 * the old file: its time is now, and the sweep leaves it alone for seven days.
 */
static fallible
switch_step(struct ctl *ctl, void *own)
{
    struct move *m = own;
    struct blob_part copy = m->part;
    struct bytes hash = { m->part.sha256, SHA256_SIZE };
    bool chapter = m->owner.kind == 'c', present;
    struct rows rows;

    copy.where = m->to;
    TRY(q_blob_lock(ctl->db, ctl->arena, blob_lock_key(m->part.sha256), &rows));
    TRY(blob_present(m->store, ctl->arena, m->owner, &copy, &present));
    if (!present)
        return error_cause(REFUSE(ctl->arena, TRY_LATER), ctl->arena, "the copy has disappeared");
    return q_move_done(ctl->db, ctl->arena, hash, chapter ? m->owner.id : 0,
        chapter ? 0 : m->owner.id, m->part.where, m->to, &rows);
}

static fallible
move_file(struct move *m)
{
    struct arena *arena = m->ctl->arena;

    TRY(ask(m, SNAPSHOT, wanted_step));
    if (!m->wanted)
        return NULL;
    TRY(blob_copy(m->store, arena, m->owner, &m->part, m->to));
    CRASH_POINT(63);
    TRY(blob_touch(m->store, arena, m->owner, &m->part));
    TRY(ask(m, READ_WRITE, switch_step));
    CRASH_POINT(64);
    m->files++;
    m->bytes += m->part.size;
    return NULL;
}

/* A store that does not answer is waited for; a file that is damaged is left where it is. */
static fallible
insist(struct move *m, const char *chapter)
{
    const struct timespec pause = { .tv_sec = PAUSE_S };
    struct arena *arena = m->ctl->arena;
    struct error *e = NULL;

    for (int i = 0; i < PATIENCE; i++) {
        e = move_file(m);
        if (e == NULL || e->cond != &TRY_LATER)
            break;
        ctl_progress("waiting: %s", e->cause != NULL ? e->cause : e->cond->title);
        nanosleep(&pause, NULL);
    }
    if (e == NULL || (e->cond != &NOT_FOUND && e->cond != &CONFLICT))
        return e;
    m->failed++;
    ctl_say(m->ctl, "DAMAGE %s: the file %s stays where it is (%s). See: chapterctl verify",
        chapter == NULL ? "(a person's)" : chapter, hex_encode(arena, m->part.sha256, SHA256_SIZE),
        e->cause);
    return NULL;
}

/* ---------------------------------------------------------------- all of one owner's */

static fallible
next_step(struct ctl *ctl, void *own)
{
    struct move *m = own;

    return q_move_next(ctl->db, ctl->arena, m->to, m->blob, m->seq, m->last, &m->rows);
}

static fallible
move_row(struct move *m, const struct move_next_row *row)
{
    m->blob = row->blob;
    m->seq = row->seq;
    m->owner = row->chapter_id_is_null ? (struct blob_owner){ 'p', row->person_id }
                                       : (struct blob_owner){ 'c', row->chapter_id };
    m->part = (struct blob_part){ .size = row->size, .where = (enum blob_where)row->store };
    memcpy(m->part.sha256, row->sha256.p, SHA256_SIZE);
    TRY(insist(m, row->chapter));
    ctl_progress("%" PRId64 " of %" PRId64 " files, %" PRId64 " of %" PRId64 " MB", m->files,
        m->of_files, m->bytes / 1000000, m->of_bytes / 1000000);
    return NULL;
}

static fallible
rest_step(struct ctl *ctl, void *own)
{
    struct move *m = own;
    struct rows rows;

    TRY(q_blob_last(ctl->db, ctl->arena, &rows));
    m->last = blob_last_row(&rows, 0).id;
    TRY(q_move_rest(ctl->db, ctl->arena, m->to, m->last, &rows));
    m->of_files += move_rest_row(&rows, 0).files;
    m->of_bytes += move_rest_row(&rows, 0).bytes;
    return NULL;
}

static fallible
move_all_of_one(struct move *m)
{
    m->blob = m->seq = 0;
    TRY(ask(m, SNAPSHOT, rest_step));
    do {
        size_t mark = arena_mark(m->ctl->arena);
        TRY(ask(m, SNAPSHOT, next_step));
        for (int i = 0; i < m->rows.n; i++) {
            struct move_next_row row = move_next_row(&m->rows, i);
            size_t inner = arena_mark(m->ctl->arena);
            TRY(move_row(m, &row));
            arena_rewind(m->ctl->arena, inner);
        }
        arena_rewind(m->ctl->arena, mark);
    } while (m->rows.n > 0);
    return NULL;
}

/* ---------------------------------------------------------------- what people own */

struct people {
    int64_t after;
    struct rows rows;
};

static fallible
people_step(struct ctl *ctl, void *own)
{
    struct people *p = own;

    return q_verify_people(ctl->db, ctl->arena, p->after, &p->rows);
}

static fallible
move_people(struct move *m)
{
    struct people p = { .after = 0 };

    do {
        size_t mark = arena_mark(m->ctl->arena);
        TRY(ctl_work(m->ctl, SNAPSHOT, people_step, &p));
        for (int i = 0; i < p.rows.n; i++) {
            m->person = p.after = verify_people_row(&p.rows, i).id;
            TRY(move_all_of_one(m));
        }
        arena_rewind(m->ctl->arena, mark);
    } while (p.rows.n > 0);
    m->person = 0;
    return NULL;
}

/* ---------------------------------------------------------------- the command */

static fallible
read_target(struct ctl *ctl, enum blob_where *to)
{
    const char *word = ctl_option(ctl, "to");

    for (int i = 0; i < BLOB_PLACES; i++)
        if (strcmp(word, place_names[i]) == 0) {
            *to = (enum blob_where)i;
            return NULL;
        }
    return FAIL(ctl->arena, BAD_REQUEST, "--to is disk or s3, not %s.", word);
}

static void
tell(const struct move *m)
{
    struct ctl *ctl = m->ctl;

    if (ctl->json) {
        ctl_json(json_pack("{s:b, s:s, s:I, s:I, s:I}", "ok", m->failed == 0, "to",
            place_names[m->to], "files", (json_int_t)m->files, "bytes", (json_int_t)m->bytes,
            "failed", (json_int_t)m->failed));
        return;
    }
    ctl_say(ctl, "%" PRId64 " files (%s) were copied, read again and are used from there now.",
        m->files, text_size(ctl->arena, m->bytes, "en"));
    if (m->files > 0)
        ctl_say(ctl, "The old copies are removed by themselves after 7 days.");
    if (m->failed > 0)
        ctl_say(ctl, "%" PRId64 " damaged files were left where they are.", m->failed);
    if (strcmp(ctl->config->blob_store, place_names[m->to]) != 0)
        ctl_say(ctl, "New documents go on going elsewhere, until the settings say: blob_store = %s",
            place_names[m->to]);
}

static void
close_store(struct blob_store **store)
{
    blob_store_close(*store);
}

static fallible
blobs_move(struct ctl *ctl)
{
    CLEANUP(close_store) struct blob_store *store = NULL;
    struct move m = { .ctl = ctl };

    TRY(read_target(ctl, &m.to));
    if (m.to == BLOB_S3 && ctl->config->s3_endpoint == NULL)
        return FAIL(ctl->arena, CONFLICT, "The settings name no S3 store; write s3_endpoint.");
    TRY(verify_open_store(ctl, &store));
    m.store = store;
    TRY(move_all_of_one(&m));
    TRY(move_people(&m));
    if (m.failed > 0)
        ctl->end = CTL_FAILED;
    ctl_progress("%s", "");
    tell(&m);
    return NULL;
}

static const struct ctl_option move_options[] = {
    { "to", "disk|s3", "where they go", true },
    { NULL, NULL, NULL, false },
};

const struct ctl_command blobs_commands[] = {
    {
        .name = "blobs move",
        .args = "",
        .options = move_options,
        .help = "moves the large documents into the other store",
        .more = "The service goes on meanwhile: each file is copied, read again and compared, and\n"
                "only then used from its new place. Run it again when it was ended: it goes on\n"
                "with what is left. The old copies go after 7 days.\n",
        .run = blobs_move,
    },
    { .name = NULL },
};
