/* chapterctl check: the mail server that takes our mails. */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "ctl/check.h"
#include "mail/address.h"
#include "mail/mail.h"
#include "mail/relay.h"
#include "net/net.h"
#include "q/mail.h"

static void
check_relay(struct checks *checks, struct net_relay *relay)
{
    const char *url = checks->config->smtp_url;
    struct net_outcome o = net_relay_try(relay, checks->ctl->arena);

    if (o.delivery == NET_TAKEN)
        check_tell(checks, GOOD, "mail", NULL, "the mail server %s answers%s", url,
            checks->config->smtp_user == NULL ? "" : ", and takes the login");
    else
        check_tell(checks, WRONG, "mail",
            o.status >= 500 ? "Mend smtp_user and smtp_password_file, or let that server take "
                              "mails from this machine."
                            : "See that it runs, that smtp_url is right, that it offers STARTTLS "
                              "(smtp://), and that its "
                              "certificate is signed by an authority of outbound_ca_file.",
            "the mail server %s cannot be used: %s%s%s", url, o.cause,
            *o.said == '\0' ? "" : "; it said: ", o.said);
}

struct waiting {
    int64_t failed, unsure;
};

static fallible
count_step(struct ctl *ctl, void *own)
{
    struct waiting *w = own;
    struct rows rows;

    TRY(q_mail_tend(ctl->db, ctl->arena, "look", &rows));
    for (int i = 0; i < rows.n; i++) {
        struct mail_tend_row row = mail_tend_row(&rows, i);
        w->failed += strcmp(row.state, "failed") == 0 ? row.n : 0;
        w->unsure += strcmp(row.state, "unsure") == 0 ? row.n : 0;
    }
    return NULL;
}

static void
check_queue(struct checks *checks)
{
    struct waiting w = { 0 };
    struct error *e = ctl_work(checks->ctl, READ_ONLY, count_step, &w);

    if (e != NULL)
        check_tell_error(checks, "mail", "See what is said about the database.", e);
    else if (w.failed + w.unsure > 0)
        check_tell(checks, NOTE, "mail", "Run: chapterctl mail status",
            "%lld mails failed, and of %lld nobody knows whether they arrived", (long long)w.failed,
            (long long)w.unsure);
}

void
check_mail(struct checks *checks, bool with_database)
{
    const struct config *config = checks->config;
    struct net_relay *relay;
    const char *address;

    if (!mail_is_on(config)) {
        check_tell(checks, NOTE, "mail",
            "Write smtp_url and mail_from into the settings when it is to send mail.",
            "no mail is sent; pages show what is to be passed on by hand");
        return;
    }
    if (config->mail_from == NULL ||
        !mail_address(checks->ctl->arena, config->mail_from, &address)) {
        check_tell(checks, WRONG, "mail", "Write the address from which mails come into mail_from.",
            "mail_from is no address");
        return;
    }
    struct error *e = mail_relay_open(config, checks->ctl->arena, &relay);
    if (e != NULL) {
        check_tell_error(checks, "mail", "Mend the settings under \"Mail\".", e);
        return;
    }
    check_relay(checks, relay);
    net_relay_free(relay);
    if (with_database)
        check_queue(checks);
}
