/* Connections to the directory. The traps of libldap it goes round are named where it does. */
#include "auth/ldap_in.h"

#include <string.h>
#include <sys/time.h>

#include <openldap.h>

#include "auth/deadline.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"

#define IDLE_MAX       (60 * SECOND)
#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

void
handle_close(struct handle *h)
{
    if (h->ld != NULL)
        ldap_unbind_ext(h->ld, NULL, NULL);
    h->ld = NULL;
}

bool
handle_is_usable(const struct handle *h)
{
    return h->ld != NULL && time_monotonic() - h->used < IDLE_MAX;
}

static int
set_options(const struct config *config, LDAP *ld)
{
    static const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND,
                     tls_1_2 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
    struct timeval limit = { .tv_sec = (time_t)config->ldap_timeout };
    const char *ca = config->ldap_ca_file != NULL ? config->ldap_ca_file : SYSTEM_CA_FILE;

    if (ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_TIMEOUT, &limit) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &limit) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls_1_2) != LDAP_OPT_SUCCESS)
        return LDAP_PARAM_ERROR;
    /* Reads the files, and only what was set before counts. Without TLS there may be no file. */
    if (strncmp(config->ldap_uri, "ldaps:", 6) != 0 && !config->ldap_starttls)
        return LDAP_SUCCESS;
    return ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) == LDAP_OPT_SUCCESS
               ? LDAP_SUCCESS
               : LDAP_CONNECT_ERROR;
}

/* The handshake, in which the certificate's name and issuer are verified. */
static int
begin_tls(struct directory *d, LDAP *ld, int64_t until)
{
    int rc = LDAP_SUCCESS;

    if (strncmp(d->config->ldap_uri, "ldaps:", 6) == 0)
        WATCHED(d, ld, until, rc, ldap_install_tls(ld));
    else if (d->config->ldap_starttls)
        WATCHED(d, ld, until, rc, ldap_start_tls_s(ld, NULL, NULL));
    return rc;
}

/* We connect, and not libldap, which knows no time limit while TLS begins. */
static int
dial(const struct config *config, int64_t until, int *fd, int *protocol)
{
    LDAPURLDesc *url;

    if (ldap_url_parse(config->ldap_uri, &url) != LDAP_URL_SUCCESS)
        return LDAP_PARAM_ERROR;
    *protocol = LDAP_PROTO_TCP;
    if (strcmp(url->lud_scheme, "ldapi") == 0) {
        *protocol = LDAP_PROTO_IPC;
        *fd = connect_unix_by(url->lud_host, until);
    } else {
        *fd = connect_by(url->lud_host, url->lud_port, until);
    }
    ldap_free_urldesc(url);
    return *fd >= 0 ? LDAP_SUCCESS : LDAP_SERVER_DOWN;
}

int
handle_open(struct directory *d, struct handle *h, int64_t deadline)
{
    int64_t until = time_monotonic() + d->config->ldap_connect_timeout * SECOND;
    int fd, protocol, rc;

    if (until > deadline)
        until = deadline;
    handle_close(h);
    if ((rc = dial(d->config, until, &fd, &protocol)) != LDAP_SUCCESS)
        return rc;
    if ((rc = ldap_init_fd(fd, protocol, d->config->ldap_uri, &h->ld)) != LDAP_SUCCESS) {
        close_fd(&fd);
        h->ld = NULL;
        return rc;
    }
    if ((rc = set_options(d->config, h->ld)) == LDAP_SUCCESS)
        rc = begin_tls(d, h->ld, until);
    if (rc != LDAP_SUCCESS)
        handle_close(h);
    h->used = time_monotonic();
    return rc;
}

static int64_t
limit(const struct directory *d, int64_t deadline)
{
    int64_t until = time_monotonic() + d->config->ldap_timeout * SECOND;

    return until < deadline ? until : deadline;
}

int
handle_bind(
    struct directory *d, struct handle *h, const char *dn, const char *password, int64_t deadline)
{
    struct berval *secret = ber_bvstr(password == NULL ? "" : password);
    int rc;

    WATCHED(d, h->ld, limit(d, deadline), rc,
        ldap_sasl_bind_s(h->ld, dn, LDAP_SASL_SIMPLE, secret, NULL, NULL, NULL));
    ber_memfree(secret);
    h->used = time_monotonic();
    return rc;
}

int
handle_service(struct directory *d, struct handle *h, int64_t deadline, bool *fresh)
{
    int rc;

    *fresh = false;
    if (handle_is_usable(h))
        return LDAP_SUCCESS;
    *fresh = true;
    if ((rc = handle_open(d, h, deadline)) != LDAP_SUCCESS || d->config->ldap_bind_dn == NULL)
        return rc;
    if ((rc = handle_bind(d, h, d->config->ldap_bind_dn, d->secret, deadline)) != LDAP_SUCCESS) {
        handle_close(h);
        if (rc == LDAP_INVALID_CREDENTIALS)
            LOG(LOG_ERROR_, "directory_service_account_refused");
    }
    return rc;
}

int
handle_search(struct directory *d, struct handle *h, int64_t deadline, const char *base, int scope,
    const char *filter, const char *const *attributes, int at_most, LDAPMessage **found)
{
    char **wanted = (char **)(uintptr_t)attributes; /* libldap only reads them */
    bool fresh;
    int rc;

    for (;;) {
        *found = NULL;
        if ((rc = handle_service(d, h, deadline, &fresh)) != LDAP_SUCCESS)
            return rc;
        struct timeval wait = { .tv_sec = (time_t)d->config->ldap_timeout };
        WATCHED(d, h->ld, limit(d, deadline), rc,
            ldap_search_ext_s(
                h->ld, base, scope, filter, wanted, 0, NULL, NULL, &wait, at_most, found));
        h->used = time_monotonic();
        if (rc != LDAP_SERVER_DOWN || fresh)
            break;
        ldap_msgfree(*found);
        handle_close(h);
    }
    if (rc == LDAP_TIMEOUT || rc == LDAP_SERVER_DOWN)
        handle_close(h);
    return rc;
}
