#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct arena;

/* One way in which a request can fail. Conditions are constants; each layer declares its own. */
struct condition {
    int status;        /* the HTTP status */
    const char *ns;    /* XML namespace of name; NULL when DAV defines no element for it */
    const char *name;  /* "lock-token-submitted" */
    const char *title; /* one sentence that anybody may see; a msgid */
};

/* A failure on its way up to the client. No error is NULL. Lives in the request's arena. */
struct error {
    const struct condition *cond;
    const char *detail; /* for the user, in her language: what of this request; may be NULL */
    const char *cause;  /* for the log alone: SQLSTATE, errno, library message; may be NULL */
    const char *href;   /* DAV: the resource in the way, encoded; may be NULL */
    const char *where;  /* "webdav/lock.c:120" */
};

extern const struct condition BAD_REQUEST, NOT_AUTHENTICATED, FORBIDDEN, NOT_FOUND,
    METHOD_NOT_ALLOWED, CONFLICT, GONE, LENGTH_REQUIRED, PRECONDITION_FAILED, TOO_LARGE,
    ADDRESS_TOO_LONG, UNSUPPORTED_TYPE, RANGE_NOT_SATISFIABLE, MISDIRECTED, UPGRADE_REQUIRED, TOO_MANY,
    HEADERS_TOO_LARGE, INTERNAL, NOT_IMPLEMENTED, BAD_GATEWAY, TRY_LATER, STORAGE_FULL,
    OUTCOME_UNKNOWN, /* the database fell silent over a COMMIT: perhaps it was done */
    LOST_RACE; /* to another transaction: the worker runs the request again */

/* The return type of everything that can fail; the compiler complains when it is ignored. */
#define fallible __attribute__((warn_unused_result)) struct error *

/* An error whose condition's title is all there is to say. */
struct error *error_plain(struct arena *, const struct condition *, const char *where)
    __attribute__((returns_nonnull));
#define REFUSE(arena, cond) error_plain((arena), &(cond), HERE)

struct error *error_new(struct arena *, const struct condition *, const char *where,
    const char *detail, ...) __attribute__((format(printf, 4, 5), returns_nonnull));

/* Adds what only the log may know, and returns the error. */
struct error *error_cause(struct error *, struct arena *, const char *cause, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

#define STRING_(x) #x
#define STRING(x)  STRING_(x)
#define HERE       __FILE__ ":" STRING(__LINE__)

/* return FAIL(rq->arena, NOT_FOUND, tr(rq->lang, "There is no page named %s."), name); */
#define FAIL(arena, cond, ...) error_new((arena), &(cond), HERE, __VA_ARGS__)

/* Passes a failure on to the caller. The only macro that returns. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        struct error *try_ = (call);                                                               \
        if (try_ != NULL)                                                                          \
            return try_;                                                                           \
    } while (0)

#endif
