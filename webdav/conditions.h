#ifndef WEBDAV_CONDITIONS_H
#define WEBDAV_CONDITIONS_H

#include "base/error.h"

/* Preconditions and postconditions of RFC 3744, 4331, 4918, 5689, 6578: what a <D:error> names. */
extern const struct condition NEED_READ,
    WRONG_AREA,         /* need-privileges; the app password is for something else */
    NEED_WRITE,         /* need-privileges with that privilege; href is the resource */
    FINITE_DEPTH,       /* PROPFIND with Depth: infinity */
    LOCKED,             /* lock-token-submitted; href is the locked resource */
    LOCK_CONFLICT,      /* no-conflicting-lock; href is the locked resource */
    LOCK_TOKEN_MISSES,  /* 409: an UNLOCK with a token of another resource */
    LOCK_TOKEN_UNKNOWN, /* 412: a refresh with a token that is no lock here */
    TOO_MANY_LOCKS, PROTECTED_PROPERTY, /* cannot-modify-protected-property */
    FAILED_DEPENDENCY,                  /* 424: what was not done because something else failed */
    PROPERTY_TOO_LARGE,                 /* 507 of one property */
    VALID_RESOURCETYPE,                 /* MKCOL of a kind that cannot be made here */
    VALID_SYNC_TOKEN, VALID_SYNC_TOKEN_400, /* see the note on Thunderbird in report_sync.c */
    SYNC_TRAVERSAL,                         /* sync-collection with an infinite level */
    SUPPORTED_REPORT, TOO_MANY_MATCHES, TOO_MANY_MATCHES_507, /* number-of-matches-within-limits */
    TOO_MANY_MEMBERS;                                         /* of one COPY, MOVE or DELETE */

#endif
