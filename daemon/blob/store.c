/* The directory of the store, the names in it, and which keeper is asked for what. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "blob/s3.h"

#define DAY (INT64_C(86400) * 1000000)

static const char hex_digits[] = "0123456789abcdef";

struct error *
blob_error(struct arena *arena, const char *step, int errnum, const char *where)
{
    bool full = errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;
    struct error *e = error_plain(arena, full ? &STORAGE_FULL : &TRY_LATER, where);

    return error_cause(e, arena, "blob store: %s: %s", step, strerrordesc_np(errnum));
}

/* ---- places ---- */

struct blob_place
blob_place(struct blob_owner owner, const unsigned char sha256[SHA256_SIZE])
{
    struct blob_place place;

    assert(owner.kind == 'c' || owner.kind == 'p');
    snprintf(place.owner, sizeof place.owner, "%c%" PRId64, owner.kind, owner.id);
    for (int i = 0; i < SHA256_SIZE; i++) {
        place.name[2 * i] = hex_digits[sha256[i] >> 4];
        place.name[2 * i + 1] = hex_digits[sha256[i] & 15];
    }
    place.name[2 * SHA256_SIZE] = '\0';
    memcpy(place.fan, place.name, 2);
    place.fan[2] = '\0';
    return place;
}

bool
blob_place_parse(const char *owner, const char *name, struct blob_owner *whose,
    unsigned char sha256[SHA256_SIZE])
{
    whose->kind = owner[0];
    return (owner[0] == 'c' || owner[0] == 'p') && text_to_int(owner + 1, INT64_MAX, &whose->id) &&
           hex_decode(name, sha256, SHA256_SIZE);
}

int32_t
blob_lock_key(const unsigned char sha256[SHA256_SIZE])
{
    int32_t key;

    memcpy(&key, sha256, sizeof key);
    return key;
}

int
blob_open_beneath(int dir, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };

    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

/* Makes a directory whose entry in its parent survives a power cut. */
static int
make_directory(int parent, const char *name)
{
    CRASH_POINT(24);
    if (mkdirat(parent, name, 0750) == 0)
        return fsync(parent);
    return errno == EEXIST ? 0 : -1;
}

static int
open_directory(int parent, const char *name, bool make)
{
    int fd = blob_open_beneath(parent, name, O_RDONLY | O_DIRECTORY);

    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (make_directory(parent, name) != 0)
        return -1;
    return blob_open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
}

int
blob_open_place(const struct blob_store *store, const struct blob_place *place, bool make)
{
    char path[sizeof place->owner + sizeof place->fan + 1];

    snprintf(path, sizeof path, "%s/%s", place->owner, place->fan);
    int fd = blob_open_beneath(store->objects, path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    CLEANUP(close_fd) int owner = open_directory(store->objects, place->owner, true);
    return owner < 0 ? -1 : open_directory(owner, place->fan, true);
}

/* ---- the store ---- */

bool
blob_read_only(const struct blob_store *store)
{
    return atomic_load(&store->read_only);
}

struct error *
blob_writable(struct blob_store *store, struct arena *arena)
{
    if (!blob_read_only(store))
        return NULL;
    return error_cause(REFUSE(arena, TRY_LATER), arena,
        "blob store: read-only since an fsync failed; look at the disk, then restart");
}

struct error *
blob_sync(struct blob_store *store, struct arena *arena, int fd, const char *step)
{
    if (fsync(fd) == 0)
        return NULL;
    int errnum = errno;
    if (errnum != ENOSPC && errnum != EDQUOT) {
        atomic_store(&store->read_only, true);
        LOG(LOG_ERROR_, "blob_store_read_only", "step", step, "error", strerrordesc_np(errnum));
    }
    return blob_error(arena, step, errnum, HERE);
}

static void
probe_nameless(struct blob_store *store)
{
    CLEANUP(close_fd) int fd = openat(store->tmp, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0440);

    store->nameless = fd >= 0;
}

struct error *
blob_store_open(struct arena *arena, const char *dir, struct blob_store **result)
{
    struct blob_store *store = calloc(1, sizeof *store);

    if (store == NULL)
        abort();
    store->objects = store->tmp = -1;
    store->part_max = BLOB_PART_MAX;
    if (mkdir(dir, 0750) != 0 && errno != EEXIST)
        store->root = -1;
    else
        store->root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root >= 0) {
        store->objects = open_directory(store->root, "objects", true);
        store->tmp = open_directory(store->root, "tmp", true);
    }
    if (store->tmp < 0 || store->objects < 0) {
        struct error *e = BLOB_ERROR(arena, "opening the directory");
        blob_store_close(store);
        return e;
    }
    probe_nameless(store);
    *result = store;
    return blob_tmp_clear(store, arena);
}

