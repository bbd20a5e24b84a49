/* chapterctl verify: is every content still what was stored, byte for byte? */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/token.h"
#include "blob/blob.h"
#include "ctl/verify.h"
#include "q/verify.h"

/* A page of rows, and where the next begins. */
struct page {
    int64_t after;
    struct rows rows;
};

/* "12, 15": the documents that show a content. */
struct users {
    int64_t blob;
    bool there;
    const char *list;
};

static fallible
users_step(struct ctl *ctl, void *own)
{
    struct users *users = own;
    struct rows rows;

    TRY(q_verify_still_there(ctl->db, ctl->arena, users->blob, &rows));
    users->there = verify_still_there_row(&rows, 0).there;
    TRY(q_verify_used_by(ctl->db, ctl->arena, users->blob, &rows));
    users->list = rows.n == 0 ? "none" : "";
    for (int i = 0; i < rows.n; i++)
        users->list = arena_printf(ctl->arena, "%s%s%" PRId64, users->list, i == 0 ? "" : ", ",
            verify_used_by_row(&rows, i).node);
    return NULL;
}

/* A content is not what it should be: `what` says how. Nothing when it is gone by now. */
static fallible
content_damaged(struct verify *v, const char *kind, const char *chapter, int64_t blob,
    struct bytes hash, const char *what)
{
    struct users users = { .blob = blob };

    TRY(verify_ask(v, users_step, &users));
    if (!users.there)
        return NULL;
    verify_damage(v, kind, chapter, blob,
        "%s. Content %s, documents: %s. Put it back from a backup.", what,
        hex_encode(v->ctl->arena, hash.p, hash.n), users.list);
    return NULL;
}

/* ---------------------------------------------------------------- in the database */

static fallible
inline_step(struct ctl *ctl, void *own)
{
    struct page *page = own;
    struct rows unused;

    TRY(q_verify_patience(ctl->db, ctl->arena, &unused));
    return q_verify_inline(ctl->db, ctl->arena, page->after, &page->rows);
}

static fallible
verify_inline_contents(struct verify *v)
{
    struct page page = { .after = 0 };

    do {
        size_t mark = arena_mark(v->ctl->arena);
        TRY(verify_ask(v, inline_step, &page));
        for (int i = 0; i < page.rows.n; i++) {
            struct verify_inline_row row = verify_inline_row(&page.rows, i);
            v->inline_contents++;
            v->bytes += row.size;
            page.after = row.id;
            if (!row.good)
                TRY(content_damaged(v, "wrong_hash", row.chapter, row.id, row.sha256,
                    "A content in the database is not what was stored"));
        }
        ctl_progress("%" PRId64 " small contents", v->inline_contents);
        arena_rewind(v->ctl->arena, mark);
    } while (page.rows.n > 0 && page.after < v->last);
    return NULL;
}

/* ---------------------------------------------------------------- in the store */

/* Both hashes get what is read. */
struct hashing {
    struct sha256 *part, *whole;
    int64_t size;
};

static fallible
hash_piece(void *cls, struct arena *arena UNUSED, const char *p, size_t n)
{
    struct hashing *h = cls;

    sha256_add(h->part, p, n);
    sha256_add(h->whole, p, n);
    h->size += (int64_t)n;
    return NULL;
}

static const char *
unreadable(struct verify *v, const struct error *e)
{
    return arena_printf(v->ctl->arena, "A file in the store cannot be read (%s)",
        e->cause != NULL ? e->cause : e->cond->title);
}

/* What is wrong with one part, or NULL; its bytes go into `whole` too. */
static const char *
part_fault(struct verify *v, struct blob_owner owner, const struct verify_stored_row *row,
    struct sha256 *whole)
{
    struct arena *arena = v->ctl->arena;
    struct blob_part part = { .size = row->part_size, .where = (enum blob_where)row->part_store };
    struct hashing hashing = { .whole = whole };
    const struct blob_sink sink = { hash_piece, &hashing };
    unsigned char digest[SHA256_SIZE];
    int64_t size;

