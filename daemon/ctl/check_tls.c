/* chapterctl check: the certificate of the listeners with TLS, and asking one of them. */
#include <gnutls/gnutls.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "ctl/check.h"
#include "http/tls.h"

#define DAY INT64_C(86400)

static void
free_pair(struct tls_pair **pair)
{
    tls_pair_free(*pair);
}

static void
check_end(struct checks *checks, const struct tls_pair *pair)
{
    int64_t left = tls_pair_ends(pair) - time_now() / 1000000;
    const char *file = checks->config->tls_certificate;
    const char *remedy = "Have it renewed; chapterd reads the files again when they change.";

    if (left <= 0)
        check_tell(checks, WRONG, "certificate", remedy, "the time of %s is over", file);
    else if (left <= TLS_WARNING_DAYS * DAY)
        check_tell(checks, NOTE, "certificate", remedy, "%s ends in %lld days", file,
            (long long)(left / DAY));
    else
        check_tell(checks, GOOD, "certificate", NULL, "%s is good for %lld days", file,
            (long long)(left / DAY));
}

static void
check_name(struct checks *checks, const struct tls_pair *pair)
{
    struct uri base;

    if (checks->config->base_url == NULL ||
        !uri_parse(checks->ctl->arena, checks->config->base_url, &base))
        return;
    if (tls_pair_names(pair, base.host))
        check_tell(checks, GOOD, "certificate", NULL, "it is for %s", base.host);
    else
        check_tell(checks, WRONG, "certificate",
            "Have one made for that name, or mend base_url: clients refuse this one.",
            "it is not for %s, the name in base_url", base.host);
}

void
check_tls(struct checks *checks)
{
    const struct config *config = checks->config;
    CLEANUP(free_pair) struct tls_pair *pair = NULL;

    if (config->tls_certificate == NULL || config->tls_key == NULL)
        return;
    struct error *e =
        tls_pair_read(checks->ctl->arena, config->tls_certificate, config->tls_key, &pair);
    if (e != NULL) {
        check_tell_error(checks, "certificate",
            "Mend the files; a daemon that runs keeps the ones it has until then.", e);
        return;
    }
    check_end(checks, pair);
    check_name(checks, pair);
}

/* ---------------------------------------------------------------- asking */

struct session {
    gnutls_session_t tls;
    gnutls_certificate_credentials_t credentials;
};

static void
end_session(struct session *s)
{
    if (s->tls != NULL)
        gnutls_deinit(s->tls);
    if (s->credentials != NULL)
        gnutls_certificate_free_credentials(s->credentials);
}

/* Whose certificate it is does not matter here: nothing but a greeting is sent. */
static bool
begin_session(struct session *s, int fd)
{
    int e;

    if (gnutls_init(&s->tls, GNUTLS_CLIENT) < 0 ||
        gnutls_certificate_allocate_credentials(&s->credentials) < 0 ||
        gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, s->credentials) < 0 ||
        gnutls_set_default_priority(s->tls) < 0)
        return false;
    gnutls_transport_set_int(s->tls, fd);
    do
        e = gnutls_handshake(s->tls);
    while (e < 0 && e != GNUTLS_E_AGAIN && gnutls_error_is_fatal(e) == 0);
    return e >= 0;
}

size_t
check_ask_tls(int fd, const char *question, char *answer, size_t max)
{
    CLEANUP(end_session) struct session s = { NULL, NULL };
    size_t n = 0;
    ssize_t got;

    if (!begin_session(&s, fd) ||
        gnutls_record_send(s.tls, question, strlen(question)) != (ssize_t)strlen(question))
        return 0;
    while (n < max && (got = gnutls_record_recv(s.tls, answer + n, max - n)) > 0)
        n += (size_t)got;
    return n;
}