struct error *
blob_store_open_all(struct arena *arena, const struct config *config, struct blob_store **result)
{
    struct blob_store *store;

    TRY(blob_store_open(arena, config->blob_dir, &store));
    if (config->s3_endpoint != NULL) {
        struct error *e = s3_open(arena, config, &store->s3);
        if (e != NULL) {
            blob_store_close(store);
            return e;
        }
    }
    if (strcmp(config->blob_store, "s3") == 0)
        store->where = BLOB_S3;
    *result = store;
    return NULL;
}

void
blob_store_close(struct blob_store *store)
{
    if (store == NULL)
        return;
    s3_close(store->s3);
    close_fd(&store->tmp);
    close_fd(&store->objects);
    close_fd(&store->root);
    free(store);
}

int64_t
blob_free_space(struct blob_store *store)
{
    struct statvfs fs;

    if (fstatvfs(store->root, &fs) != 0)
        return 0;
    return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

/* ---- parts: each where it is ---- */

bool
blob_has(const struct blob_store *store, enum blob_where where)
{
    return where == BLOB_DISK || (where == BLOB_S3 && store->s3 != NULL);
}

struct error *
blob_keeper(struct blob_store *store, struct arena *arena, enum blob_where where,
    const struct blob_keeper **keeper)
{
    static const struct blob_keeper *const keepers[BLOB_PLACES] = {
        [BLOB_DISK] = &blob_on_disk,
        [BLOB_S3] = &blob_on_s3,
    };

    if (!blob_has(store, where))
        return error_cause(REFUSE(arena, TRY_LATER), arena,
            "blob store: a part is in the S3 store, and the settings name none (s3_endpoint)");
    *keeper = keepers[where];
    return NULL;
}

struct error *
blob_look(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, int64_t *size)
{
    struct blob_place place = blob_place(owner, part->sha256);
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, part->where, &keeper));
    return keeper->look(store, arena, &place, size);
}

struct error *
blob_present(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, bool *present)
{
    int64_t size = part->size;

    if (!part->fresh)
        TRY(blob_look(store, arena, owner, part, &size));
    *present = size == part->size;
    return NULL;
}

struct error *
blob_share(struct blob_store *store, struct arena *arena, struct blob_owner from,
    struct blob_owner to, const struct blob_part *part)
{
    struct blob_place old = blob_place(from, part->sha256), new = blob_place(to, part->sha256);
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, part->where, &keeper));
    return keeper->share(store, arena, &old, &new, part->size);
}

struct error *
blob_fetch(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, int64_t first, int64_t n, const struct blob_sink *sink)
{
    struct blob_place place = blob_place(owner, part->sha256);
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, part->where, &keeper));
    return keeper->fetch(store, arena, &place, first, n, sink);
}

struct error *
blob_touch(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part)
{
    struct blob_place place = blob_place(owner, part->sha256);
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, part->where, &keeper));
    return keeper->touch(store, arena, &place, part->size);
}

struct error *
blob_remove(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    enum blob_where where, const unsigned char sha256[SHA256_SIZE], int64_t before)
{
    struct blob_place place = blob_place(owner, sha256);
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, where, &keeper));
    return keeper->remove(store, arena, &place, before);
}

struct error *
blob_list(struct blob_store *store, struct arena *arena, enum blob_where where,
    bool (*fn)(void *cls, const struct blob_found *), void *cls)
{
    const struct blob_keeper *keeper;

    TRY(blob_keeper(store, arena, where, &keeper));
    return keeper->list(store, arena, fn, cls);
}

struct error *
blob_try(struct blob_store *store, struct arena *arena, enum blob_where where)
{
    const struct net_ask ask = { .method = "GET",
        .path = "/?list-type=2&max-keys=1&prefix=objects%2F" };
    const struct blob_keeper *keeper;
    struct net_answer answer;

    TRY(blob_keeper(store, arena, where, &keeper));
    if (where == BLOB_DISK)
        return NULL;
    TRY(s3_ask(store->s3, arena, S3_HASTE, &ask, NULL, &answer));
    return answer.status == 200 ? NULL : s3_refused(arena, &answer, HERE);
}

struct error *
blob_tidy(struct blob_store *store, struct arena *arena)
{
    return store->s3 == NULL ? NULL : s3_abort_old(store->s3, arena, time_now() - DAY);
}
