#include "auth/ldap_in.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/basic.h"
#include "auth/deadline.h"
#include "auth/ldap_escape.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"

/* How long a thread waits for its turn, and how long when others wait: workers are few. */
#define SLOT_PATIENCE SECOND
#define LAST_PATIENCE (SECOND / 20)
#define PAGE_SIZE     500
#define PAGE_TIMEOUT  (30 * SECOND)

struct directory_listing {
    struct directory *directory;
    struct handle handle;
    struct berval cookie;
    bool done;
};

/* ---------------------------------------------------------------- start and end */

static bool
read_secret(const struct config *config, char *secret, FILE *report)
{
    const char *path = config->ldap_bind_password_file;

    if (path == NULL)
        return true;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        fprintf(
            report, "%s: ldap_bind_password_file: %s: %s\n", config->path, path, strerror(errno));
        return false;
    }
    size_t n = fread(secret, 1, SECRET_MAX, f);
    fclose(f);
    secret[n] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    if (secret[0] == '\0' && config->ldap_bind_dn != NULL) {
        fprintf(report, "%s: ldap_bind_password_file: %s is empty; write the password into it\n",
            config->path, path);
        return false;
    }
    return true;
}

static char *
group_key_kept(const char *dn)
{
    if (dn == NULL)
        return NULL;

    struct arena *arena = arena_new();
    const char *key = directory_group_key(arena, dn);
    char *kept = key == NULL ? NULL : strdup(key);
    arena_free(arena);
    return kept;
}

bool
directory_open(const struct config *config, struct directory **directory, FILE *report)
{
    size_t n = (size_t)config->ldap_parallel;
    struct directory *d = calloc(1, sizeof *d + n * sizeof d->slot[0]);
    pthread_condattr_t monotonic;
    int version;

    /* Or /etc/ldap/ldap.conf and the caller's ~/.ldaprc change what we do. */
    setenv("LDAPNOINIT", "1", 1);
    ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version); /* initialises it, in one thread */
    signal(SIGPIPE, SIG_IGN); /* libldap writes to sockets that were shut down */
    if (d == NULL || (d->watchdog = watchdog_new()) == NULL) {
        fprintf(report, "no memory or thread for the directory\n");
        free(d);
        return false;
    }
    d->config = config;
    d->n_slots = (int)n;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    d->state_admins = group_key_kept(config->ldap_state_admin_group);
    if (!read_secret(config, d->secret, report)) {
        directory_close(d);
        return false;
    }
    *directory = d;
    return true;
}

void
directory_close(struct directory *d)
{
    if (d == NULL)
        return;
    for (int i = 0; i < d->n_slots; i++) {
        handle_close(&d->slot[i].service);
        handle_close(&d->slot[i].login);
    }
    watchdog_free(d->watchdog);
    pthread_cond_destroy(&d->freed);
    pthread_mutex_destroy(&d->lock);
    forget(d->secret, sizeof d->secret);
    free(d->state_admins);
    free(d);
}

/* ---------------------------------------------------------------- taking turns */

/* The directory is slow: somebody has waited for an answer for longer than we would for a turn. */
static bool
is_slow(const struct directory *d, int64_t now)
{
    for (int i = 0; i < d->n_slots; i++)
        if (d->slot[i].taken && now - d->slot[i].since > SLOT_PATIENCE)
            return true;
    return false;
}

static struct slot *
take_locked(struct directory *d, int64_t now)
{
    int64_t until = now + (d->n_waiting < d->n_slots / 2 ? SLOT_PATIENCE : LAST_PATIENCE);
    struct timespec end = { until / SECOND, until % SECOND * 1000 };

    for (;;) {
        if (d->down && d->n_taken > 0)
            return NULL;
        for (int i = 0; i < d->n_slots; i++)
            if (!d->slot[i].taken)
                return &d->slot[i];
        if (is_slow(d, now))
            return NULL;
        d->n_waiting++;
        int late = pthread_cond_timedwait(&d->freed, &d->lock, &end);
        d->n_waiting--;
        if (late != 0)
            return NULL;
        now = time_monotonic();
    }
}

