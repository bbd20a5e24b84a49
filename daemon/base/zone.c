#include "base/zone.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/zone_rule.h"

#define FOLDER "/usr/share/zoneinfo/"

/* A zone file (RFC 8536) whole; the largest of tzdata has 4 KiB. */
struct zone {
    char name[64];
    int size;
    unsigned char bytes[8192];
};

/* The head of each of the two blocks. */
struct counts {
    uint32_t utc, wall, leap, times, types, letters;
};

static bool
plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL &&
           strlen(name) < sizeof((struct zone *)0)->name;
}

static bool
load(struct zone *zone, const char *name)
{
    char path[128];

    if (!plain_name(name))
        return false;
    snprintf(path, sizeof path, FOLDER "%s", name);
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, zone->bytes, sizeof zone->bytes - 1);
    if (n < 44 || memcmp(zone->bytes, "TZif", 4) != 0 || zone->bytes[4] < '2')
        return false;
    zone->bytes[n] = '\0';
    zone->size = (int)n;
    snprintf(zone->name, sizeof zone->name, "%s", name);
    return true;
}

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

static int
offset_in(const struct zone *zone, int64_t when)
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

/* The last zone a thread asked for: a page asks for the same one again and again. */
static bool
find(const struct zone **found, const char *name)
{
    static _Thread_local struct zone last;

    if (strcmp(last.name, name) != 0 || name[0] == '\0') {
        last.name[0] = '\0';
        if (!load(&last, name))
            return false;
    }
    *found = &last;
    return true;
}

bool
zone_exists(const char *name)
{
    const struct zone *zone;

    return find(&zone, name);
}

int
zone_offset(const char *name, int64_t when)
{
    const struct zone *zone;

    return find(&zone, name) ? offset_in(zone, when) : 0;
}
