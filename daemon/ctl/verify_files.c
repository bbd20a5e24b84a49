/* chapterctl verify: files in the store that nothing knows of. They are rubbish, not damage. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"
#include "blob/blob.h"
#include "ctl/verify.h"
#include "q/verify.h"

#define BATCH    500
#define GRACE_US (INT64_C(7) * 86400 * 1000000) /* as long the sweep leaves unknown files alone */

/* Files of one owner that are asked about together. */
struct batch {
    struct verify *verify;
    struct blob_owner owner;
    enum blob_where where;
    char hash[BATCH][2 * SHA256_SIZE + 1];
    int64_t size[BATCH], modified[BATCH];
    int n;
    int64_t seen;
    struct rows unknown;
    struct error *error; /* the first failure, which ends the listing */
};

static fallible
unknown_step(struct ctl *ctl, void *own)
{
    struct batch *b = own;
    const char *hashes[BATCH];
    bool chapter = b->owner.kind == 'c';

    for (int i = 0; i < b->n; i++)
        hashes[i] = b->hash[i];
    return q_verify_unknown(ctl->db, ctl->arena, chapter ? b->owner.id : 0,
        chapter ? 0 : b->owner.id, (struct texts){ hashes, b->n }, b->where, &b->unknown);
}

static void
count(struct batch *b, const char *hash)
{
    for (int i = 0; i < b->n; i++)
        if (strcmp(b->hash[i], hash) == 0) {
            b->verify->rubbish++;
            b->verify->rubbish_bytes += b->size[i];
            b->verify->old_rubbish += time_now() - b->modified[i] > GRACE_US;
        }
}

static fallible
ask(struct batch *b)
{
    struct verify *v = b->verify;
    size_t mark = arena_mark(v->ctl->arena);

    if (b->n == 0)
        return NULL;
    v->person = b->owner.kind == 'p' ? b->owner.id : 0;
    TRY(verify_ask(v, unknown_step, b));
    v->person = 0;
    for (int i = 0; i < b->unknown.n; i++)
        count(b, verify_unknown_row(&b->unknown, i).hash);
    b->n = 0;
    arena_rewind(v->ctl->arena, mark);
    ctl_progress("%" PRId64 " files in the store", b->seen);
    return NULL;
}

static bool
found(void *cls, const struct blob_found *file)
{
    struct batch *b = cls;
    size_t mark = arena_mark(b->verify->ctl->arena);

    if (b->n == BATCH || b->owner.kind != file->owner.kind || b->owner.id != file->owner.id)
        b->error = ask(b);
    if (b->error != NULL)
        return false;
    b->owner = file->owner;
    b->where = file->where;
    memcpy(b->hash[b->n], hex_encode(b->verify->ctl->arena, file->sha256, SHA256_SIZE),
        2 * SHA256_SIZE + 1);
    b->size[b->n] = file->size;
    b->modified[b->n] = file->modified;
    b->n++;
    b->seen++;
    arena_rewind(b->verify->ctl->arena, mark);
    return true;
}

struct error *
verify_files(struct verify *v)
{
    struct batch *b = NEW(v->ctl->arena, struct batch);

    b->verify = v;
    for (int where = 0; where < BLOB_PLACES; where++) {
        if (blob_has(v->store, (enum blob_where)where))
            TRY(blob_list(v->store, v->ctl->arena, (enum blob_where)where, found, b));
        TRY(b->error);
        TRY(ask(b));
    }
    return NULL;
}
