#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/token.h"

struct arena;
struct config;
struct blob_store;
struct blob_writer;

/*
 * Immutable contents named by their SHA-256. The store knows files only; which
 * contents exist, whose they are and what refers to them stands in the tables
 * blob and blob_part. Contents are shared inside one owner (a chapter or a
 * person) and never between two.
 *
 * Files are kept in one or two places: the disk, where uploads arrive in any
 * case, and an S3 store if the settings name one. New ones go where blob_store
 * says; each is looked for where its row says it is.
 */
enum blob_where { BLOB_DISK = 0, BLOB_S3 = 1 }; /* as in the column blob_part.store */
enum { BLOB_PLACES = 2 };

/* Whose contents: 'c' and a chapter's id, or 'p' and a person's. */
struct blob_owner {
    char kind;
    int64_t id;
};

/* One stored file of a content; most have one, at most 1 GiB each. */
struct blob_part {
    unsigned char sha256[SHA256_SIZE];
    int64_t size;
    enum blob_where where;
    bool fresh; /* written by blob_publish() of late: no sweep can have taken it */
};

/* A content that has been received completely. */
struct blob_content {
    unsigned char sha256[SHA256_SIZE]; /* of the whole */
    int64_t size;
    int n_parts;
    const struct blob_part *parts;
    bool kept; /* committed rows refer to its parts: no sweep takes them */
};

/* Opens the directory, makes it if need be, probes O_TMPFILE, clears tmp/ of what a crash left. */
fallible blob_store_open(struct arena *, const char *dir, struct blob_store **);
/* The same with the S3 store, if the settings name one; it is not asked yet. */
fallible blob_store_open_all(struct arena *, const struct config *, struct blob_store **);
void blob_store_close(struct blob_store *);
/* Can it be asked for what is there? The disk always can. */
bool blob_has(const struct blob_store *, enum blob_where);

/*
 * Receiving. A writer belongs to one thread at a time; nothing has a name
 * before blob_publish(), and blob_writer_free() at any time leaves no trace.
 * Its errors go to `arena` of the call. STORAGE_FULL when the disk is.
 */
struct blob_writer *blob_writer_new(struct blob_store *);
void blob_writer_free(struct blob_writer *); /* NULL is allowed */
fallible blob_write(struct blob_writer *, struct arena *, const void *p, size_t n);
/*
 * blob_write() in its two halves, which may run in two threads at the same time: each gets
 * all bytes in their order. Both have ended, without error, before anything else is done.
 */
fallible blob_put(struct blob_writer *, struct arena *, const void *p, size_t n);
void blob_hash(struct blob_writer *, const void *p, size_t n);
fallible blob_finish(struct blob_writer *, struct arena *, const struct blob_content **);
/* Reads back what was received, for contents small enough to go into the database. */
fallible blob_written(struct blob_writer *, struct arena *, char *p, size_t n);
/* The same without copying, for a content of one part: the bytes live as long as the arena. */
fallible blob_map(struct blob_writer *, struct arena *, const char **p, size_t *n);

/*
 * Makes a finished content durable under its name: fsync of the files, link,
 * fsync of the directories. Returns only when a power cut cannot undo it. Must
 * not be called inside a transaction. What is there already is kept.
 */
fallible blob_publish(struct blob_writer *, struct arena *, struct blob_owner);

/*
 * Is the part there, whole? For the transaction that is about to refer to it: it
 * has locked the hash against the sweep (query blob_lock_shared, blob_lock_key)
 * and starts again (LOST_RACE) when not.
 */
fallible blob_present(struct blob_store *, struct arena *, struct blob_owner,
    const struct blob_part *, bool *present);
/* How long it really is; -1 when there is none. */
fallible blob_look(struct blob_store *, struct arena *, struct blob_owner, const struct blob_part *,
    int64_t *size);
/* The key of the lock that keeps writers and the sweep from meeting over one hash. */
int32_t blob_lock_key(const unsigned char sha256[SHA256_SIZE]);

/* Gives another owner a part of its own with the same bytes, durable: for copies across chapters.
 * It is in the same place. */
fallible blob_share(struct blob_store *, struct arena *, struct blob_owner from,
    struct blob_owner to, const struct blob_part *);

/* Opens a part on the disk for reading; NOT_FOUND when it is missing: damage, which the caller
 * logs.
 */
fallible blob_open(struct blob_store *, struct arena *, struct blob_owner,
    const unsigned char sha256[SHA256_SIZE], int *fd);
/*
 * Reads n bytes of a part from `first` on, wherever it is, and hands them on in
 * order; `take` ends it by an error. All n have come when it returns NULL. NOT_FOUND
 * when it is missing or shorter; TRY_LATER when its place cannot be reached.
 */
struct blob_sink {
    fallible (*take)(void *cls, struct arena *, const char *p, size_t n);
    void *cls;
};
fallible blob_fetch(struct blob_store *, struct arena *, struct blob_owner,
    const struct blob_part *, int64_t first, int64_t n, const struct blob_sink *);

/*
 * Removes a part unless it was published (again) at `before` or later: microseconds,
 * INT64_MAX for whatever time. The caller holds the lock of its hash and knows that
 * nothing refers to it there.
 */
fallible blob_remove(struct blob_store *, struct arena *, struct blob_owner, enum blob_where,
    const unsigned char sha256[SHA256_SIZE], int64_t before);
/* Sets its time to now, so that the sweep of unknown files leaves it alone for as long as that. */
fallible blob_touch(
    struct blob_store *, struct arena *, struct blob_owner, const struct blob_part *);
/*
 * Makes a durable copy of a part in the other place and reads it back: both times
 * its hash must be right, or nothing is left there (CONFLICT: the part is damaged).
 * What is there already is read, and replaced when it is wrong.
 */
fallible blob_copy(struct blob_store *, struct arena *, struct blob_owner, const struct blob_part *,
    enum blob_where to);

/* Calls fn for each part that is stored in one place; for verify and sweep. fn false ends it. */
struct blob_found {
    struct blob_owner owner;
    enum blob_where where;
    unsigned char sha256[SHA256_SIZE];
    int64_t size, modified;
};
fallible blob_list(struct blob_store *, struct arena *, enum blob_where,
    bool (*fn)(void *cls, const struct blob_found *), void *cls);

/*
 * True once an fsync has failed: nobody can tell any more what is on the disk, so
 * the store takes nothing until an admin has looked and started the daemon again.
 */
bool blob_read_only(const struct blob_store *);

/* Asks the S3 store for a page of its list, once and with little patience: for chapterctl check. */
fallible blob_try(struct blob_store *, struct arena *, enum blob_where);
/* Ends what broken uploads have left in the S3 store; those of the last day may still go on. */
fallible blob_tidy(struct blob_store *, struct arena *);

/* Bytes free on the disk of the store; for /metrics and chapterctl check. */
int64_t blob_free_space(struct blob_store *);

#endif
