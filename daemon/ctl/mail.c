/* chapterctl mail: what waits to be sent, whether the relay takes a mail, and another try. */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"
#include "ctl/ctl.h"
#include "mail/address.h"
#include "mail/mail.h"
#include "mail/message.h"
#include "mail/relay.h"
#include "net/net.h"
#include "q/mail.h"

struct work {
    struct rows rows;
    const char *state;
    int64_t n;
};

static fallible
no_relay(struct ctl *ctl)
{
    return FAIL(ctl->arena, CONFLICT,
        "This installation sends no mail: the settings name no mail server. Write smtp_url and "
        "mail_from into %s.",
        ctl->config->path);
}

/* ---------------------------------------------------------------- status */

static fallible
state_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    return q_mail_tend(ctl->db, ctl->arena, "look", &w->rows);
}

static json_t *
state_json(struct ctl *ctl, const struct rows *rows)
{
    json_t *all = json_array();

    for (int i = 0; i < rows->n; i++) {
        struct mail_tend_row row = mail_tend_row(rows, i);
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "state", row.state, "purpose",
                     row.purpose, "problem", ctl_json_text(row.problem), "mails", (json_int_t)row.n,
                     "oldest", ctl_json_time(ctl->arena, row.oldest_is_null ? 0 : row.oldest),
                     "next", ctl_json_time(ctl->arena, row.next_try_is_null ? 0 : row.next_try)));
    }
    return all;
}

static const char *
time_cell(struct ctl *ctl, bool none, int64_t us)
{
    return none ? NULL : time_rfc3339(ctl->arena, us);
}

static void
print_state(struct ctl *ctl, const struct rows *rows)
{
    enum { STATE, PURPOSE, MAILS, PROBLEM, OLDEST, NEXT, COLUMNS };
    const char **cells = NEW_ARRAY(ctl->arena, const char *, (size_t)(rows->n + 1) * COLUMNS);

    cells[STATE] = "STATE";
    cells[PURPOSE] = "PURPOSE";
    cells[MAILS] = "MAILS";
    cells[PROBLEM] = "LAST PROBLEM";
    cells[OLDEST] = "OLDEST";
    cells[NEXT] = "NEXT TRY";
    for (int i = 0; i < rows->n; i++) {
        struct mail_tend_row row = mail_tend_row(rows, i);
        const char **cell = cells + (i + 1) * COLUMNS;
        cell[STATE] = row.state;
        cell[PURPOSE] = row.purpose;
        cell[MAILS] = arena_printf(ctl->arena, "%lld", (long long)row.n);
        cell[PROBLEM] = row.problem;
        cell[OLDEST] = time_cell(ctl, row.oldest_is_null, row.oldest);
        cell[NEXT] = strcmp(row.state, "waiting") == 0
                         ? time_cell(ctl, row.next_try_is_null, row.next_try)
                         : NULL;
    }
    ctl_table(ctl->arena, cells, rows->n + 1, COLUMNS);
}

static fallible
status_command(struct ctl *ctl)
{
    struct work w = { .n = 0 };

    TRY(ctl_work(ctl, READ_ONLY, state_step, &w));
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:b, s:o}", "ok", 1, "relay", mail_is_on(ctl->config), "mails",
            state_json(ctl, &w.rows)));
    else if (w.rows.n > 0)
        print_state(ctl, &w.rows);
    if (!mail_is_on(ctl->config))
        ctl_say(
            ctl, "This installation sends no mail: the settings name no mail server (smtp_url).");
    else if (w.rows.n == 0)
        ctl_say(ctl, "No mail waits, and none was sent in the last seven days.");
    return NULL;
}

/* ---------------------------------------------------------------- test */

static struct net_outcome
send_test(struct ctl *ctl, struct net_relay *relay, const char *to)
{
    const struct config *config = ctl->config;
    struct buf bytes = buf_new(ctl->arena, KB(16));

    mail_write(&bytes, &(struct mail_message){
                           .id = arena_printf(ctl->arena, "%s%s", token_uuid(ctl->arena),
                               strchr(config->mail_from, '@')),
                           .time = time_now(),
                           .language = "en",
                           .from = config->mail_from,
                           .from_name = config->title,
                           .to = to,
                           .to_name = "",
                           .subject = "Test of the mail server",
                           .text = arena_printf(ctl->arena,
                               "This mail was sent by \"chapterctl mail test\" on %s.\n\n"
                               "It has arrived: the mails of this installation do, too.\n",
                               config->base_url),
                       });
    return net_relay_send(relay, ctl->arena, config->mail_from, to, buf_string(&bytes), bytes.n);
}

