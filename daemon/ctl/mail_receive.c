/* chapterctl mail receive: answers to invitations, as a mail server hands them over. */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/program.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "db/tool.h"
#include "html/lang.h"
#include "http/app.h"
#include "mail/mail.h"
#include "mime/mime.h"
#include "modules/calendars/schedule/imip.h"

#define TOLD_MAX (2 * MIME_MAIL_MAX) /* a calendar in UTF-16 becomes no longer than that */

/* A mail, as chapterd-mime tells of it. */
struct mail_in {
    const char *token;    /* in small letters; NULL: it was not sent to an address for answers */
    bool alone;           /* nobody waits for what becomes of it */
    const char *calendar; /* NULL: it has none */
    size_t n;
};

static const struct lang *
lang_of(struct ctl *ctl)
{
    const struct lang *lang = lang_find(ctl->config->language);

    return lang != NULL ? lang : ctl->app.lang;
}

/* What the mail server passes on to whoever wrote it, and what it does with the mail. */
static fallible
end_with(struct ctl *ctl, enum ctl_exit end, const char *why)
{
    fprintf(stderr, "%s\n", tr(lang_of(ctl), why));
    ctl->end = end;
    return NULL;
}

/* ---------------------------------------------------------------- reading */

/* All of standard input; *n is over the limit when there is more. */
static fallible
read_mail(struct ctl *ctl, char **mail, size_t *n)
{
    char *p = arena_alloc(ctl->arena, MIME_MAIL_MAX + 1);
    ssize_t got;

    *n = 0;
    while (*n <= MIME_MAIL_MAX) {
        got = read(STDIN_FILENO, p + *n, MIME_MAIL_MAX + 1 - *n);
        if (got < 0)
            return FAIL(ctl->arena, INTERNAL, "The mail cannot be read.");
        if (got == 0)
            break;
        *n += (size_t)got;
    }
    *mail = p;
    return NULL;
}

/* The token behind the plus sign, if that is an address for answers. */
static const char *
token_of(struct ctl *ctl, const char *address)
{
    const char *receive = ctl->config->mail_receive, *at = strchr(receive, '@');
    const char *small = text_small_ascii(ctl->arena, address);
    const size_t local = (size_t)(at - receive);

    if (strlen(small) != strlen(receive) + 1 + MAIL_TOKEN_DIGITS ||
        strncmp(small, receive, local) != 0 || small[local] != '+' ||
        strcmp(small + local + 1 + MAIL_TOKEN_DIGITS, at) != 0)
        return NULL;
    return arena_copy(ctl->arena, small + local + 1, MAIL_TOKEN_DIGITS);
}

/* What the lines of mime.h say. */
static void
read_told(struct ctl *ctl, char *told, size_t n, struct mail_in *mail)
{
    char *end = told + n;

    while (told < end) {
        char *line = told, *newline = memchr(told, '\n', (size_t)(end - told));
        size_t length;
        if (newline == NULL)
            return;
        *newline = '\0';
        told = newline + 1;
        if (text_starts(line, "to ") && mail->token == NULL) {
            mail->token = token_of(ctl, line + strlen("to "));
        } else if (strcmp(line, "alone") == 0) {
            mail->alone = true;
        } else if (text_starts(line, "calendar ") &&
                   text_to_size(line + strlen("calendar "), &length) &&
                   length == (size_t)(end - told)) {
            mail->calendar = told;
            mail->n = length;
            return;
        }
    }
}

/* Has it taken apart, in a process that can reach nothing. False: it is no mail, or an evil one. */
static fallible
take_apart(struct ctl *ctl, const char *bytes, size_t n, struct mail_in *mail, bool *could)
{
    char program[PATH_MAX], *told = arena_alloc(ctl->arena, TOLD_MAX);
    const char *const argv[] = { program, NULL };
    const char *length = arena_printf(ctl->arena, "%zu\n", n);
    size_t got, all = 0;
    struct tool *tool;

    if (!program_find("chapterd-mime", program, sizeof program))
        return FAIL(ctl->arena, INTERNAL, "chapterd-mime, which reads mails, is not installed.");
    TRY(tool_start(ctl->arena, NULL, argv, &tool));
    TRY(tool_write(tool, ctl->arena, length, strlen(length)));
    TRY(tool_write(tool, ctl->arena, bytes, n));
    do {
        TRY(tool_read(tool, ctl->arena, told + all, TOLD_MAX - all, &got));
        all += got;
    } while (got > 0 && all < TOLD_MAX);
    struct error *e = tool_end(tool, ctl->arena);
    if (all < strlen(MIME_READY) || memcmp(told, MIME_READY, strlen(MIME_READY)) != 0)
        return e != NULL ? e : FAIL(ctl->arena, INTERNAL, "chapterd-mime does not work.");
    *could = e == NULL && all < TOLD_MAX;
    if (*could)
        read_told(ctl, told, all, mail);
    return NULL;
}

