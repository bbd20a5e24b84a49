#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/uri.h"
#include "base/zone.h"

struct check {
    struct arena *arena;
    const struct config *config;
    FILE *report;
    bool bad;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct check *c, const char *name, const char *what, ...)
{
    va_list ap;

    va_start(ap, what);
    fprintf(c->report, "%s: %s: ", c->config->path, name);
    vfprintf(c->report, what, ap);
    fputc('\n', c->report);
    va_end(ap);
    c->bad = true;
}

/* ---------------------------------------------------------------- files */

static void
check_folder(struct check *c, const char *name, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        complain(c, name, "%s: %s; make it, owned by the daemon's user", path, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        complain(c, name, "%s is not a folder; name another", path);
    else if (access(path, R_OK | W_OK | X_OK) != 0)
        complain(c, name, "%s cannot be written to; give it to the daemon's user", path);
    else if ((st.st_mode & S_IRWXO) != 0)
        complain(c, name, "%s is open to everybody on this machine; chmod o= it", path);
}

static void
check_readable(struct check *c, const char *name, const char *path)
{
    if (access(path, R_OK) != 0)
        complain(
            c, name, "%s: %s; name a file that the daemon's user can read", path, strerror(errno));
}

static void
check_secret(struct check *c, const char *name, const char *path)
{
    struct stat st;
    char line[8];

    check_readable(c, name, path);
    if (stat(path, &st) != 0)
        return;
    if ((st.st_mode & S_IRWXO) != 0)
        complain(c, name, "%s can be read by everybody on this machine; chmod 640 it", path);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    if (fgets(line, sizeof line, f) == NULL || line[0] == '\n')
        complain(c, name, "%s is empty; write the password into its first line", path);
    fclose(f);
}

/* The configuration itself is a secret when it holds a password. */
static void
check_password_in_config(struct check *c)
{
    const char *const strings[] = { c->config->database, c->config->admin_database };
    struct stat st;

    if (stat(c->config->path, &st) != 0 || (st.st_mode & S_IRWXO) == 0)
        return;
    for (int i = 0; i < 2; i++)
        if (strstr(strings[i], "password") != NULL ||
            (strstr(strings[i], "://") != NULL && strchr(strings[i], '@') != NULL)) {
            complain(c, i == 0 ? "database" : "admin_database",
                "has a password that everybody on this machine can read; chmod 640 this file");
            return;
        }
}

/* ---------------------------------------------------------------- addresses */

static bool
is_loopback(const char *host)
{
    struct in_addr v4;

    if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static void
check_listeners(struct check *c)
{
    if (c->config->listen.n == 0)
        complain(c, "listen", "names no address; write listen = 127.0.0.1:8080");
    for (int i = 0; i < c->config->listen.n; i++) {
        const char *word = c->config->listen.word[i], *host;
        const char *address = text_starts(word, "tls:") ? word + 4 : word;
        int port;
        if (text_starts(address, "unix:/")) {
            if (strlen(address + 5) > 107)
                complain(
                    c, "listen", "%s is longer than 107 bytes; choose a shorter path", address);
        } else if (!uri_host(c->arena, address, &host, &port) || port < 0) {
            complain(c, "listen", "\"%s\" is no address; write HOST:PORT, tls:HOST:PORT or unix:/PATH", word);
        } else if (c->config->demo && !is_loopback(host)) {
            complain(c, "demo",
                "its passwords are known to everybody, and %s can be reached from "
                "other machines; listen on 127.0.0.1 only",
                address);
        }
    }
}

/* What is in the files, the daemon and chapterctl check see for themselves. */
static void
check_tls(struct check *c)
{
    const struct config *config = c->config;
    struct stat st;
    bool wanted = false;

    for (int i = 0; i < config->listen.n; i++)
        wanted = wanted || text_starts(config->listen.word[i], "tls:");
    if (wanted && config->tls_certificate == NULL)
        complain(c, "tls_certificate", "is missing, and listen has tls:; name the file in PEM");
    if (wanted && config->tls_key == NULL)
        complain(c, "tls_key", "is missing, and listen has tls:; name the file in PEM");
    if (config->tls_certificate != NULL)
        check_readable(c, "tls_certificate", config->tls_certificate);
    if (config->tls_key != NULL) {
        check_readable(c, "tls_key", config->tls_key);
        if (stat(config->tls_key, &st) == 0 && (st.st_mode & S_IRWXO) != 0)
            complain(c, "tls_key", "%s can be read by everybody on this machine; chmod 640 it",
                config->tls_key);
    }
}

static void
check_base_url(struct check *c)
{
    struct uri uri;

    if (c->config->base_url == NULL)
        complain(c, "base_url",
            "is missing, and cannot be guessed; write base_url = "
            "https://NAME, the address people use");
    else if (!uri_parse(c->arena, c->config->base_url, &uri) || strcmp(uri.path, "/") != 0 ||
             uri.query != NULL)
        complain(c, "base_url", "\"%s\" is no such address; write https://NAME without a path",
            c->config->base_url);
    else if (strcmp(uri.scheme, "http") == 0 && !is_loopback(uri.host))
        complain(c, "base_url",
            "passwords would cross the net in clear; put a proxy with TLS in "
            "front, or listen on tls:, and write https://%s",
            uri.host);
}

static bool
is_network(const char *text)
{
    char address[64];
    unsigned char bytes[16];
    size_t n = strcspn(text, "/");
    int64_t bits = 0;

    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    int most = inet_pton(AF_INET, address, bytes) == 1    ? 32
               : inet_pton(AF_INET6, address, bytes) == 1 ? 128
                                                          : -1;
    return most > 0 && (text[n] == '\0' || text_to_int(text + n + 1, most, &bits));
}

static void
check_networks(struct check *c, const char *name, struct words words, bool sockets)
{
    for (int i = 0; i < words.n; i++)
        if (!is_network(words.word[i]) && !(sockets && strcmp(words.word[i], "unix") == 0))
            complain(c, name, "\"%s\" is no network; write it like 10.0.0.0/8 or 2001:db8::/32%s",
                words.word[i], sockets ? " or unix" : "");
}

/* ---------------------------------------------------------------- the directory */

static void
check_ldap_uri(struct check *c)
{
    const struct config *config = c->config;
    const char *uri = config->ldap_uri, *host;
    int port;

    if (uri == NULL) {
        complain(c, "ldap_uri", "is missing; write ldap_uri = ldaps://HOST");
        return;
    }
    if (text_starts(uri, "ldapi://"))
        return;
    bool tls = text_starts(uri, "ldaps://");
    if (!tls && !text_starts(uri, "ldap://")) {
        complain(c, "ldap_uri", "\"%s\" is no such address; write ldaps://HOST", uri);
        return;
    }
    const char *rest = strstr(uri, "://") + 3;
    rest = arena_copy(c->arena, rest, strcspn(rest, "/"));
    if (!uri_host(c->arena, rest, &host, &port)) {
        complain(c, "ldap_uri", "\"%s\" names no host; write ldaps://HOST", uri);
        return;
    }
    if (!tls && !config->ldap_starttls && !is_loopback(host))
        complain(c, "ldap_uri",
            "passwords would cross the net in clear; write ldaps://%s, or "
            "ldap_starttls = yes",
            host);
    if (tls && config->ldap_starttls)
        complain(c, "ldap_starttls", "ldaps:// has TLS from the beginning; remove one");
    if ((tls || config->ldap_starttls) && config->ldap_ca_file != NULL)
        check_readable(c, "ldap_ca_file", config->ldap_ca_file);
}

static void
check_group(struct check *c, const char *name, const char *dn)
{
    if (dn != NULL && strstr(dn, "{slug}") == NULL)
        complain(c, name,
            "would be the same group for all chapters; write {slug} where the "
            "chapter's name belongs");
}

static void
check_filter(struct check *c, const char *name, const char *filter)
{
    if (filter[0] != '(' || filter[strlen(filter) - 1] != ')')
        complain(c, name, "\"%s\" is no filter; write it like (objectClass=person)", filter);
}

static void
check_ldap(struct check *c)
{
    const struct config *config = c->config;

    check_ldap_uri(c);
    if (config->ldap_people_base == NULL)
        complain(c, "ldap_people_base", "is missing; write where people are in the directory");
    if (config->ldap_bind_dn != NULL && config->ldap_bind_password_file == NULL)
        complain(c, "ldap_bind_password_file",
            "is missing; without it a sign-in as %s would be "
            "an anonymous one",
            config->ldap_bind_dn);
    if (config->ldap_bind_password_file != NULL)
        check_secret(c, "ldap_bind_password_file", config->ldap_bind_password_file);
    check_filter(c, "ldap_people_filter", config->ldap_people_filter);
    check_filter(c, "ldap_group_filter", config->ldap_group_filter);
    check_group(c, "ldap_member_group", config->ldap_member_group);
    check_group(c, "ldap_board_group", config->ldap_board_group);
    check_group(c, "ldap_chair_group", config->ldap_chair_group);
}

/* ---------------------------------------------------------------- the S3 store */

static bool
only_of(const char *s, const char *letters)
{
    return s[0] != '\0' && s[strspn(s, letters)] == '\0';
}

static void
check_s3_endpoint(struct check *c)
{
    const char *endpoint = c->config->s3_endpoint;
    struct uri uri;

    if (!uri_parse(c->arena, endpoint, &uri) || strcmp(uri.path, "/") != 0 || uri.query != NULL ||
        strchr(endpoint, '@') != NULL)
        complain(c, "s3_endpoint", "\"%s\" is no such address; write https://NAME without a path",
            endpoint);
    else if (strcmp(uri.scheme, "http") == 0 && !is_loopback(uri.host))
        complain(c, "s3_endpoint", "documents would cross the net in clear; write https://%s",
            uri.host);
    else if (strcmp(uri.scheme, "https") == 0)
        check_readable(c, "outbound_ca_file", c->config->outbound_ca_file);
}

static void
check_s3(struct check *c)
{
    const struct config *config = c->config;

    if (config->s3_endpoint == NULL) {
        if (strcmp(config->blob_store, "s3") == 0)
            complain(c, "blob_store", "is s3, and s3_endpoint does not say where that is");
        return;
    }
    check_s3_endpoint(c);
    if (config->s3_bucket == NULL)
        complain(c, "s3_bucket", "is missing; write the name of the bucket");
    else if (!only_of(config->s3_bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-"))
        complain(c, "s3_bucket",
            "\"%s\" is no such name; use small letters, digits, dots and hyphens",
            config->s3_bucket);
    if (!only_of(config->s3_region, "abcdefghijklmnopqrstuvwxyz0123456789-"))
        complain(c, "s3_region", "\"%s\" is no such name; write one like eu-central-1",
            config->s3_region);
    if (config->s3_key_file == NULL)
        complain(c, "s3_key_file", "is missing; write the access key and the secret into a file");
    else
        check_secret(c, "s3_key_file", config->s3_key_file);
}

/* ---------------------------------------------------------------- mail */

static void
check_smtp_url(struct check *c)
{
    const char *url = c->config->smtp_url, *host;
    bool tls = text_starts(url, "smtps://");
    int port;

    if ((!tls && !text_starts(url, "smtp://")) ||
        !uri_host(c->arena, strstr(url, "://") + 3, &host, &port) || strchr(url, '@') != NULL)
        complain(c, "smtp_url", "\"%s\" is no such address; write smtp://HOST:PORT", url);
    else if (tls || !is_loopback(host) || strcmp(c->config->smtp_starttls, "always") == 0)
        check_readable(c, "outbound_ca_file", c->config->outbound_ca_file);
}

/* Room is left for "+" and 32 letters in the 64 of RFC 5321, 4.5.3.1.1. */
static void
check_mail_receive(struct check *c, const char *address)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t local = strspn(address, letters);

    if (address[local] != '@' || local == 0 || local > 31 ||
        !only_of(address + local + 1, letters) || strchr(address + local, '.') == NULL)
        complain(c, "mail_receive",
            "\"%s\" is no such address; write one in small letters, like calendar@example.org",
            address);
}

static void
check_mail(struct check *c)
{
    const struct config *config = c->config;

    if (config->mail_receive != NULL)
        check_mail_receive(c, config->mail_receive);
    if (config->smtp_url == NULL) {
        if (config->mail_from != NULL || config->smtp_user != NULL || config->mail_receive != NULL)
            complain(c, "smtp_url", "is missing, so no mail is sent; write smtp://HOST:PORT");
        return;
    }
    check_smtp_url(c);
    if (config->mail_from == NULL)
        complain(c, "mail_from", "is missing; write the address from which mails come");
    else if (strchr(config->mail_from, '@') == NULL || strpbrk(config->mail_from, " <>\"") != NULL)
        complain(c, "mail_from", "\"%s\" is no address; write it like chapters@example.org",
            config->mail_from);
    if ((config->smtp_user == NULL) != (config->smtp_password_file == NULL))
        complain(c, config->smtp_user == NULL ? "smtp_user" : "smtp_password_file",
            "is missing; a login has both");
    if (config->smtp_password_file != NULL)
        check_secret(c, "smtp_password_file", config->smtp_password_file);
}

/* ---------------------------------------------------------------- all */

static void
check_limits(struct check *c)
{
    const struct config *config = c->config;

    if (config->idle_connections > config->connections)
        complain(c, "idle_connections", "is more than connections; lower it");
    if (config->dead_property_max > config->dead_properties_total)
        complain(c, "dead_property_max", "is more than dead_properties_total; lower it");
    if (config->drain_max_anonymous > config->drain_max)
        complain(c, "drain_max_anonymous", "is more than drain_max; lower it");
    if (config->inline_max > config->body_max)
        complain(c, "inline_max", "is more than body_max; lower it");
}

static void
check_group_domain(struct check *c)
{
    const char *domain = c->config->group_domain, *host;
    int port;

    if (domain != NULL && (!uri_host(c->arena, domain, &host, &port) || port >= 0 || *domain == '['))
        complain(c, "group_domain", "\"%s\" is no name of a host; write one like example.org", domain);
}

static void
check_zones(struct check *c)
{
    const char *zone = c->config->time_zone, *service = c->config->timezone_service;
    struct uri uri;

    if (!zone_exists(zone))
        complain(c, "time_zone", "there is no zone %s here; write one like Europe/Berlin", zone);
    if (service != NULL && !uri_parse(c->arena, service, &uri))
        complain(c, "timezone_service", "\"%s\" is no such address; write https://NAME", service);
}

bool
config_check(const struct config *config, FILE *report)
{
    struct check c = { .arena = arena_new(), .config = config, .report = report };

    check_listeners(&c);
    check_tls(&c);
    check_base_url(&c);
    check_networks(&c, "trusted_proxies", config->trusted_proxies, true);
    check_networks(&c, "metrics_networks", config->metrics_networks, false);
    check_folder(&c, "blob_dir", config->blob_dir);
    check_password_in_config(&c);
    check_s3(&c);
    check_mail(&c);
    check_ldap(&c);
    check_limits(&c);
    check_group_domain(&c);
    check_zones(&c);
    arena_free(c.arena);
    return !c.bad;
}