/* NULL when it is not worth waiting: so a silent directory holds only few threads. */
static struct slot *
take_slot(struct directory *d)
{
    pthread_mutex_lock(&d->lock);
    struct slot *s = take_locked(d, time_monotonic());
    if (s != NULL) {
        s->taken = true;
        s->since = time_monotonic();
        s->deadline =
            s->since + (d->config->ldap_connect_timeout + 2 * d->config->ldap_timeout) * SECOND;
        d->n_taken++;
    }
    pthread_mutex_unlock(&d->lock);
    return s;
}

static void
give_slot(struct directory *d, struct slot *s, bool answered)
{
    pthread_mutex_lock(&d->lock);
    s->taken = false;
    d->n_taken--;
    if (d->down == answered)
        LOG(answered ? LOG_NOTICE_ : LOG_ERROR_,
            answered ? "directory_answers" : "directory_silent");
    d->down = !answered;
    pthread_cond_signal(&d->freed);
    pthread_mutex_unlock(&d->lock);
}

static fallible
silent(struct arena *arena, int rc)
{
    return error_cause(REFUSE(arena, TRY_LATER), arena, "ldap: %s", ldap_err2string(rc));
}

/* ---------------------------------------------------------------- signing in */

/* Finds the one entry with this login name. *found false: none, or more than one. */
static int
find_person(struct directory *d, struct slot *s, struct arena *arena, const char *name,
    struct directory_person *person, bool *found)
{
    const struct config *config = d->config;
    const char *filter = arena_printf(arena, "(&%s(%s=%s))", config->ldap_people_filter,
        config->ldap_uid, filter_escape(arena, name, strlen(name)));
    LDAPMessage *result;
    int rc = handle_search(d, &s->service, s->deadline, config->ldap_people_base,
        LDAP_SCOPE_SUBTREE, filter, person_attributes(config, arena), 2, &result);

    *found = false;
    if (rc == LDAP_SUCCESS && ldap_count_entries(s->service.ld, result) == 1)
        *found =
            person_read(d, arena, s->service.ld, ldap_first_entry(s->service.ld, result), person);
    else if (rc == LDAP_SIZELIMIT_EXCEEDED || rc == LDAP_SUCCESS) {
        if (rc != LDAP_SUCCESS || ldap_count_entries(s->service.ld, result) > 1)
            LOG(LOG_WARNING_, "directory_login_ambiguous");
        rc = LDAP_SUCCESS;
    }
    ldap_msgfree(result);
    return rc;
}

/* Results that mean: not with this password. All others mean: no answer. */
static bool
is_refusal(int rc)
{
    static const int refusals[] = { LDAP_INVALID_CREDENTIALS, LDAP_NO_SUCH_OBJECT,
        LDAP_INAPPROPRIATE_AUTH, LDAP_CONSTRAINT_VIOLATION, LDAP_UNWILLING_TO_PERFORM,
        LDAP_INSUFFICIENT_ACCESS, LDAP_INVALID_DN_SYNTAX, LDAP_REFERRAL, LDAP_INVALID_SYNTAX };

    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (rc == refusals[i])
            return true;
    return false;
}

/* Binds on the slot's second connection; it serves the next one too, for a bind starts anew. */
static int
try_password(struct directory *d, struct slot *s, const char *dn, const char *password)
{
    for (;;) {
        bool fresh = !handle_is_usable(&s->login);
        int rc = fresh ? handle_open(d, &s->login, s->deadline) : LDAP_SUCCESS;
        if (rc == LDAP_SUCCESS)
            rc = handle_bind(d, &s->login, dn, password, s->deadline);
        if (rc != LDAP_SUCCESS && !is_refusal(rc))
            handle_close(&s->login);
        if (rc != LDAP_SERVER_DOWN || fresh)
            return rc;
    }
}