static const char *const delivery_words[] = {
    [NET_TAKEN] = "taken",
    [NET_LATER] = "not now",
    [NET_REFUSED] = "refused",
    [NET_RELAY_FAILS] = "the mail server cannot be used",
    [NET_UNKNOWN] = "it fell silent after it had been given the mail",
};

static fallible
test_command(struct ctl *ctl)
{
    struct net_relay *relay;
    const char *to;

    if (!mail_is_on(ctl->config))
        return no_relay(ctl);
    if (!mail_address(ctl->arena, ctl->arg[0], &to))
        return FAIL(
            ctl->arena, BAD_REQUEST, "\"%s\" is no address that mail is sent to.", ctl->arg[0]);
    TRY(mail_relay_open(ctl->config, ctl->arena, &relay));
    struct net_outcome o = send_test(ctl, relay, to);
    net_relay_free(relay);
    if (o.delivery != NET_TAKEN)
        return FAIL(ctl->arena, CONFLICT, "%s: %s%s%s%s", ctl->config->smtp_url,
            delivery_words[o.delivery],
            *o.cause == '\0' ? "" : arena_printf(ctl->arena, " (%s)", o.cause),
            *o.said == '\0' ? "" : ". Its last words: ", o.said);
    ctl_say(ctl, "%s has taken the mail to %s: %s", ctl->config->smtp_url, to, o.said);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s, s:i, s:s}", "ok", 1, "relay", ctl->config->smtp_url,
            "address", to, "status", o.status, "said", o.said));
    return NULL;
}

/* ---------------------------------------------------------------- retry */

static fallible
retry_step(struct ctl *ctl, void *own)
{
    struct work *w = own;
    struct rows rows;

    TRY(q_mail_tend(ctl->db, ctl->arena, w->state, &rows));
    w->n = mail_tend_row(&rows, 0).n;
    return NULL;
}

static fallible
retry_command(struct ctl *ctl)
{
    struct work w = { .state = "waiting" };

    if (ctl_option(ctl, "failed") != NULL && ctl_option(ctl, "unsure") != NULL)
        return FAIL(ctl->arena, BAD_REQUEST, "Say --failed or --unsure, one at a time.");
    if (ctl_option(ctl, "failed") != NULL)
        w.state = "failed";
    if (ctl_option(ctl, "unsure") != NULL)
        w.state = "unsure";
    TRY(ctl_work(ctl, READ_WRITE, retry_step, &w));
    ctl_say(ctl, "%lld mails (%s) are tried now.", (long long)w.n, w.state);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:I}", "ok", 1, "state", w.state, "mails", (json_int_t)w.n));
    return NULL;
}

static const struct ctl_option retry_options[] = {
    { "failed", NULL, "those that were refused for good, or were given up", false },
    { "unsure", NULL, "those that may have been delivered; some people may get them twice", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command mail_commands[] = {
    {
        .name = "mail status",
        .args = "",
        .help = "counts mails that wait, failed, and were sent in the last week",
        .more = "waiting: tried again at the time shown. sending: on its way at this moment.\n"
                "unsure: a daemon died or the mail server fell silent over it; it may have been\n"
                "delivered. failed: refused for good, or given up after mail_days. gone-...: what\n"
                "became of those of the last seven days. Addresses are shown nowhere.\n",
        .run = status_command,
    },
    {
        .name = "mail test",
        .args = "ADDRESS",
        .least = 1,
        .most = 1,
        .help = "sends one at once, and shows what the mail server says",
        .run = test_command,
    },
    {
        .name = "mail retry",
        .args = "",
        .options = retry_options,
        .help = "tries mails that wait now, not after their pause",
        .more = "Those that had been given up are tried for another day.\n",
        .run = retry_command,
    },
    { .name = NULL },
};