    if (row->part_sha256.n != SHA256_SIZE || !row->same_owner)
        return "A part of a content belongs to somebody else";
    memcpy(part.sha256, row->part_sha256.p, SHA256_SIZE);
    struct error *e = blob_look(v->store, arena, owner, &part, &size);
    if (e != NULL)
        return unreadable(v, e);
    if (size < 0)
        return arena_printf(arena, "The file %s is missing in the store",
            hex_encode(arena, part.sha256, SHA256_SIZE));
    if (size != part.size)
        return arena_printf(arena, "A file in the store has %" PRId64 " bytes instead of %" PRId64,
            size, part.size);
    hashing.part = sha256_new();
    e = blob_fetch(v->store, arena, owner, &part, 0, size, &sink);
    sha256_end(hashing.part, digest);
    v->bytes += hashing.size;
    if (e != NULL)
        return unreadable(v, e);
    if (memcmp(digest, part.sha256, SHA256_SIZE) != 0)
        return "A file in the store is not what was stored";
    return NULL;
}

/* Looks at the content whose parts are the rows from `from` to before `to`. */
static fallible
verify_stored_content(struct verify *v, const struct rows *rows, int from, int to)
{
    const struct verify_stored_row first = verify_stored_row(rows, from);
    const struct blob_owner owner = first.chapter_id_is_null
                                        ? (struct blob_owner){ 'p', first.person_id }
                                        : (struct blob_owner){ 'c', first.chapter_id };
    size_t mark = arena_mark(v->ctl->arena);
    unsigned char digest[SHA256_SIZE];
    const char *fault = NULL;
    int64_t size = 0;

    if (first.part_sha256_is_null)
        return content_damaged(v, "no_parts", first.chapter, first.id, first.sha256,
            "A content has neither bytes nor files");
    struct sha256 *whole = sha256_new();
    for (int i = from; i < to && fault == NULL; i++) {
        struct verify_stored_row row = verify_stored_row(rows, i);
        fault = part_fault(v, owner, &row, whole);
        size += row.part_size;
    }
    sha256_end(whole, digest);
    if (fault == NULL && (size != first.size || first.sha256.n != SHA256_SIZE ||
                             memcmp(digest, first.sha256.p, SHA256_SIZE) != 0))
        fault = "The files of a content do not make up what was stored";
    if (fault != NULL)
        TRY(content_damaged(v, "stored", first.chapter, first.id, first.sha256, fault));
    arena_rewind(v->ctl->arena, mark);
    return NULL;
}

static fallible
stored_step(struct ctl *ctl, void *own)
{
    struct page *page = own;

    return q_verify_stored(ctl->db, ctl->arena, page->after, &page->rows);
}

static fallible
verify_stored_contents(struct verify *v)
{
    struct page page = { .after = 0 };

    do {
        size_t mark = arena_mark(v->ctl->arena);
        TRY(verify_ask(v, stored_step, &page));
        for (int from = 0, to; from < page.rows.n; from = to) {
            page.after = verify_stored_row(&page.rows, from).id;
            for (to = from + 1; to < page.rows.n; to++)
                if (verify_stored_row(&page.rows, to).id != page.after)
                    break;
            v->stored_contents++;
            TRY(verify_stored_content(v, &page.rows, from, to));
            ctl_progress("%" PRId64 " large contents, %" PRId64 " MB read", v->stored_contents,
                v->bytes / 1000000);
        }
        arena_rewind(v->ctl->arena, mark);
    } while (page.rows.n > 0 && page.after < v->last);
    return NULL;
}

static fallible
last_step(struct ctl *ctl, void *own)
{
    struct rows rows;

    TRY(q_verify_last(ctl->db, ctl->arena, &rows));
    *(int64_t *)own = verify_last_row(&rows, 0).id;
    return NULL;
}

struct error *
verify_contents(struct verify *v)
{
    TRY(verify_ask(v, last_step, &v->last));
    TRY(verify_inline_contents(v));
    return verify_stored_contents(v);
}
