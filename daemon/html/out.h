#ifndef HTML_OUT_H
#define HTML_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Where generated text goes: memory first, past 1 MiB an unlinked file. Writing
 * never fails for the caller; a full disk or a text past `max` sets `failed`,
 * which the response looks at before it is sent.
 */
struct out;

struct out *out_new(struct arena *, int64_t max) __attribute__((returns_nonnull));
/* Has anything gone wrong? Writes what is still on its way to the file: ask before out_fd. */
bool out_failed(struct out *);
int64_t out_length(const struct out *);
/* Bytes written so far, when they are in memory; NULL once they are in a file. */
const char *out_memory(const struct out *);
int out_fd(const struct out *); /* -1 while in memory; stays the out's; complete after out_failed */

/* Markup that is known to be safe; only html/markup.c makes one from user text. */
struct html {
    const char *s;
    size_t n;
};

void out_raw(struct out *, const char *s, size_t n);
void out_text(struct out *, const char *s); /* escapes & < > " '   NULL writes nothing */
void out_int(struct out *, int64_t v);
void out_html(struct out *, struct html);
void out_json(struct out *, const char *s); /* a string of JSON (RFC 8259, 7) with its quotes; s is UTF-8 */
void out_line(struct out *, const char *s); /* into a plain text: control characters become blanks */
void out_url(struct out *, const char *s);      /* text, and only relative, http(s), mailto, or for DAVx5 */
void out_url_part(struct out *, const char *s); /* percent-encodes what is not unreserved */

/* The type decides: a string is escaped, markup is not, anything else does not compile. */
#define out_value(o, v)                                                                            \
    _Generic((v), char *: out_text, const char *: out_text, int: out_int, long: out_int,           \
        long long: out_int, unsigned: out_int, struct html: out_html)((o), (v))

/* The same where nothing is markup. */
#define out_plain(o, v)                                                                            \
    _Generic((v), char *: out_line, const char *: out_line, int: out_int, long: out_int,           \
        long long: out_int, unsigned: out_int)((o), (v))

#define out_attr(o, v)                                                                             \
    _Generic((v), char *: out_text, const char *: out_text, int: out_int, long: out_int,           \
        long long: out_int, unsigned: out_int)((o), (v))

#endif
