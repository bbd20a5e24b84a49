/*
 * binds: how many logins a directory can check, for `make bench`.
 *
 *   binds URI DN PASSWORD CONNECTIONS FIRST COUNT
 *
 * Signs in as FIRST to FIRST + COUNT - 1, the number taking the place of "{n}" in DN (six digits).
 * Every connection is kept, has a thread and asks as fast as it is answered: nobody who asks the
 * directory about each login can be faster. The result is one JSON object on standard output.
 */
#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const char *uri, *dn, *password;
    unsigned first, count;
} set;

static atomic_uint next_number;

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
check(int rc, const char *what)
{
    if (rc != LDAP_SUCCESS) {
        fprintf(stderr, "binds: %s: %s\n", what, ldap_err2string(rc));
        exit(1);
    }
}

static void *
work(void *unused)
{
    int version = LDAP_VERSION3;
    LDAP *ld;
    char dn[300];
    struct berval password = { strlen(set.password), strdup(set.password) };
    const char *mark = strstr(set.dn, "{n}");

    check(ldap_initialize(&ld, set.uri), set.uri);
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    for (unsigned i; (i = atomic_fetch_add(&next_number, 1)) < set.count;) {
        snprintf(
            dn, sizeof dn, "%.*s%06u%s", (int)(mark - set.dn), set.dn, set.first + i, mark + 3);
        check(ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL), dn);
    }
    ldap_unbind_ext_s(ld, NULL, NULL);
    free(password.bv_val);
    return unused;
}

int
main(int argc, char **argv)
{
    pthread_t thread[64];
    int n = argc == 7 ? atoi(argv[4]) : 0;

    if (n < 1 || n > 64 || strstr(argv[2], "{n}") == NULL) {
        fprintf(stderr,
            "usage: binds URI DN PASSWORD CONNECTIONS FIRST COUNT; see the top of binds.c\n");
        return 2;
    }
    set.uri = argv[1];
    set.dn = argv[2];
    set.password = argv[3];
    set.first = (unsigned)atoi(argv[5]);
    set.count = (unsigned)atoi(argv[6]);
    double started = now();
    for (int i = 0; i < n; i++)
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            return 1;
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    printf("{\"requests\":%u,\"seconds\":%.6f}\n", set.count, now() - started);
    return 0;
}