/* ---------------------------------------------------------------- taking */

struct taking {
    const struct mail_in *mail;
    const struct lang *lang;
    struct bytes hash;
    bool known;
    const char *slugs;
    int64_t person;
    struct imip_invited *invited;
};

static fallible
scope_step(struct ctl *ctl, void *own)
{
    struct taking *t = own;

    return imip_scope(ctl->db, ctl->arena, t->hash, &t->known, &t->slugs, &t->person);
}

static fallible
take_step(struct ctl *ctl, void *own)
{
    struct taking *t = own;

    TRY(imip_find(ctl->db, ctl->arena, t->lang, t->hash, &t->invited));
    if (t->invited == NULL || t->invited->over)
        return NULL;
    return imip_take(ctl->db, ctl->arena, t->lang, t->invited, t->mail->calendar, t->mail->n);
}

/* Is it the fault of the mail, so that trying it again is of no use? */
static bool
is_of_the_mail(const struct error *e)
{
    return e->cond->status >= 400 && e->cond->status < 429;
}

static fallible
take(struct ctl *ctl, struct taking *t)
{
    struct error *e;

    TRY(ctl_work(ctl, READ_ONLY, scope_step, t));
    if (!t->known)
        return end_with(ctl, CTL_NOBODY, imip_bounces[BOUNCE_UNKNOWN]);
    e = t->person != 0 ? ctl_work_as(ctl, READ_WRITE, t->person, take_step, t)
                       : ctl_work(ctl, READ_WRITE, take_step, t);
    if (e != NULL)
        return is_of_the_mail(e)
                   ? end_with(ctl, CTL_BAD_MAIL, e->detail != NULL ? e->detail : e->cond->title)
                   : e;
    if (t->invited == NULL)
        return end_with(ctl, CTL_NOBODY, imip_bounces[BOUNCE_UNKNOWN]);
    if (t->invited->over)
        return end_with(ctl, CTL_BAD_MAIL, imip_bounces[BOUNCE_OVER]);
    if (ctl->json)
        ctl_json(json_pack("{s:b}", "ok", 1));
    return NULL;
}

static fallible
judge(struct ctl *ctl, const struct mail_in *mail)
{
    struct taking t = { .mail = mail, .lang = lang_of(ctl) };

    if (mail->token == NULL)
        return end_with(ctl, CTL_NOBODY, imip_bounces[BOUNCE_NO_TOKEN]);
    if (mail->calendar == NULL)
        return end_with(ctl, CTL_BAD_MAIL, imip_bounces[BOUNCE_NO_ANSWER]);
    t.hash = imip_hash(ctl->arena, mail->token);
    return take(ctl, &t);
}

static fallible
receive_command(struct ctl *ctl)
{
    struct mail_in mail = { .token = NULL };
    char *bytes;
    bool could;
    size_t n;

    if (ctl->config->mail_receive == NULL || strchr(ctl->config->mail_receive, '@') == NULL)
        return FAIL(ctl->arena, CONFLICT,
            "No address takes answers to invitations: write mail_receive into %s.",
            ctl->config->path);
    TRY(read_mail(ctl, &bytes, &n));
    if (n > MIME_MAIL_MAX)
        return end_with(ctl, CTL_BAD_MAIL, imip_bounces[BOUNCE_TOO_LARGE]);
    TRY(take_apart(ctl, bytes, n, &mail, &could));
    if (!could)
        return end_with(ctl, CTL_BAD_MAIL, imip_bounces[BOUNCE_UNREADABLE]);
    TRY(judge(ctl, &mail));
    if (mail.alone && (ctl->end == CTL_NOBODY || mail.calendar == NULL))
        ctl->end = CTL_DONE; /* out of office: an answer to that would go round in circles */
    return NULL;
}

const struct ctl_command mail_receive_commands[] = {
    {
        .name = "mail receive",
        .args = "",
        .help = "takes one mail from its standard input: an answer to an invitation",
        .more =
            "For the mail server, which runs it for each mail to the address mail_receive of\n"
            "the settings. It ends with 0 when the answer was taken, 65 or 67 when the mail is\n"
            "to go back to its sender, who is told what is printed, and 75 when it is to be\n"
            "tried again (the database is away). A mail is taken apart by a program of its own,\n"
            "chapterd-mime, that can reach nothing else.\n",
        .failed = CTL_LATER,
        .run = receive_command,
    },
    { .name = NULL },
};
