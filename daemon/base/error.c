#include "base/error.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/macros.h"

const struct condition
    BAD_REQUEST = { 400, .title = N_("The request could not be understood.") },
    NOT_AUTHENTICATED = { 401, .title = N_("Please sign in.") },
    FORBIDDEN = { 403, .title = N_("You may not do this.") },
    NOT_FOUND = { 404, .title = N_("There is nothing at this address.") },
    METHOD_NOT_ALLOWED = { 405, .title = N_("This cannot be done here.") },
    CONFLICT = { 409, .title = N_("This does not fit what is already there.") },
    GONE = { 410, .title = N_("What was here is gone.") },
    LENGTH_REQUIRED = { 411, .title = N_("The request does not say how long its content is.") },
    PRECONDITION_FAILED = { 412, .title = N_("It was changed in the meantime.") },
    TOO_LARGE = { 413, .title = N_("This is too large.") },
    ADDRESS_TOO_LONG = { 414, .title = N_("The address is too long.") },
    UNSUPPORTED_TYPE = { 415, .title = N_("This kind of content is not accepted here.") },
    RANGE_NOT_SATISFIABLE = { 416, .title = N_("The requested part does not exist.") },
    UPGRADE_REQUIRED = { 426, .title = N_("This is answered over https only. Please use the https "
                                          "address.") },
    MISDIRECTED = { 421, .title = N_("This server does not serve that host.") },
    TOO_MANY = { 429, .title = N_("Too many attempts. Please wait a moment.") },
    HEADERS_TOO_LARGE = { 431, .title = N_("The header of the request is too large.") },
    INTERNAL = { 500, .title = N_("Something went wrong on our side. Nothing was changed.") },
    NOT_IMPLEMENTED = { 501, .title = N_("This server does not know this method.") },
    BAD_GATEWAY = { 502, .title = N_("The destination is on another server.") },
    TRY_LATER = { 503, .title = N_("This is not possible at the moment. Please try again soon.") },
    STORAGE_FULL = { 507, .title = N_("There is not enough space left.") },
    OUTCOME_UNKNOWN = { 503,
        .title = N_("It is not known whether this was done. Please look before you try again.") },
    LOST_RACE = { 503, .title = N_("This is not possible at the moment. Please try again soon.") };

struct error *
error_plain(struct arena *arena, const struct condition *cond, const char *where)
{
    struct error *e = NEW(arena, struct error);

    e->cond = cond;
    e->where = where;
    return e;
}

struct error *
error_new(
    struct arena *arena, const struct condition *cond, const char *where, const char *detail, ...)
{
    struct error *e = error_plain(arena, cond, where);
    va_list ap;

    va_start(ap, detail);
    e->detail = arena_vprintf(arena, detail, ap);
    va_end(ap);
    return e;
}

struct error *
error_cause(struct error *e, struct arena *arena, const char *cause, ...)
{
    va_list ap;

    va_start(ap, cause);
    e->cause = arena_vprintf(arena, cause, ap);
    va_end(ap);
    return e;
}
