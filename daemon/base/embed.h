#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* A file that stands inside the program; made by embed.sh. Tables end with a NULL name. */
struct embedded {
    const char *name; /* without folder */
    const char *bytes;
    size_t n;
};

extern const struct embedded migrations[]; /* sql/migrations, in their order */
extern const struct embedded functions[];  /* sql/functions: run by each migrate, after those */
extern const struct embedded restores[];   /* sql/restore: around what a backup holds */
extern const struct embedded assets[];     /* daemon/html/assets */
extern const struct embedded catalogues[]; /* daemon/locale, compiled by msgfmt: "de.mo" */

#endif
