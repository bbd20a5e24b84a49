/* Uploads in several requests: what each of them does. */
#include "webdav/upload.h"

#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/hash.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/body.h"
#include "http/conditional.h"
#include "q/upload.h"
#include "webdav/conditions.h"
#include "webdav/quota.h"
#include "webdav/serve.h"
#include "webdav/store_in.h"
#include "webdav/upload_text.h"

#define TUS "1.0.0"
/* A piece is large enough that a document does not become thousands of files ... */
#define PIECE_LEAST KB(64)
/* ... and of pieces there are at most so many. */
#define PIECES_MAX 10000
/* How long who lost the answer to the last piece can find out that all is well (seconds). */
#define FINISHED_KEPT 86400
#define NAME_BYTES    16
#define TYPE_MAX      255

struct upload {
    int64_t id, chapter, length, received, lease, expires;
    int parts;
    bool finished;
    const char *target;
    const char *type, *etag;
    int64_t modified;
    struct preconditions told;
    bool has_digest;
    unsigned char digest[SHA256_SIZE];
    struct hash_state state;
    /* Of the piece that a PATCH brings. */
    const struct blob_content *piece;
    struct hash_state after;
};

/* ---- what all of them say and hear ---- */

static fallible
check_version(struct request *rq)
{
    const char *version = request_header(rq, "Tus-Resumable");

    if (version == NULL || strcmp(version, TUS) != 0)
        return FAIL(rq->arena, PRECONDITION_FAILED,
            tr(rq->lang, "Uploads in pieces need the header \"%s\"."), "Tus-Resumable: " TUS);
    return NULL;
}

static const char *
number(struct request *rq, int64_t n)
{
    return arena_printf(rq->arena, "%" PRId64, n);
}

void
upload_headers(struct request *rq, struct response *rs)
{
    response_header(rs, "Tus-Resumable", TUS);
    response_header(rs, "Tus-Version", TUS);
    response_header(rs, "Tus-Extension", "creation,expiration,termination");
    response_header(rs, "Tus-Max-Size", number(rq, (int64_t)rq->app->config->body_max));
}

static void
tell(struct request *rq, struct response *rs, int64_t offset, int64_t expires)
{
    response_header(rs, "Tus-Resumable", TUS);
    response_header(rs, "Upload-Offset", number(rq, offset));
    response_header(rs, "Upload-Expires", time_http(rq->arena, expires));
}

static fallible
need_number(struct request *rq, const char *header, int64_t *n)
{
    const char *value = request_header(rq, header);

    if (value == NULL || !text_to_int(text_trim(rq->arena, value), INT64_MAX, n))
        return FAIL(
            rq->arena, BAD_REQUEST, tr(rq->lang, "The header %s has to be a number."), header);
    return NULL;
}

static fallible
read_digest(struct request *rq, const char *header, unsigned char *digest, bool *found)
{
    const char *value = request_header(rq, header);

    *found = false;
    if (value != NULL && !digest_read(rq->arena, value, digest, found))
        return FAIL(rq->arena, BAD_REQUEST, tr(rq->lang, "The header %s is malformed."), header);
    return NULL;
}

static fallible
check_digest(struct request *rq, const unsigned char *wanted, const unsigned char *got)
{
    if (memcmp(wanted, got, SHA256_SIZE) != 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "What arrived is not what was sent: the hash is another one."));
    return NULL;
}

static struct error *
another_came(struct request *rq)
{
    return FAIL(rq->arena, CONFLICT, "%s",
        tr(rq->lang, "Another piece came at the same time. Ask how much is there, and go on."));
}

static int
seconds(const struct request *rq)
{
    return (int)rq->app->config->upload_expiry;
}

/* ---- the end ---- */

static fallible
read_parts(struct request *rq, const struct upload *u, struct blob_content *blob)
{
    struct rows rows;
    struct blob_part *parts;

    TRY(q_upload_hold(rq->db, rq->arena, u->id, &rows));
    if (rows.n == 0)
        return another_came(rq);
    TRY(q_upload_parts(rq->db, rq->arena, u->id, &rows));
    parts = NEW_ARRAY(rq->arena, struct blob_part, (size_t)rows.n + 1);
    blob->size = 0;
    for (int i = 0; i < rows.n; i++) {
        struct upload_parts_row row = upload_parts_row(&rows, i);
        memcpy(parts[i].sha256, row.sha256.p, SHA256_SIZE);
        parts[i].size = row.size;
        parts[i].where = (enum blob_where)row.store;
        blob->size += row.size;
    }
    blob->parts = parts;
    blob->n_parts = rows.n;
    blob->kept =
        true; /* upload_part was committed for each, and this transaction saw the last one there */
    if (blob->size != u->length)
        return error_cause(
            REFUSE(rq->arena, INTERNAL), rq->arena, "pieces of an upload are missing");
    return NULL;
}

