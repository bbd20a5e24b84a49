#ifndef BASE_CONFIG_TABLE_H
#define BASE_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Private to config*.c: what is known of each setting. */

/* The type of its member in struct config. */
enum setting_type { SETTING_BOOL, SETTING_NUMBER, SETTING_SIZE, SETTING_TEXT, SETTING_WORDS };

/* What a number counts, and what a text names. */
enum setting_unit { UNIT_NONE, UNIT_SECONDS, UNIT_BYTES, UNIT_FILE, UNIT_FOLDER };

struct setting {
    const char *name;
    enum setting_type type;
    enum setting_unit unit;
    size_t offset;           /* in struct config */
    const char *standard;    /* its default, as it would be written; NULL: not set */
    int64_t least, most;     /* of a number or size */
    const char *const *only; /* the values a text may have, NULL last; NULL: any */
    const char *section;     /* set on the first of a group: its heading in the manual */
    const char *help;
};

/* In the order of the manual; the last has no name. */
extern const struct setting settings[];

#endif