/* Somebody unknown costs a bind too, so that the time does not tell who exists (E09). */
static const char *
nobodys_dn(const struct directory *d, struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s=%s,%s", d->config->ldap_uid,
        dn_escape(arena, name, strlen(name)), d->config->ldap_people_base);
}

static int
login_in_slot(struct directory *d, struct slot *s, struct arena *arena, const char *const *names,
    int n_names, const char *password, const struct directory_person **person)
{
    struct directory_person *p = NEW(arena, struct directory_person);
    bool found = false;
    int rc = LDAP_SUCCESS;

    for (int i = 0; i < n_names && !found && rc == LDAP_SUCCESS; i++)
        rc = find_person(d, s, arena, names[i], p, &found);
    if (rc != LDAP_SUCCESS)
        return rc;
    rc = try_password(d, s, found ? p->dn : nobodys_dn(d, arena, names[0]), password);
    if (is_refusal(rc))
        return LDAP_SUCCESS;
    if (rc == LDAP_SUCCESS && found && !p->groups_known)
        rc = person_search_groups(d, &s->service, s->deadline, arena, p);
    if (rc == LDAP_SUCCESS && found)
        *person = p;
    return rc;
}

fallible
directory_login(struct directory *d, struct arena *arena, const char *const *names, int n_names,
    const char *password, const struct directory_person **person)
{
    *person = NULL;
    if (!credentials_possible(&(struct credentials){ names[0], password }))
        return NULL;

    struct slot *s = take_slot(d);
    if (s == NULL)
        return silent(arena, LDAP_BUSY);
    int rc = login_in_slot(d, s, arena, names, n_names, password, person);
    give_slot(d, s, rc == LDAP_SUCCESS);
    return rc == LDAP_SUCCESS ? NULL : silent(arena, rc);
}

fallible
directory_find(struct directory *d, struct arena *arena, const char *name,
    const struct directory_person **person)
{
    struct directory_person *p = NEW(arena, struct directory_person);
    bool found = false;

    *person = NULL;
    if (!credentials_possible(&(struct credentials){ name, "-" }))
        return NULL;

    struct slot *s = take_slot(d);
    if (s == NULL)
        return silent(arena, LDAP_BUSY);
    int rc = find_person(d, s, arena, name, p, &found);
    if (rc == LDAP_SUCCESS && found && !p->groups_known)
        rc = person_search_groups(d, &s->service, s->deadline, arena, p);
    give_slot(d, s, rc == LDAP_SUCCESS);
    if (rc == LDAP_SUCCESS && found)
        *person = p;
    return rc == LDAP_SUCCESS ? NULL : silent(arena, rc);
}

/* Looks whether there is an entry with this DN. */
static fallible
look_for(struct directory *d, struct arena *arena, const char *dn, int *rc)
{
    static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };
    struct slot *s = take_slot(d);
    LDAPMessage *found = NULL;

    if (s == NULL)
        return silent(arena, LDAP_BUSY);
    *rc = handle_search(
        d, &s->service, s->deadline, dn, LDAP_SCOPE_BASE, "(objectClass=*)", nothing, 1, &found);
    ldap_msgfree(found);
    give_slot(d, s, *rc == LDAP_SUCCESS || *rc == LDAP_NO_SUCH_OBJECT);
    return *rc == LDAP_SUCCESS || *rc == LDAP_NO_SUCH_OBJECT ? NULL : silent(arena, *rc);
}

fallible
directory_check(struct directory *d, struct arena *arena)
{
    int rc;

    TRY(look_for(d, arena, d->config->ldap_people_base, &rc));
    return rc == LDAP_SUCCESS ? NULL : silent(arena, rc);
}

fallible
directory_has_group(struct directory *d, struct arena *arena, const char *dn, bool *found)
{
    int rc;

    TRY(look_for(d, arena, dn, &rc));
    *found = rc == LDAP_SUCCESS;
    return NULL;
}