/* All is there: the document is written as a PUT would write it now. */
static fallible
finish(struct request *rq, struct dav_state *s, struct upload *u, const struct hash_state *hash,
    struct response *rs)
{
    struct blob_content *blob = NEW(rq->arena, struct blob_content);
    struct dav_written written = { .created = false };
    struct rows rows;

    s->told_before = preconditions_any(rq) ? NULL : &u->told;
    TRY(dav_check_put(rq, s));
    if (s->node.policy.chapter != u->chapter)
        return REFUSE(rq->arena, CONFLICT);
    if (!hash_digest(hash, blob->sha256))
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "the hash state is malformed");
    if (u->has_digest)
        TRY(check_digest(rq, u->digest, blob->sha256));
    TRY(read_parts(rq, u, blob));
    s->content = (struct dav_content){ .blob = blob,
        .inline_bytes = u->length == 0 ? "" : NULL,
        .type = u->type,
        .modified = u->modified };
    if (u->lease != 0)
        quota_use(rq, u->chapter, u->lease, u->length);
    TRY(put_content(rq, &s->node, &s->content, &written));
    TRY(q_upload_finish(rq->db, rq->arena, u->id, written.etag, FINISHED_KEPT, &rows));
    if (!written.altered)
        response_etag(rs, written.etag);
    u->expires = time_now() + FINISHED_KEPT * INT64_C(1000000);
    return NULL;
}

/* Nobody else's fault, and gone when the request is run again or later. */
static bool
passes(const struct error *e)
{
    return e->cond == &LOST_RACE || (e->cond->status >= 500 && e->cond != &STORAGE_FULL);
}

/* A refusal at the end takes no piece away: the answer is the error, and the transaction takes
 * place. */
static fallible
finish_or_tell(struct request *rq, struct dav_state *s, struct upload *u,
    const struct hash_state *hash, struct response *rs)
{
    TRY(db_savepoint(rq->db, rq->arena));
    struct error *e = finish(rq, s, u, hash, rs);
    if (e == NULL || passes(e))
        return e;
    db_rollback_to_savepoint(rq->db);
    response_status(rs, e->cond->status);
    rq->app->render_error(rq, rs, e);
    return NULL;
}

/* ---- POST ---- */

fallible
upload_begin_scope(struct request *rq)
{
    struct dav_state *s = dav_state(rq);

    if (route_chapter(rq) != NULL) { /* below the chapter's pages */
        const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)rq->rest.n + 2);
        part[0] = "c";
        part[1] = route_chapter(rq);
        for (int i = 0; i < rq->rest.n; i++)
            part[i + 2] = rq->rest.part[i];
        const struct path page = { part, rq->rest.n + 2, rq->rest.slash };
        s->path = dav_path(rq->arena, &page);
    }
    rq->scope.chapters = "";
    mount_scope(rq, &s->path, &rq->scope.chapters);
    rq->scope.person = rq->who->person;
    rq->scope.lock = TREE_SHARED;
    return NULL;
}

/* Who does not speak of uploads is told what this address can do, if she may see it. */
static fallible
refuse_post(struct request *rq, struct dav_state *s)
{
    struct error *e = dav_find(rq, &s->path, &s->node);

    if (e != NULL || (s->node.rights & MAY_READ) == 0)
        s->node.kind = NULL;
    return REFUSE(rq->arena, METHOD_NOT_ALLOWED);
}

static fallible
read_creation(struct request *rq, struct dav_state *s, struct upload *u)
{
    const char *metadata = request_header(rq, "Upload-Metadata");

    TRY(check_version(rq));
    TRY(need_number(rq, "Upload-Length", &u->length));
    if (u->length > (int64_t)rq->app->config->body_max)
        return REFUSE(rq->arena, TOO_LARGE);
    TRY(read_digest(rq, "Repr-Digest", u->digest, &u->has_digest));
    TRY(put_headers(rq, s));
    u->modified = s->content.modified;
    u->told = preconditions_of(rq);
    u->type = metadata == NULL
                  ? NULL
                  : put_type(rq->arena, metadata_value(rq->arena, metadata, "filetype"));
    u->target = uri_href(rq->arena, &s->path, false);
    hash_begin(&u->state);
    return NULL;
}

/* The place, judged as for a PUT, and space for all of it. */
static fallible
reserve(struct request *rq, struct dav_state *s, struct upload *u)
{
    TRY(dav_check_put(rq, s));
    const struct dav_kind *kind = s->node.exists ? s->node.kind : s->node.kind->member;
    if (kind->reserve == NULL || s->node.policy.chapter == 0)
        return REFUSE(rq->arena, METHOD_NOT_ALLOWED);
    if (!s->node.exists)
        TRY(store_check_name(rq, s->node.name));
    u->chapter = s->node.policy.chapter;
    TRY(kind->reserve(rq, &s->node, u->length));
    quota_keep(rq, &u->lease);
    return NULL;
}

