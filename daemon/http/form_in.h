#ifndef HTTP_FORM_IN_H
#define HTTP_FORM_IN_H

/* Private to daemon/http: a form that has been read. */
#include <stddef.h>

#include "base/error.h"

struct request;

#define FORM_FIELDS 1000
#define FORM_FILES  200

struct form_field {
    const char *name, *value; /* the value of a field that is no file is NUL-terminated */
    size_t n;
    const char *file, *type; /* the file's name as sent; NULL for a field that is none */
};

struct form {
    struct form_field *field; /* room for FORM_FIELDS */
    int n;
};

/* multipart/form-data (RFC 7578). BAD_REQUEST when malformed or past a limit. */
fallible form_read_multipart(
    struct request *, const char *content_type, const char *body, size_t n, struct form *);

#endif