/* ---------------------------------------------------------------- all people */

static void
end_listing(void *what)
{
    struct directory_listing *l = what;

    handle_close(&l->handle);
    ber_memfree(l->cookie.bv_val);
}

fallible
directory_list(struct directory *d, struct arena *arena, struct directory_listing **listing)
{
    struct directory_listing *l = NEW(arena, struct directory_listing);
    bool fresh;

    l->directory = d;
    arena_defer(arena, end_listing, l);
    int rc = handle_service(d, &l->handle, time_monotonic() + PAGE_TIMEOUT, &fresh);
    if (rc != LDAP_SUCCESS)
        return silent(arena, rc);
    *listing = l;
    return NULL;
}

/* Keeps the mark from which the next page goes on (RFC 2696); none: this was the last. */
static int
read_page_end(struct directory_listing *l, LDAPMessage *result)
{
    LDAPControl **controls = NULL, *page;
    ber_int_t estimate;
    int code = LDAP_OTHER;
    int rc = ldap_parse_result(l->handle.ld, result, &code, NULL, NULL, NULL, &controls, 0);

    ber_memfree(l->cookie.bv_val);
    l->cookie = (struct berval){ 0 };
    if (rc == LDAP_SUCCESS && code == LDAP_SUCCESS &&
        (page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL)) != NULL)
        rc = ldap_parse_pageresponse_control(l->handle.ld, page, &estimate, &l->cookie);
    ldap_controls_free(controls);
    l->done = l->cookie.bv_len == 0;
    return rc != LDAP_SUCCESS ? rc : code;
}

static int
ask_for_page(struct directory_listing *l, struct arena *arena, LDAPMessage **result)
{
    struct directory *d = l->directory;
    char **wanted = (char **)(uintptr_t)person_attributes(d->config, arena);
    LDAPControl *page, *controls[2] = { NULL };
    struct timeval wait = { .tv_sec = PAGE_TIMEOUT / SECOND };
    int rc = ldap_create_page_control(l->handle.ld, PAGE_SIZE, &l->cookie, 1, &page);

    if (rc != LDAP_SUCCESS)
        return rc;
    controls[0] = page;
    WATCHED(d, l->handle.ld, time_monotonic() + PAGE_TIMEOUT, rc,
        ldap_search_ext_s(l->handle.ld, d->config->ldap_people_base, LDAP_SCOPE_SUBTREE,
            d->config->ldap_people_filter, wanted, 0, controls, NULL, &wait, 0, result));
    ldap_control_free(page);
    return rc == LDAP_SUCCESS ? read_page_end(l, *result) : rc;
}

fallible
directory_list_next(
    struct directory_listing *l, struct arena *arena, struct directory_person **page, int *n)
{
    LDAP *ld = l->handle.ld;
    LDAPMessage *result = NULL;

    *n = 0;
    while (*n == 0 && !l->done) { /* a page may hold nobody and yet not be the last */
        int rc = ask_for_page(l, arena, &result);
        if (rc != LDAP_SUCCESS) {
            ldap_msgfree(result);
            return silent(arena, rc);
        }
        *page =
            NEW_ARRAY(arena, struct directory_person, (size_t)ldap_count_entries(ld, result) + 1);
        for (LDAPMessage *e = ldap_first_entry(ld, result); e != NULL; e = ldap_next_entry(ld, e))
            if (person_read(l->directory, arena, ld, e, &(*page)[*n]))
                (*n)++;
        ldap_msgfree(result);
        result = NULL;
    }
    return NULL;
}

fallible
directory_groups(struct directory *d, struct arena *arena, struct directory_person *p)
{
    struct slot *s = take_slot(d);

    if (s == NULL)
        return silent(arena, LDAP_BUSY);
    int rc = person_search_groups(d, &s->service, s->deadline, arena, p);
    give_slot(d, s, rc == LDAP_SUCCESS);
    return rc == LDAP_SUCCESS ? NULL : silent(arena, rc);
}
