/* chapterctl check: the folder of the large documents. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "blob/blob.h"
#include "ctl/check.h"

static const char *
user_name(struct arena *arena, uid_t uid)
{
    const struct passwd *user = getpwuid(uid);

    return user != NULL ? arena_copy(arena, user->pw_name, strlen(user->pw_name))
                        : arena_printf(arena, "%u", (unsigned)uid);
}

static void
check_folder(struct checks *checks, const char *dir, const struct stat *st)
{
    if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        check_tell(checks, WRONG, "store",
            arena_printf(checks->ctl->arena, "Run: chmod 0700 %s", dir),
            "%s can be read by others than its owner %s", dir,
            user_name(checks->ctl->arena, st->st_uid));
    else
        check_tell(checks, GOOD, "store", NULL, "%s belongs to %s alone", dir,
            user_name(checks->ctl->arena, st->st_uid));
}

static void
check_writing(struct checks *checks, const char *dir)
{
    CLEANUP(close_fd) int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0) {
        check_tell(checks, GOOD, "store", NULL,
            "files can be written, and vanish when an upload breaks off");
        return;
    }
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
        check_tell(checks, NOTE, "store",
            "Uploads go through named files instead, which are cleaned up at the start; ext4, "
            "xfs and btrfs do better.",
            "its file system knows no files without a name (O_TMPFILE)");
        return;
    }
    check_tell(checks, WRONG, "store",
        errno == EACCES ? "Run this as the daemon's user, or give the folder to that user."
                        : "Look at the disk: is it full, or mounted read-only?",
        "nothing can be written to %s: %s", dir, strerror(errno));
}

static void
check_space(struct checks *checks, const char *dir)
{
    struct arena *arena = checks->ctl->arena;
    const size_t need = checks->config->body_max;
    struct statvfs fs;

    if (statvfs(dir, &fs) != 0) {
        check_tell(checks, WRONG, "store", "Look at the disk.", "%s: %s", dir, strerror(errno));
        return;
    }
    unsigned long long bytes = (unsigned long long)fs.f_bavail * fs.f_frsize;
    const char *left = text_size(arena, (int64_t)bytes, "en");
    if (bytes < need)
        check_tell(checks, WRONG, "store",
            "Make room, move the store to a larger disk, or lower body_max.",
            "%s are free: less than one document of the largest allowed size (%s)", left,
            text_size(arena, (int64_t)need, "en"));
    else if (fs.f_files > 0 && fs.f_favail < fs.f_files / 100)
        check_tell(checks, WRONG, "store",
            "Remove files, or make a new file system with more inodes.",
            "%s are free, but hardly any file can be added (inodes)", left);
    else
        check_tell(checks, GOOD, "store", NULL, "%s are free", left);
}

static void
close_store(struct blob_store **store)
{
    blob_store_close(*store);
}

/* A signed request: reachable, the right key, the right bucket, and clocks that agree. */
static void
check_s3(struct checks *checks)
{
    const struct config *config = checks->config;
    CLEANUP(close_store) struct blob_store *store = NULL;

    if (config->s3_endpoint == NULL)
        return;
    struct error *e = blob_store_open_all(checks->ctl->arena, config, &store);
    if (e == NULL)
        e = blob_try(store, checks->ctl->arena, BLOB_S3);
    if (e != NULL)
        check_tell_error(checks, "s3",
            "See that the store runs, that s3_endpoint and s3_bucket are right, that s3_key_file "
            "may read and write there, and that this machine's clock is right.",
            e);
    else
        check_tell(checks, GOOD, "s3", NULL, "the S3 store %s answers, and has the bucket %s",
            config->s3_endpoint, config->s3_bucket);
}

void
check_store(struct checks *checks)
{
    const char *dir = checks->config->blob_dir;
    struct stat st;

    if (stat(dir, &st) != 0) {
        check_tell(checks, WRONG, "store",
            errno == ENOENT ? arena_printf(checks->ctl->arena,
                                  "Run: install -d -m 0700 -o _chapterd %s (or name another folder "
                                  "in blob_dir)",
                                  dir)
                            : "Mend the setting blob_dir.",
            "%s: %s", dir, strerror(errno));
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        check_tell(checks, WRONG, "store", "Mend the setting blob_dir.", "%s is no folder", dir);
        return;
    }
    check_folder(checks, dir, &st);
    check_writing(checks, dir);
    check_space(checks, dir);
    check_s3(checks);
}
