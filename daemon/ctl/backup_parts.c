/* The list of a backup's files of the store: a line each, by hash, then by owner. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ctl/backup.h"

#define LINE_MOST 160 /* a hash, three numbers and what stands between them */

const char *
backup_part_line(struct arena *arena, const struct backup_part *part)
{
    return arena_printf(arena, "%s %" PRId64 " %c%" PRId64 " %d",
        hex_encode(arena, part->sum.sha256, SHA256_SIZE), part->sum.size, part->owner.kind,
        part->owner.id, (int)part->where);
}

bool
backup_part_parse(const char *line, struct backup_part *part)
{
    char copy[LINE_MOST];
    char *word[4] = { copy };
    int64_t where;

    if (strlen(line) >= sizeof copy)
        return false;
    memcpy(copy, line, strlen(line) + 1);
    for (size_t i = 1; i < COUNT_OF(word); i++) {
        word[i] = strchr(word[i - 1], ' ');
        if (word[i] == NULL)
            return false;
        *word[i]++ = '\0';
    }
    part->owner.kind = word[2][0];
    if (strlen(word[0]) != 2 * SHA256_SIZE || !hex_decode(word[0], part->sum.sha256, SHA256_SIZE) ||
        !text_to_int(word[1], INT64_MAX, &part->sum.size) ||
        (part->owner.kind != 'c' && part->owner.kind != 'p') ||
        !text_to_int(word[2] + 1, INT64_MAX, &part->owner.id) ||
        !text_to_int(word[3], BLOB_PLACES - 1, &where))
        return false;
    part->where = (enum blob_where)where;
    return true;
}

static void
close_file(FILE **f)
{
    if (*f != NULL)
        fclose(*f);
}

static fallible
each(struct arena *arena, FILE *f,
    fallible (*fn)(void *cls, const struct backup_part *, bool again), void *cls)
{
    struct backup_part part, last = { .sum.size = -1 };
    char line[LINE_MOST];

    while (fgets(line, sizeof line, f) != NULL) {
        size_t n = strlen(line);
        if (n == 0 || line[n - 1] != '\n')
            return FAIL(arena, CONFLICT, "parts is cut off");
        line[n - 1] = '\0';
        if (!backup_part_parse(line, &part))
            return FAIL(arena, CONFLICT, "parts has a line that is none");
        bool again =
            last.sum.size >= 0 && memcmp(last.sum.sha256, part.sum.sha256, SHA256_SIZE) == 0;
        TRY(fn(cls, &part, again));
        last = part;
    }
    return ferror(f) ? FAIL(arena, CONFLICT, "parts cannot be read") : NULL;
}

struct error *
backup_parts_each(struct arena *arena, int dir,
    fallible (*fn)(void *cls, const struct backup_part *, bool again), void *cls)
{
    int fd = openat(dir, "parts", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP(close_file) FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (f == NULL) {
        struct error *e = FAIL(arena, CONFLICT, "parts cannot be opened: %s", strerror(errno));
        close_fd(&fd);
        return e;
    }
    return each(arena, f, fn, cls);
}
