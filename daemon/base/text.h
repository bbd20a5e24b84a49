#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF, no NUL. */
bool text_is_utf8(const char *s, size_t n);

/* A name that may be stored: UTF-8 without control and bidirectional-override characters. */
bool text_is_name(const char *s, size_t n);

/* Fit for XML 1.0: UTF-8 without the control characters that XML has no way to write. */
bool text_is_xml(const char *s, size_t n);

/* Unicode normal form C of s: what names are compared by. */
const char *text_nfc(struct arena *, const char *s);

/* The same without the difference of capital and small letters, for comparing: "STRASSE" and
 * "Straße" are one. */
const char *text_fold(struct arena *, const char *s);

/*
 * What i;unicode-casemap compares s by (RFC 5051): title case, decomposed. Only the small letters a
 * to z become capital ones with text_casemap_ascii() (i;ascii-casemap, RFC 4790, 9.2).
 */
const char *text_casemap(struct arena *, const char *s);
const char *text_casemap_ascii(struct arena *, const char *s);
/* The capital letters A to Z become small ones. */
const char *text_small_ascii(struct arena *, const char *s);

/* A decimal number without sign, blanks or anything behind it, at most `most`. */
bool text_to_int(const char *s, int64_t most, int64_t *value);

/* "10 MiB", "64k", "1G", "500": bytes. */
bool text_to_size(const char *s, size_t *value);

/* Without blanks at both ends. */
const char *text_trim(struct arena *, const char *s);

/* Splits at any of the bytes in `separators`; empty parts are left out. Returns their number. */
int text_split(struct arena *, const char *s, const char *separators, const char *const **parts);

/*
 * Can it be the slug of a chapter: small letters a to z, digits, hyphens? What comes from an
 * address is asked this before it is put into a list of slugs, where "," and "*" mean something.
 */
bool text_is_slug(const char *s);

bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/* ASCII letters count as equal in both cases. */
bool text_same_nocase(const char *a, const char *b);

/* A size for people: "1,4 MB" / "1.4 MB" (powers of 1000, as disks are sold). */
const char *text_size(struct arena *, int64_t bytes, const char *language);

#endif
