#ifndef CTL_RESTORE_H
#define CTL_RESTORE_H

/* Private to chapterctl restore. */

#include <sys/types.h>

#include "base/buf.h"
#include "ctl/backup.h"

/* One run. */
struct restore {
    struct ctl *ctl;
    struct backup_place *place;
    struct backup_manifest manifest;
    int dir; /* of the backup */
    struct blob_store *store;
    uid_t owner; /* of the store; root becomes it where it writes there */
    gid_t group;
    bool despite_damage, keep_files;
    int64_t files, bytes, absent; /* absent: files that the backup lacks */
    struct buf moved; /* lines for sql/restore: files that are elsewhere than they were */
};

/* Puts the files into the store (restore_files.c). */
fallible restore_open_store(struct restore *);
fallible restore_files(struct restore *);

/* Looks whether there is room for a restore, and keeps everybody else out (restore_database.c). */
fallible restore_claim(struct restore *);
/* The database, in one transaction. */
fallible restore_database(struct restore *);

#endif
