#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stddef.h>

#include "base/error.h"
#include "base/macros.h"
#include "db/db.h"
#include "http/request.h"

struct response;

/* How one signs in here. Never both: HTML forms do not accept Basic, DAV does not accept cookies.
 */
enum login {
    LOGIN_NONE, /* nobody is asked: rq->who is nobody */
    LOGIN_PAGE, /* session cookie, if there is one; see `need` */
    LOGIN_DAV   /* Basic; without it 401, which costs neither LDAP nor database */
};

/* What one must be. The roles are those in the chapter that {chapter} names. */
enum need {
    ANYBODY, /* handlers show what the asking person may see */
    SIGNED_IN,
    NEED_MEMBER,
    NEED_BOARD,
    NEED_CHAIR,
    NEED_STATE_ADMIN
};

enum body_kind {
    BODY_NONE,   /* a body is refused with 413/415 */
    BODY_MEMORY, /* XML and forms: kept in memory, at most body_max bytes */
    BODY_BLOB    /* a document: past config->inline_max it goes to the store */
};

/* Fills the response, or fails and leaves it to be thrown away. */
typedef fallible handler(struct request *, struct response *);
/* A step without a reply. */
typedef fallible step(struct request *);

/* Which workers run it: neither what must answer at once nor what takes long waits with the others. */
enum crew {
    CREW_COMMON,
    CREW_MONITORS, /* one: short, and answers when all others are busy */
    CREW_EXPORTS,  /* two: whole tables as files, so that many at once hold up nobody else */
    CREWS
};

struct route {
    enum method method; /* GET serves HEAD too */
    const char
        *pattern; /* "/c/{chapter}/page"; a last part of two stars matches any rest, also none */
    enum login login;
    enum need need;
    enum tx tx;
    enum body_kind body;
    size_t body_max; /* 0: the configured maximum of its kind */
    enum crew crew;
    bool
        secret; /* who has the address may: it is never logged, nor to be found by search engines */
    step *scope;     /* optional, outside any transaction, before admit and run: sets rq->scope */
    step *admit;     /* optional, in a transaction of its own, before an upload's body is taken */
    step *prepare;   /* optional, outside any transaction, after the body is complete */
    handler *run;
};

/* The table's last entry. */
#define ROUTES_END                                                                                 \
    {                                                                                              \
        .run = NULL                                                                                \
    }

/*
 * Finds the route of rq->method and rq->path, sets rq->route, param, rest.
 * NOT_FOUND, or METHOD_NOT_ALLOWED when the path has routes of other methods;
 * *allow is then, and for OPTIONS, the list for the Allow header.
 */
fallible route_find(struct request *, const char **allow);

/* Is the address one of those, whatever the method? */
bool route_is_secret(const struct request *);

/*
 * What {chapter} of the route matched; NULL when its pattern has none, "" when it can be
 * no slug: then there is no such chapter, and it must not get into a list of slugs.
 */
const char *route_chapter(const struct request *);

#endif
