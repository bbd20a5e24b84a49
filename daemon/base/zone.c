#include "base/zone.h"

#include <endian.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/zone_rule.h"

#define FOLDER   "/usr/share/zoneinfo"
#define ZONE_MAX 8192 /* of a file; the largest of tzdata has 4 KiB */

/* A zone file (RFC 8536) whole. */
struct zone {
    const char *name;
    int size;
    const unsigned char *bytes; /* a NUL stands behind them */
};

/* All there are, by name; nothing changes after they were read. */
static struct zones {
    pthread_once_t once;
    struct zone *zone;
    int n, room;
    char version[17];
} zones = { .once = PTHREAD_ONCE_INIT };

/* The head of each of the two blocks. */
struct counts {
    uint32_t utc, wall, leap, times, types, letters;
};

static struct counts
read_counts(const unsigned char *head)
{
    uint32_t v[6];

    memcpy(v, head + 20, sizeof v);
    for (size_t i = 0; i < COUNT_OF(v); i++)
        v[i] = be32toh(v[i]);
    return (struct counts){ v[0], v[1], v[2], v[3], v[4], v[5] };
}

static int64_t
block_size(struct counts c, int time_size)
{
    return (int64_t)c.times * (time_size + 1) + (int64_t)c.types * 6 + c.letters +
           (int64_t)c.leap * (time_size + 4) + c.wall + c.utc;
}

static int64_t
read_time(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return (int64_t)be64toh(v);
}

static int
read_offset(const unsigned char *type)
{
    uint32_t v;

    memcpy(&v, type, sizeof v);
    return (int32_t)be32toh(v);
}

int
zone_offset_in(const struct zone *zone, int64_t when)
{
    struct counts c = read_counts(zone->bytes);
    int64_t second = 44 + block_size(c, 4);

    if (second + 44 > zone->size)
        return 0;
    c = read_counts(zone->bytes + second);
    if (c.types == 0 || second + 44 + block_size(c, 8) > zone->size)
        return 0;

    const unsigned char *times = zone->bytes + second + 44, *which = times + (size_t)c.times * 8,
                        *types = which + c.times;
    /* Behind the block, between two newlines: the rule for all that follows. */
    const unsigned char *rule = times + block_size(c, 8);
    int offset;
    if (c.times > 0 && when >= read_time(times + ((size_t)c.times - 1) * 8) && *rule == '\n' &&
        zone_rule((const char *)rule + 1, when, &offset))
        return offset;

    uint32_t low = 0, high = c.times; /* the first transition after `when` */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (read_time(times + (size_t)middle * 8) <= when)
            low = middle + 1;
        else
            high = middle;
    }
    unsigned type = low == 0 ? 0 : which[low - 1];
    return type < c.types ? read_offset(types + (size_t)type * 6) : 0;
}

/* ---------------------------------------------------------------- all of them */

static void *
must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static void
read_zone(const char *path)
{
    unsigned char bytes[ZONE_MAX];
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);

    if (n < 44 || n == sizeof bytes || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return;
    if (zones.n == zones.room) {
        zones.room = zones.room == 0 ? 1024 : 2 * zones.room;
        zones.zone = must(reallocarray(zones.zone, (size_t)zones.room, sizeof *zones.zone));
    }
    unsigned char *copy = must(malloc((size_t)n + 1));
    memcpy(copy, bytes, (size_t)n);
    copy[n] = '\0';
    zones.zone[zones.n++] = (struct zone){ must(strdup(path + strlen(FOLDER "/"))), (int)n, copy };
}

static int
by_name(const void *a, const void *b)
{
    const struct zone *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* FNV-1a: told apart are honest files, nobody's forgeries. */
static uint64_t
mix(uint64_t hash, const void *bytes, size_t n)
{
    for (const unsigned char *p = bytes; n > 0; n--)
        hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
    return hash;
}

static void
note_version(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < zones.n; i++) {
        hash = mix(hash, zones.zone[i].name, strlen(zones.zone[i].name) + 1);
        hash = mix(hash, zones.zone[i].bytes, (size_t)zones.zone[i].size);
    }
    snprintf(zones.version, sizeof zones.version, "%016" PRIx64, hash);
}

/* The folders posix and right have all zones once more; the second counts leap seconds. */
static void
read_all(void)
{
    char folder[] = FOLDER, *const where[] = { folder, NULL };
    FTS *tree = fts_open(where, FTS_LOGICAL | FTS_NOCHDIR, NULL);

    for (FTSENT *e; tree != NULL && (e = fts_read(tree)) != NULL;)
        if (e->fts_info == FTS_F)
            read_zone(e->fts_path);
        else if (e->fts_info == FTS_D && e->fts_level == 1 &&
                 (strcmp(e->fts_name, "posix") == 0 || strcmp(e->fts_name, "right") == 0))
            fts_set(tree, e, FTS_SKIP);
    if (tree != NULL)
        fts_close(tree);
    qsort(zones.zone, (size_t)zones.n, sizeof *zones.zone, by_name);
    note_version();
}

const char *
zones_version(void)
{
    zones_read();
    return zones.version;
}

void
zones_read(void)
{
    pthread_once(&zones.once, read_all);
}

const struct zone *
zone_find(const char *name)
{
    const struct zone wanted = { .name = name };

    zones_read();
    return bsearch(&wanted, zones.zone, (size_t)zones.n, sizeof wanted, by_name);
}

bool
zone_exists(const char *name)
{
    return zone_find(name) != NULL;
}

const char *
zone_name(const struct zone *zone)
{
    return zone->name;
}

int
zone_offset(const char *name, int64_t when)
{
    const struct zone *zone = zone_find(name);

    return zone == NULL ? 0 : zone_offset_in(zone, when);
}
