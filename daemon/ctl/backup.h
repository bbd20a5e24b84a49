#ifndef CTL_BACKUP_H
#define CTL_BACKUP_H

/*
 * Private to chapterctl backup and restore. A folder of backups holds
 *
 *   chapterd-backup               says what the folder is; whoever changes it holds a lock on it
 *   2026-11-21T030405Z/           one backup; ".partial" behind it while it is being made
 *       dump                      of the database, in pg_dump's custom format
 *       parts                     a line "SHA256 SIZE OWNER PLACE" for each file of the store
 *       manifest.json             what was backed up, and what it must be like
 *       SHA256SUMS                of the three, as sha256sum -c reads it
 *   blobs/ab/ab12...              files of the store by their hash, shared by all backups
 *
 * A backup has its name once everything in it is on the disk, so whatever has
 * a name was complete.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/token.h"
#include "blob/blob.h"
#include "ctl/ctl.h"

/* ---- files (backup_file.c) ---- */

/* What a file must be like. */
struct backup_sum {
    int64_t size;
    unsigned char sha256[SHA256_SIZE];
};

/* A new file that is hashed as it is written. Rewinding the arena closes it. */
struct backup_file;
fallible backup_file_make(struct arena *, int dir, const char *name, struct backup_file **);
fallible backup_file_write(struct backup_file *, struct arena *, const void *p, size_t n);
/* On the disk, though its name may not be yet. */
fallible backup_file_end(struct backup_file *, struct arena *, struct backup_sum *);

/* Calls fn (may be NULL) with all that can be read, and hashes it. */
fallible backup_file_read(struct arena *, int fd,
    fallible (*fn)(void *cls, const void *p, size_t n), void *cls, struct backup_sum *);
/* A whole small file; NOT_FOUND when it is not there or larger than most. */
fallible backup_file_text(
    struct arena *, int dir, const char *name, size_t most, const char **text, struct backup_sum *);
/* The error for errno while doing something to a folder of backups. */
struct error *backup_errno(struct arena *, const char *doing) __attribute__((returns_nonnull));

/* ---- the folder (backup_place.c) ---- */

struct backup_place {
    const char *path;
    int dir, blobs;
    int lock;
};

enum backup_use {
    BACKUP_LIST,   /* reads names and manifests */
    BACKUP_READ,   /* nobody may remove anything meanwhile */
    BACKUP_CHANGE, /* alone; removes what a broken-off backup has left */
    BACKUP_MAKE    /* the same, and makes the folder if need be */
};
fallible backup_place_open(
    struct arena *, const char *path, enum backup_use, struct backup_place **);

/* The names of all backups, oldest first. */
fallible backup_names(
    struct arena *, const struct backup_place *, const char *const **names, int *n);
/* Is it the name of a backup? */
bool backup_is_name(const char *s);
/* The name of a backup that was begun at that time. */
const char *backup_name_at(struct arena *, int64_t us);
/* The folder of one backup, open for reading; -1 and errno. */
int backup_open(const struct backup_place *, const char *name);
/* Removes a backup, not its blobs: out of sight at once, then file by file. */
fallible backup_remove(struct arena *, const struct backup_place *, const char *name);

/* "ab/ab12...": where a blob is below blobs. */
struct backup_blob_name {
    char s[2 * SHA256_SIZE + 4];
};
struct backup_blob_name backup_blob_name(const unsigned char sha256[SHA256_SIZE]);

/* ---- what stands in a backup (backup_manifest.c, backup_parts.c) ---- */

struct backup_manifest {
    const char *name;
    const char *begun, *finished; /* RFC 3339 */
    const char *program, *server; /* versions of chapterctl and of PostgreSQL */
    const char *epoch;
    int schema;
    int64_t chapters, people, nodes, contents;
    int64_t files, bytes;      /* of the store: how many in `parts`, and how large together */
    int64_t new_files, copied; /* of them those that no earlier backup had, and their bytes */
    struct backup_sum dump, parts;
    const char *const *missing; /* hashes of files that the store did not have, or not whole */
    int n_missing;
};

/* Writes manifest.json and SHA256SUMS. */
fallible backup_manifest_write(struct arena *, int dir, const struct backup_manifest *);
/* What manifest.json says; CONFLICT when it is none. */
fallible backup_manifest_parse(struct arena *, const char *text, struct backup_manifest *);
/* Reads them back; CONFLICT with a sentence when they are damaged or unknown to this program. */
fallible backup_manifest_read(
    struct arena *, const struct backup_place *, const char *name, struct backup_manifest *);

/* A file of the store that somebody needs; the same bytes may be needed by several owners. */
struct backup_part {
    struct blob_owner owner;
    enum blob_where where;
    struct backup_sum sum;
};
/* One line of `parts`, without its end; false when it is not one. */
bool backup_part_parse(const char *line, struct backup_part *);
const char *backup_part_line(struct arena *, const struct backup_part *);

/* Calls fn for each line of `parts`; `again`: it is the same file as before, for another owner. */
fallible backup_parts_each(struct arena *, int dir,
    fallible (*fn)(void *cls, const struct backup_part *, bool again), void *cls);

/* ---- the store's files (backup_blobs.c) ---- */

/* Copies into the folder what `parts` in dir names and is not there yet. */
fallible backup_blobs_copy(struct ctl *, struct blob_store *, const struct backup_place *, int dir,
    struct backup_manifest *);

/* ---- verifying (backup_verify.c) ---- */

struct backup_damage {
    const char *file, *text;
    struct backup_damage *next;
};
struct backup_verified {
    const char *only; /* the one backup to look at; NULL: all, and what no backup needs */
    int backups;      /* how many were looked at */
    int64_t blobs, bytes;
    int n_damaged; /* files of the folder that are not what they must be */
    bool fatal;    /* one of them is a manifest, a list or a dump */
    struct backup_damage *damage;
};
/* Reads everything again. Damage is no error. */
fallible backup_check(struct ctl *, const struct backup_place *, struct backup_verified *);

/* Says what was done, unless --quiet or --json. */
#define BACKUP_SAY(ctl, ...)                                                                       \
    do {                                                                                           \
        if (ctl_option((ctl), "quiet") == NULL)                                                    \
            ctl_say((ctl), __VA_ARGS__);                                                           \
    } while (0)

fallible backup_create(struct ctl *);
fallible backup_list(struct ctl *);
fallible backup_verify(struct ctl *);
fallible backup_prune(struct ctl *);

#endif