static fallible
note(struct request *rq, struct upload *u, const char *name)
{
    const struct config *c = rq->app->config;
    struct bytes digest = { u->digest, SHA256_SIZE };
    struct rows rows;

    TRY(q_upload_begin(rq->db, rq->arena, u->chapter, rq->who->person, name, u->target, u->length,
        (struct bytes){ u->state.b, u->state.n }, u->has_digest ? &digest : NULL, u->type,
        u->modified == 0 ? NULL : &u->modified, u->told.match, u->told.none_match,
        u->told.unmodified_since, u->lease, seconds(rq), (int32_t)c->uploads_per_person,
        (int32_t)c->uploads_per_chapter, &rows));
    struct upload_begin_row row = upload_begin_row(&rows, 0);
    if (row.refused == 1)
        return FAIL(rq->arena, TOO_MANY, "%s",
            tr(rq->lang, "You have begun as many uploads as may be unfinished at a time. "
                         "Finish or cancel one of them first."));
    if (row.refused == 2)
        return FAIL(rq->arena, TOO_MANY, "%s",
            tr(rq->lang, "In this chapter as many uploads are unfinished as may be at a time. "
                         "Please try again later."));
    u->id = row.id;
    u->expires = row.expires;
    return NULL;
}

fallible
upload_begin(struct request *rq, struct response *rs)
{
    struct dav_state *s = dav_state(rq);
    struct upload *u = NEW(rq->arena, struct upload);
    const char *name = token_random(rq->arena, NAME_BYTES), *chapter = route_chapter(rq);

    s->upload = u;
    if (chapter == NULL && request_header(rq, "Tus-Resumable") == NULL)
        return refuse_post(rq, s);
    TRY(read_creation(rq, s, u));
    TRY(reserve(rq, s, u));
    TRY(note(rq, u, name));
    response_status(rs, 201);
    if (u->length == 0)
        TRY(finish(rq, s, u, &u->state, rs));
    tell(rq, rs, 0, u->expires);
    response_header(rs, "Location",
        chapter != NULL ? arena_printf(rq->arena, "/c/%s/uploads/%s", chapter, name)
                        : arena_printf(rq->arena, "/dav/uploads/%s/%s", rq->scope.chapters, name));
    return NULL;
}

/* ---- an upload that there is ---- */

static void
read_row(const struct upload_find_row *row, struct upload *u)
{
    *u = (struct upload){
        .id = row->id,
        .chapter = row->chapter,
        .length = row->length,
        .received = row->received,
        .lease = row->lease_is_null ? 0 : row->lease,
        .expires = row->expires,
        .parts = row->parts,
        .finished = row->finished,
        .target = row->target,
        .type = row->type,
        .etag = row->etag,
        .modified = row->modified_is_null ? 0 : row->modified,
        .told = { .match = row->match,
            .none_match = row->none_match,
            .unmodified_since = row->unmodified },
        .has_digest = !row->digest_is_null && row->digest.n == SHA256_SIZE,
    };
    if (u->has_digest)
        memcpy(u->digest, row->digest.p, SHA256_SIZE);
    u->state.n = row->state.n <= HASH_STATE_MAX ? row->state.n : 0;
    memcpy(u->state.b, row->state.p, u->state.n);
}

static fallible
find(struct request *rq, struct dav_state *s)
{
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &rq->scope));
    TRY(db_end(
        rq->db, rq->arena, q_upload_find(rq->db, rq->arena, rq->param[1], rq->who->person, &rows)));
    if (rows.n == 0)
        return NULL;
    struct upload_find_row row = upload_find_row(&rows, 0);
    struct upload *u = NEW(rq->arena, struct upload);
    read_row(&row, u);
    TRY(address_path(rq, u->target, &s->path));
    s->upload = u;
    return NULL;
}

fallible
upload_scope(struct request *rq)
{
    struct dav_state *s = dav_state(rq);

    rq->scope.chapters = route_chapter(rq);
    rq->scope.person = rq->who->person;
    /* Not to know whose it is would be no reason to look: authorize() says what is wrong. */
    if (rq->who->person != 0 && *rq->scope.chapters != '\0')
        TRY(find(rq, s));
    rq->scope.lock = rq->method == PATCH ? TREE_SHARED : TREE_UNLOCKED;
    return NULL;
}

