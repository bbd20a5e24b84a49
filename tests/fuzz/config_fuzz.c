#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/config.h"
#include "tests/fuzz/fuzz.h"

/* A file is taken, or each of its complaints is a line that begins with its name. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    int fd = memfd_create("config", 0);
    const char *path = arena_printf(arena, "/proc/self/fd/%d", fd);
    char report[65536] = "";
    FILE *f = fmemopen(report, sizeof report, "w");

    MUST(write(fd, data, n) == (ssize_t)n);
    const struct config *config = config_read(arena, path, f);
    fflush(f);
    MUST((config == NULL) == (report[0] != '\0'));
    if (config != NULL) {
        MUST(config->workers >= 1 && config->workers <= 500);
        MUST(config->password_cache >= 0 && config->password_cache <= 60);
        MUST(config->title != NULL && config->language != NULL);
        config_check(config, f);
    } else {
        MUST(strncmp(report, path, strlen(path)) == 0);
    }
    fclose(f);
    close(fd);
}
