#ifndef HTTP_APP_H
#define HTTP_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct blob_store;
struct config;
struct lang;
struct module;
struct passwords;
struct quota_pool;
struct request;
struct response;
struct route;
struct helpers;

/* What lives as long as the process. main.c fills it; afterwards only the count changes. */
struct app {
    const struct config *config;
    const struct module *const *modules;
    const struct route *const *routes; /* one table each module and layer, NULL last */
    unsigned areas; /* AREA_... of auth/access.h that modules have: what app passwords can be for */
    struct blob_store *blobs;
    struct passwords *passwords; /* auth: verified logins of the last minute */
    struct quota_pool *quota;    /* space this process has reserved */
    struct helpers *helpers;     /* jobs: the zygote and its children */
    bool (*helpers_answer)(struct helpers *); /* for /healthz */
    atomic_llong *requests;      /* that workers have taken so far: what jobs make way for */
    const struct lang *lang;     /* the installation's language */
    int64_t debug_log_until;     /* time_now(): paths are logged until then; 0: they are not */

    /* From auth/, the calls upwards: who asks (outside any transaction; may ask LDAP) ... */
    fallible (*authenticate)(struct request *);
    /* ... and does the route let them (inside the transaction, before the handler). */
    fallible (*authorize)(struct request *);
    /* From html and webdav: how an error looks to this client. */
    void (*render_error)(struct request *, struct response *, const struct error *);
};

#endif
