/* A folder, or what was ticked in it, as a zip that is made while it is sent. */
#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "blob/blob.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "q/documents.h"
#include "webdav/conditions.h"
#include "webdav/store.h"

/* What is taken from a document at once. */
#define STEP ((int64_t)KB(256))
/* Contents are looked up for so many documents at a time, or for so many bytes of the database's. */
#define BATCH_MEMBERS 64
#define BATCH_BYTES   ((int64_t)MB(2))
/* What libarchive may give for one step; at its end the list of all members. */
#define PENDING_MAX ((size_t)MB(512))

struct member {
    const char *path;
    int64_t size, modified, blob;
    bool collection, packed; /* packed: of a type that does not get smaller */
};

/* Where the bytes of a member are. */
struct content {
    bool found;
    const char *bytes; /* NULL: in parts */
    const struct blob_part *part;
    int n_parts;
};

/* All of it lives in an arena of its own, as the reply outlives its request. */
struct zip {
    struct arena *arena;
    struct blob_store *store;
    struct blob_owner owner;
    struct db_scope scope;
    const struct member *member;
    int n, at;
    int64_t done; /* bytes of member `at` */
    bool open;    /* its head is written */
    bool ended;
    bool gone; /* nobody takes anything any more */
    struct arena *batch; /* of the contents of members first .. last-1 */
    struct content *content;
    int first, last;
    locale_t utf8; /* libarchive marks names by the charset of the thread */
    struct archive *archive;
    struct archive_entry *entry;
    struct buf pending; /* made, and not yet taken */
};

/* ---------------------------------------------------------------- contents */

static struct content *
content_of(struct zip *z, int member)
{
    return &z->content[member - z->first];
}

/* The members from `at` on whose contents are looked up together. */
static int
end_of_batch(const struct zip *z)
{
    int64_t bytes = 0;
    int end = z->at;

    do
        bytes += z->member[end].size < (int64_t)MB(1) ? z->member[end].size : 0;
    while (++end < z->n && end - z->at < BATCH_MEMBERS && bytes < BATCH_BYTES);
    return end;
}

static void
add_row(struct zip *z, const struct documents_contents_row *row)
{
    for (int i = z->first; i < z->last; i++) {
        struct content *c = content_of(z, i);
        if (z->member[i].blob != row->id || z->member[i].size != row->size)
            continue;
        c->found = true;
        c->bytes = row->bytes.p;
        if (row->part_size_is_null)
            continue;
        struct blob_part *part =
            NEW_ARRAY(z->batch, struct blob_part, (size_t)c->n_parts + 1);
        if (c->n_parts > 0)
            memcpy(part, c->part, (size_t)c->n_parts * sizeof *part);
        part[c->n_parts] =
            (struct blob_part){ .size = row->part_size, .where = (enum blob_where)row->store };
        memcpy(part[c->n_parts].sha256, row->sha256.p, SHA256_SIZE);
        c->part = part;
        c->n_parts++;
    }
}

