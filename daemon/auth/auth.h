#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "http/route.h"

struct app;
struct arena;
struct config;
struct db;
struct job;
struct request;

/*
 * "Sign in first": the 303 that a browser without a session gets instead of a
 * page. error.href is the address to go to (Location).
 */
extern const struct condition SIGN_IN_FIRST;

/*
 * Once, before threads start: reads the password of the service account and
 * fills app->passwords, authenticate and authorize from app->config. False
 * after a line on `report`; asks no directory yet, so that a daemon starts
 * while LDAP is down.
 */
bool auth_start(struct app *, FILE *report);
void auth_stop(struct app *);

/* For notifications on channel "chapterd_rights": a person's id, or "" for everybody. */
void auth_notified(const struct app *, const char *payload);

/* /login, /logout, /language. */
extern const struct route auth_routes[];

/* /account: where she is signed in, and /account/devices: her app passwords. */
extern const struct route account_routes[];

/* The periodic look at the directory, and what is swept. The table lives in the arena. */
const struct job *auth_jobs(struct arena *, const struct config *);

/* struct app.authenticate: sets rq->who. 401 wrong, 429 held back, 503 the directory is silent. */
fallible who_authenticate(struct request *);

/*
 * struct app.authorize: the form token of anything but GET on a LOGIN_PAGE
 * route, then {chapter} of the pattern (NOT_FOUND when unknown or archived;
 * sets rq->chapter), then route->need.
 */
fallible authorize(struct request *);

/* What a comparison with the directory found. */
struct sync_report {
    int64_t listed;  /* people in the directory */
    int64_t known;   /* people with access in our tables before */
    int64_t missing; /* of these, no longer in the directory */
    int64_t removed; /* of these, access taken */
    bool stopped;    /* too many are missing: nobody was removed; look, then confirm */
};

/*
 * Compares all known people with the directory: uid, name, mail, groups are
 * refreshed, who is gone loses all access. Removes nobody when the listing is
 * not complete (TRY_LATER), or, without `confirm`, when more than 20 people or
 * more than 5 % (and more than 3 people) would go, or the directory is empty.
 * Runs outside any transaction and commits page by page.
 */
fallible auth_sync(
    const struct app *, struct db *, struct arena *, bool confirm, struct sync_report *);

#endif