/* An app password is for some of the trees; what is behind the others does not concern it. */
static fallible
look(struct request *rq, struct dav_state *s)
{
    if (s->upload == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    struct error *e = dav_find(rq, &s->path, &s->node);
    return e != NULL && e->cond == &WRONG_AREA ? e : NULL;
}

fallible
upload_show(struct request *rq, struct response *rs)
{
    struct dav_state *s = dav_state(rq);

    TRY(look(rq, s));
    const struct upload *u = s->upload;
    response_status(rs, 200);
    tell(rq, rs, u->received, u->expires);
    response_header(rs, "Upload-Length", number(rq, u->length));
    if (u->finished)
        response_header(rs, "Content-Location", u->target);
    return NULL;
}

fallible
upload_cancel(struct request *rq, struct response *rs)
{
    struct dav_state *s = dav_state(rq);
    struct rows rows;

    TRY(look(rq, s));
    TRY(check_version(rq));
    TRY(q_upload_end(rq->db, rq->arena, s->upload->id, &rows));
    response_status(rs, 204);
    response_header(rs, "Tus-Resumable", TUS);
    return NULL;
}

/* ---- PATCH ---- */

/* Does a piece of so many bytes (-1: nobody knows yet) go behind what is there? */
static fallible
check_piece(struct request *rq, const struct upload *u, int64_t size)
{
    const char *type = request_header(rq, "Content-Type");
    int64_t at;

    TRY(check_version(rq));
    if (type == NULL ||
        !text_same_nocase(text_trim(rq->arena, type), "application/offset+octet-stream"))
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    TRY(need_number(rq, "Upload-Offset", &at));
    if (at != u->received)
        return FAIL(rq->arena, CONFLICT, tr(rq->lang, "So many bytes are there: %lld."),
            (long long)u->received);
    if (size > u->length - at)
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "That is more than was announced when the upload began."));
    if (size > 0 && size < (int64_t)PIECE_LEAST && size < u->length - at)
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "A piece has at least %d bytes, unless it is the last one."),
            (int)PIECE_LEAST);
    if (size != 0 && u->parts == PIECES_MAX)
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "An upload has at most %d pieces. Please send larger ones."), PIECES_MAX);
    return NULL;
}

fallible
upload_admit(struct request *rq)
{
    struct dav_state *s = dav_state(rq);

    TRY(look(rq, s));
    TRY(check_piece(rq, s->upload, body_length(rq)));
    return dav_check_place(rq, s);
}

fallible
upload_prepare(struct request *rq)
{
    struct upload *u = dav_state(rq)->upload;
    unsigned char wanted[SHA256_SIZE];
    bool given;
    const char *p;
    size_t n;

    if (u == NULL)
        return NULL; /* authorize() or the handler says what is wrong */
    TRY(check_piece(rq, u, body_length(rq)));
    if (body_length(rq) == 0)
        return NULL;
    if (u->piece == NULL) { /* else the request is run again */
        TRY(body_view(rq, &p, &n));
        u->after = u->state;
        if (!hash_go_on(&u->after, p, n))
            return error_cause(
                REFUSE(rq->arena, INTERNAL), rq->arena, "the hash state is malformed");
    }
    TRY(body_store(rq, (struct blob_owner){ 'c', u->chapter }, &u->piece));
    TRY(read_digest(rq, "Content-Digest", wanted, &given));
    return given ? check_digest(rq, wanted, u->piece->sha256) : NULL;
}

static fallible
add_piece(struct request *rq, struct upload *u)
{
    const struct blob_part *part = &u->piece->parts[0];
    struct rows rows;

    TRY(store_check_parts(rq, (struct blob_owner){ 'c', u->chapter }, u->piece));
    TRY(q_upload_append(rq->db, rq->arena, u->id, u->received, part->size,
        (struct bytes){ u->after.b, u->after.n }, (struct bytes){ part->sha256, SHA256_SIZE },
        (int16_t)part->where, seconds(rq), &rows));
    if (rows.n == 0)
        return another_came(rq);
    u->expires = upload_append_row(&rows, 0).expires;
    return NULL;
}

fallible
upload_append(struct request *rq, struct response *rs)
{
    struct dav_state *s = dav_state(rq);
    struct upload *u = s->upload;

    TRY(look(rq, s));
    int64_t there = u->received + body_length(rq);
    response_status(rs, 204);
    if (u->finished) { /* the answer to its last piece was lost */
        tell(rq, rs, there, u->expires);
        return NULL;
    }
    if (there < u->length)
        TRY(dav_check_place(rq, s));
    if (body_length(rq) > 0)
        TRY(add_piece(rq, u));
    if (there == u->length)
        TRY(finish_or_tell(rq, s, u, body_length(rq) > 0 ? &u->after : &u->state, rs));
    tell(rq, rs, there, u->expires);
    return NULL;
}
