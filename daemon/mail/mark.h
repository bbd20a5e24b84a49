#ifndef MAIL_MARK_H
#define MAIL_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "db/db.h"

struct arena;

/* Private to daemon/mail: keyed hashes, by which addresses are known without being kept. */

/* The key of this installation. */
fallible mail_key(struct db *, struct arena *, struct bytes *key);

/* Of an address, whatever case it was typed in: 32 hexadecimal digits. */
#define MAIL_MARK_DIGITS 32
const char *mail_mark(struct arena *, struct bytes key, const char *address);

/*
 * What the link says by which somebody asks for no more: in whose name (one of them is 0), what
 * for, and whose address. Signed, so that nobody can make one for somebody else.
 */
struct mail_stop {
    int64_t chapter, person;
    const char *purpose, *mark;
};
const char *mail_stop_write(struct arena *, struct bytes key, const struct mail_stop *);
bool mail_stop_read(struct arena *, struct bytes key, const char *code, struct mail_stop *);

#endif