static fallible
query_contents(struct zip *z, struct db *db)
{
    int64_t *id = NEW_ARRAY(z->batch, int64_t, (size_t)(z->last - z->first) + 1);
    struct rows rows;
    int n = 0;

    for (int i = z->first; i < z->last; i++)
        if (z->member[i].blob != 0)
            id[n++] = z->member[i].blob;
    TRY(q_documents_contents(db, z->batch, (struct ints){ id, n }, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct documents_contents_row row = documents_contents_row(&rows, i);
        add_row(z, &row);
    }
    return NULL;
}

/* Before a member whose content is not known yet. Errors live in `arena`, not in the batch. */
static fallible
load_contents(struct zip *z, struct arena *arena, struct db *db)
{
    arena_free(z->batch);
    z->batch = arena_new();
    z->first = z->at;
    z->last = end_of_batch(z);
    z->content = NEW_ARRAY(z->batch, struct content, (size_t)(z->last - z->first));
    TRY(db_begin(db, arena, READ_ONLY, &z->scope));
    struct error *e = db_end(db, arena, query_contents(z, db));
    if (e == NULL)
        return NULL;
    z->last = z->first; /* the error may be in the batch, which goes with the zip */
    return error_cause(REFUSE(arena, TRY_LATER), arena, "%s", e->cause != NULL ? e->cause : "");
}

/* ---------------------------------------------------------------- writing */

static la_ssize_t
take_made(struct archive *a UNUSED, void *cls, const void *p, size_t n)
{
    struct zip *z = cls;

    if (z->gone)
        return (la_ssize_t)n;
    buf_add(&z->pending, p, n);
    return z->pending.over ? -1 : (la_ssize_t)n;
}

static fallible
check(struct zip *z, struct arena *arena, la_ssize_t result)
{
    if (result >= ARCHIVE_OK)
        return NULL;
    return error_cause(
        REFUSE(arena, TRY_LATER), arena, "libarchive: %s", archive_error_string(z->archive));
}

static fallible
begin_member(struct zip *z, struct arena *arena)
{
    const struct member *m = &z->member[z->at];
    struct archive_entry *entry = archive_entry_clear(z->entry);

    archive_entry_set_pathname(entry, m->path);
    archive_entry_set_filetype(entry, m->collection ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, m->collection ? 0755 : 0644);
    archive_entry_set_size(entry, m->collection ? 0 : m->size);
    archive_entry_set_mtime(entry, (time_t)(m->modified / 1000000), 0);
    if (m->packed || m->collection)
        archive_write_zip_set_compression_store(z->archive);
    else
        archive_write_zip_set_compression_deflate(z->archive);
    z->done = 0;
    z->open = true;
    return check(z, arena, archive_write_header(z->archive, entry));
}

static fallible
take_bytes(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct zip *z = cls;

    return check(z, arena, archive_write_data(z->archive, p, n));
}

/* n bytes of the member from `done` on. */
static fallible
copy_some(struct zip *z, struct arena *arena, const struct content *c, int64_t n)
{
    const struct blob_sink sink = { take_bytes, z };
    int64_t at = z->done;

    if (c->bytes != NULL)
        return take_bytes(z, arena, c->bytes + at, (size_t)n);
    for (int i = 0; i < c->n_parts && n > 0; i++) {
        const struct blob_part *part = &c->part[i];
        if (at >= part->size) {
            at -= part->size;
            continue;
        }
        int64_t now = part->size - at < n ? part->size - at : n;
        TRY(blob_fetch(z->store, arena, z->owner, part, at, now, &sink));
        n -= now;
        at = 0;
    }
    return n == 0 ? NULL : REFUSE(arena, TRY_LATER);
}

/* One step of work. What was deleted for good since the list was made is left out. */
static fallible
make_some(struct zip *z, struct arena *arena, struct db *db)
{
    if (z->at == z->n) {
        z->ended = true;
        return check(z, arena, archive_write_close(z->archive));
    }
    if (z->at >= z->last)
        TRY(load_contents(z, arena, db));
    const struct member *m = &z->member[z->at];
    const struct content *c = content_of(z, z->at);
    if (!m->collection && !c->found) {
        z->at++;
        return NULL;
    }
    if (!z->open)
        TRY(begin_member(z, arena));
    if (!m->collection && z->done < m->size) {
        int64_t n = m->size - z->done < STEP ? m->size - z->done : STEP;
        TRY(copy_some(z, arena, c, n));
        z->done += n;
    }
    if (m->collection || z->done == m->size) {
        z->open = false;
        z->at++;
        return check(z, arena, archive_write_finish_entry(z->archive));
    }
    return NULL;
}

static fallible
zip_fill(void *cls, struct arena *arena, struct db *db, char *p, size_t max, size_t *n)
{
    struct zip *z = cls;
    struct error *e = NULL;
    locale_t before = uselocale(z->utf8);

    while (e == NULL && !z->ended && z->pending.n < max)
        e = make_some(z, arena, db);
    uselocale(before);
    TRY(e);
    *n = z->pending.n < max ? z->pending.n : max;
    if (*n > 0)
        memcpy(p, z->pending.p, *n);
    z->pending.n -= *n;
    if (z->pending.n > 0)
        memmove(z->pending.p, z->pending.p + *n, z->pending.n);
    return NULL;
}

static void
zip_end(void *cls)
{
    struct zip *z = cls;

    archive_entry_free(z->entry);
    z->gone = true;
    archive_write_free(z->archive); /* which closes it first */
    if (z->utf8 != NULL)
        freelocale(z->utf8);
    arena_free(z->batch);
    arena_free(z->arena);
}

/* ---------------------------------------------------------------- what is in it */

/* Types that are compressed already: to do it again costs time and gains nothing. */
static bool
is_packed(const char *type)
{
    static const char *const packed[] = { "image/jpeg", "image/png", "image/webp", "image/gif",
        "image/avif", "image/heic", "video/", "audio/mp", "audio/ogg", "audio/flac",
        "application/zip", "application/gzip", "application/x-7z", "application/x-xz",
        "application/zstd", "application/pdf", "application/epub",
        "application/vnd.oasis.opendocument", "application/vnd.openxmlformats" };

    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (text_starts(type, packed[i]))
            return true;
    return false;
}

static struct member
member_of(struct arena *arena, const struct store_below *below)
{
    const char *type = below->type != NULL ? below->type : type_by_name(below->path);

    return (struct member){ .path = arena_printf(arena, "%s%s", below->path,
                                below->collection ? "/" : ""),
        .size = below->size,
        .modified = below->modified,
        .blob = below->blob,
        .collection = below->collection,
        .packed = below->size == 0 || is_packed(type) };
}

static fallible
refuse_large(struct request *rq)
{
    const struct config *c = rq->app->config;

    return FAIL(rq->arena, TOO_LARGE,
        tr(rq->lang, "A zip may have %ld documents with %s. Please choose fewer of them, or use the "
                     "network drive."),
        (long)c->zip_members_max, text_size(rq->arena, (int64_t)c->zip_max, rq->lang->tag));
}

static fallible
list(struct request *rq, struct zip *z, const struct dav_node *node, int n)
{
    const struct store_below *below;
    int64_t bytes = 0;
    struct error *e =
        store_below(rq, node, n, (int)rq->app->config->zip_members_max, &below, &z->n);

    if (e != NULL && e->cond == &TOO_MANY_MEMBERS)
        return refuse_large(rq);
    TRY(e);
    struct member *member = NEW_ARRAY(z->arena, struct member, (size_t)z->n + 1);
    for (int i = 0; i < z->n; i++) {
        member[i] = member_of(z->arena, &below[i]);
        bytes += below[i].size;
    }
    z->member = member;
    return bytes > (int64_t)rq->app->config->zip_max ? refuse_large(rq) : NULL;
}

/* True when libarchive is ready to write. */
static bool
open_archive(struct zip *z)
{
    z->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    z->entry = archive_entry_new();
    z->archive = archive_write_new();
    return z->utf8 != NULL && z->entry != NULL && z->archive != NULL &&
           archive_write_set_format_zip(z->archive) == ARCHIVE_OK &&
           archive_write_set_bytes_per_block(z->archive, 0) == ARCHIVE_OK &&
           archive_write_open(z->archive, z, NULL, take_made, NULL) == ARCHIVE_OK;
}

struct error *
documents_zip(struct request *rq, struct response *rs, const char *name,
    const struct dav_node *node, int n)
{
    struct arena *arena = arena_new();
    struct zip *z = NEW(arena, struct zip);

    *z = (struct zip){ .arena = arena,
        .store = rq->app->blobs,
        .owner = store_owner(&node[0]),
        .scope = { .chapters = arena_printf(arena, "%s", rq->scope.chapters),
            .person = rq->scope.person } };
    z->batch = arena_new();
    z->pending = buf_new(arena, PENDING_MAX);
    const struct response_source source = { zip_fill, zip_end, z };
    response_source(rs, "application/zip", &source); /* from here on it is ended with the reply */
    if (!open_archive(z))
        return error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena, "libarchive makes no zip");
    TRY(list(rq, z, node, n));
    documents_attachment(rq, rs, arena_printf(rq->arena, "%s.zip", name));
    return NULL;
}
