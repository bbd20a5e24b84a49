#include "mail/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/token.h"
#include "base/uri.h"
#include "net/net.h"

#define SECRET_MAX 1024

static fallible
read_password(struct arena *arena, const char *path, const char **password)
{
    char secret[SECRET_MAX + 1];
    FILE *f = path == NULL ? NULL : fopen(path, "re");

    *password = NULL;
    if (path == NULL)
        return NULL;
    if (f == NULL)
        return FAIL(arena, CONFLICT, "smtp_password_file: %s: %s", path, strerrordesc_np(errno));
    size_t n = fread(secret, 1, SECRET_MAX, f);
    fclose(f);
    secret[n] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    *password = arena_copy(arena, secret, strlen(secret));
    forget(secret, sizeof secret);
    return NULL;
}

static bool
is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || text_starts(host, "127.");
}

/* The name we give ourselves: that under which people know us. */
static const char *
own_name(struct arena *arena, const struct config *config)
{
    struct uri uri;

    return uri_parse(arena, config->base_url, &uri) && strchr(uri.host, ':') == NULL ? uri.host
                                                                                     : "localhost";
}

struct error *
mail_relay_open(const struct config *config, struct arena *arena, struct net_relay **relay)
{
    const char *host, *password;
    int port;

    TRY(read_password(arena, config->smtp_password_file, &password));
    if (!uri_host(arena, strstr(config->smtp_url, "://") + 3, &host, &port))
        return FAIL(arena, CONFLICT, "smtp_url: \"%s\" is no such address", config->smtp_url);
    *relay = net_relay_new(&(struct net_relay_options){
        .url = config->smtp_url,
        .ca_file = config->outbound_ca_file,
        .user = config->smtp_user,
        .password = password,
        .helo = own_name(arena, config),
        .starttls = text_starts(config->smtp_url, "smtp://") &&
                    (!is_loopback(host) || strcmp(config->smtp_starttls, "always") == 0),
        .patience = config->smtp_timeout,
    });
    return NULL;
}
