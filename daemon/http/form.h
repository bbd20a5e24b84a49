#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct request;

/*
 * Fields of a posted form (application/x-www-form-urlencoded; files come by
 * form_file). Absent, too long, not UTF-8 or no number: BAD_REQUEST that names
 * the field. The form token (auth/csrf.h) has been checked before.
 */
fallible form_text(struct request *, const char *name, size_t max, const char **text);
fallible form_maybe(
    struct request *, const char *name, size_t max, const char **text); /* NULL when absent */
/* The i-th of several fields of one name, as ticked boxes are; *text NULL when there are no more.
 */
fallible form_nth(struct request *, const char *name, int i, size_t max, const char **text);
fallible form_int(struct request *, const char *name, int64_t *number);

/* A file of a multipart/form-data body: its name as sent and its bytes, which live as long as the
 * request. */
struct form_file {
    const char *name, *type;
    const char *p;
    size_t n;
};
/* The i-th file of that field, from 0; *file NULL name when there are no more. */
fallible form_file(struct request *, const char *name, int i, struct form_file *);

#endif
