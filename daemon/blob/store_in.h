#ifndef BLOB_STORE_IN_H
#define BLOB_STORE_IN_H

/* Private to daemon/blob: names, directories and the one way in which errors of the disk are told.
 */
#include <stdatomic.h>

#include "blob/blob.h"

#define BLOB_PART_MAX ((int64_t)1 << 30)

struct blob_store {
    int root;              /* the directory itself */
    int objects, tmp;      /* and two in it */
    bool nameless;         /* O_TMPFILE works here */
    int64_t part_max;      /* BLOB_PART_MAX; tests make it small */
    atomic_bool read_only; /* an fsync has failed */
    enum blob_where where; /* new parts go there */
    struct s3 *s3;         /* NULL: there is none */
};

/* objects/<c12>/<ab>, and the name of a file in it. */
struct blob_place {
    char owner[24];
    char fan[3];
    char name[2 * SHA256_SIZE + 1];
};
struct blob_place blob_place(struct blob_owner, const unsigned char sha256[SHA256_SIZE]);
/* Reads a place back; false when it is not one that blob_place() gave. */
bool blob_place_parse(
    const char *owner, const char *name, struct blob_owner *, unsigned char sha256[SHA256_SIZE]);

/* An error of the disk: STORAGE_FULL when it is full, else TRY_LATER; the cause names the step. */
struct error *blob_error(struct arena *, const char *step, int errnum, const char *where)
    __attribute__((returns_nonnull));
#define BLOB_ERROR(arena, step) blob_error((arena), (step), errno, HERE)

/* One place where parts are kept: blob.h says of each function what it does. */
struct blob_temp;
struct blob_keeper {
    /* Makes what was received durable under its name. *fresh: it was written, not found there. */
    fallible (*put)(struct blob_store *, struct arena *, const struct blob_place *,
        struct blob_temp *, const struct blob_part *, bool *fresh);
    fallible (*look)(struct blob_store *, struct arena *, const struct blob_place *, int64_t *size);
    fallible (*share)(struct blob_store *, struct arena *, const struct blob_place *from,
        const struct blob_place *to, int64_t size);
    fallible (*fetch)(struct blob_store *, struct arena *, const struct blob_place *, int64_t first,
        int64_t n, const struct blob_sink *);
    fallible (*touch)(struct blob_store *, struct arena *, const struct blob_place *, int64_t size);
    fallible (*remove)(
        struct blob_store *, struct arena *, const struct blob_place *, int64_t before);
    fallible (*list)(struct blob_store *, struct arena *,
        bool (*fn)(void *cls, const struct blob_found *), void *cls);
};
extern const struct blob_keeper blob_on_disk;
/* The one for a place; TRY_LATER when the settings name none. */
fallible blob_keeper(
    struct blob_store *, struct arena *, enum blob_where, const struct blob_keeper **);

/* Below a directory of the store, never through a symbolic link: openat2. -1 and errno. */
int blob_open_beneath(int dir, const char *path, int flags);

/* The directory of a place, made durably when it is missing and `make`; -1 and errno. */
int blob_open_place(const struct blob_store *, const struct blob_place *, bool make);

/* fsync that remembers a failure: the store is read-only from then on. */
fallible blob_sync(struct blob_store *, struct arena *, int fd, const char *step);
fallible blob_writable(struct blob_store *, struct arena *);

/* Removes what writers that no longer live have left in tmp/. */
fallible blob_tmp_clear(struct blob_store *, struct arena *);

/* A file without a name, or (fallback) one in tmp/ that carries a lock while its writer lives. */
struct blob_temp {
    int fd;
    char name[32]; /* "": it has none */
};
fallible blob_temp_new(struct blob_store *, struct arena *, struct blob_temp *);
void blob_temp_drop(struct blob_store *, struct blob_temp *);
/* Gives it its name, durably. What is there already is kept if it has that size; a damaged one is
 * replaced. */
fallible blob_temp_place(struct blob_store *, struct arena *, struct blob_temp *, int dir,
    const char *name, int64_t size);

#endif
