/* Invitations by mail (RFC 6047): what outsiders get of a message, and the tokens in it. */
#include "modules/calendars/schedule/imip.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "html/out.h"
#include "html/view.h"
#include "http/app.h"
#include "ical/patch.h"
#include "ical/write.h"
#include "mail/address.h"
#include "mail/mail.h"
#include "q/imip.h"

#define TEXT_MAX  KB(64)
#define LINE_ROOM KB(8)

/* A mail as it is being made. */
struct making {
    const struct app *app;
    struct db *db;
    struct arena *arena;
    const struct lang *lang;
    const struct schedule_mail *wanted;
    struct itip_message message;
    const char *address, *sender; /* of whom gets it; name of who sends it */
    const char *token;            /* NULL: no answer is expected */
    bool again;                   /* she has been asked before */
};

/* ---------------------------------------------------------------- the object */

/* A parameter that may leave the house. */
static bool
is_open_param(const struct ical_param *p)
{
    static const char *const names[] = { "CN", "CUTYPE", "ROLE", "PARTSTAT", "RSVP", "LANGUAGE" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(p->name, names[i]) == 0)
            return true;
    return false;
}

/* An address in place of a name is none. */
static bool
is_name(const char *name)
{
    return name != NULL && *name != '\0' && strchr(name, '@') == NULL;
}

/* The line of a person with another address; cn, when it is not NULL, in place of hers. */
static const char *
person_line(struct making *m, const struct ical_line *line, const char *address, const char *cn)
{
    struct buf out = buf_new(m->arena, LINE_ROOM);
    struct ical_param *param = NEW_ARRAY(m->arena, struct ical_param, (size_t)line->n_params + 2);
    const char **name = NEW_ARRAY(m->arena, const char *, 1);
    struct ical_line other = *line;

    other.param = param;
    other.n_params = 0;
    other.value = arena_printf(m->arena, "mailto:%s", address);
    for (int i = 0; i < line->n_params; i++)
        if (is_open_param(&line->param[i]) &&
            (cn == NULL || strcmp(line->param[i].name, "CN") != 0))
            param[other.n_params++] = line->param[i];
    *name = cn;
    if (cn != NULL)
        param[other.n_params++] = (struct ical_param){ "CN", name, 1 };
    ical_write_line(&out, &other);
    return buf_string(&out);
}

static const char *
answer_address(struct making *m)
{
    const char *receive = m->app->config->mail_receive, *at = strchr(receive, '@');

    return arena_printf(m->arena, "%.*s+%s%s", (int)(at - receive), receive, m->token, at);
}

/* Who invites, as outsiders see it; NULL: as it stands. */
static const char *
organizer_line(struct making *m, const struct ical_line *line)
{
    const char *cn = ical_param(line, "CN"), *own;

    if (m->message.method == ITIP_REPLY)
        return NULL; /* that is what the other side knows it by */
    if (!is_name(cn))
        cn = m->sender;
    if (m->app->config->mail_receive != NULL)
        return person_line(m, line, answer_address(m), cn);
    if (!mail_address_of_uri(m->arena, itip_address(m->arena, line), &own))
        own = m->app->config->mail_from;
    return person_line(m, line, own, cn);
}

/* The ATTENDEE line of who gets it, or of a REPLY the one there is; NULL: she is not in it. */
static const char *
attendee_line(struct making *m, const struct ical_component *c)
{
    const struct ical_line *line = NULL;
    const char *address = m->address;

    while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
        if (m->message.method == ITIP_REPLY ||
            itip_same_address(itip_address(m->arena, line), m->wanted->to))
            break;
    if (line == NULL)
        return NULL;
    if (m->message.method == ITIP_REPLY &&
        !mail_address_of_uri(m->arena, itip_address(m->arena, line), &address))
        address = m->app->config->mail_from; /* it is answered for an address of ours alone */
    return person_line(m, line, address, NULL);
}

/* The message as it leaves. */
static const char *
bytes_for_her(struct making *m, size_t *n)
{
    struct ical_patch *patch = ical_patch_new(m->arena, m->wanted->bytes, m->wanted->n);
    const struct ical_component *c = m->message.object.calendar->child;

    for (; c != NULL; c = c->next) {
        const struct ical_line *line = ical_find(c, "ORGANIZER");
        const char *organizer = line == NULL ? NULL : organizer_line(m, line);
        if (line == NULL)
            continue;
        if (organizer != NULL)
            ical_patch_set(patch, c, "ORGANIZER", organizer);
        ical_patch_set(patch, c, "ATTENDEE", attendee_line(m, c));
    }
    return ical_patch_apply(patch, n);
}

/* ---------------------------------------------------------------- tokens */

/* Is she told that all of it does not take place, or that she is invited to none of it? */
static bool
ends_it(const struct making *m)
{
    const struct ical_component *c = m->message.object.calendar->child;

    for (; c != NULL; c = c->next)
        if (ical_find(c, "ORGANIZER") != NULL && ical_find(c, "RECURRENCE-ID") == NULL)
            return true;
    return false;
}

/* Has she answered already, as the object has it? */
static bool
is_open_question(struct making *m)
{
    const struct ical_component *c = m->message.object.calendar->child;
    const struct ical_line *line = NULL;

    for (; c != NULL; c = c->next)
        while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL) {
            const char *partstat = ical_param(line, "PARTSTAT");
            if (itip_same_address(itip_address(m->arena, line), m->wanted->to) &&
                (partstat == NULL || text_same_nocase(partstat, "NEEDS-ACTION")))
                return true;
        }
    return false;
}

static fallible
make_token(struct making *m)
{
    const struct schedule_mail *w = m->wanted;
    struct rows rows;

    if (m->message.method == ITIP_REPLY)
        return NULL;
    const char *small = text_small_ascii(m->arena, m->address);
    TRY(mail_token(m->db, m->arena,
        arena_printf(m->arena, "reply %lld %lld %s %s", (long long)w->chapter, (long long)w->person,
            small, m->message.uid),
        &m->token));
    struct bytes hash = imip_hash(m->arena, m->token);
    if (m->message.method == ITIP_CANCEL)
        return ends_it(m) ? q_reply_link_end(m->db, m->arena, hash, &rows) : NULL;
    TRY(q_reply_link_add(m->db, m->arena, hash, w->chapter == 0 ? NULL : &w->chapter,
        w->person == 0 ? NULL : &w->person, m->message.uid, w->to, is_open_question(m), &rows));
    m->again = !reply_link_add_row(&rows, 0).fresh;
    return NULL;
}

/* ---------------------------------------------------------------- the mail */

static const char *
subject_of(struct making *m, const struct imip_sheet *s)
{
    const char *title = s->title != NULL ? s->title : tr(m->lang, "Event without a title");

    if (s->what == IMIP_ANSWERS && s->answer != NULL)
        title = arena_printf(m->arena, "%s (%s)", title, tr(m->lang, s->answer));
    switch (s->what) {
    case IMIP_ASKS_AGAIN:
        return arena_printf(m->arena, tr(m->lang, "Changed: %s"), title);
    case IMIP_CANCELS:
        return arena_printf(m->arena, tr(m->lang, "Cancelled: %s"), title);
    case IMIP_ANSWERS:
        return arena_printf(m->arena, tr(m->lang, "Answer: %s"), title);
    default:
        return arena_printf(m->arena, tr(m->lang, "Invitation: %s"), title);
    }
}

static void
describe(struct making *m, struct imip_sheet *s)
{
    const struct ical_component *c = m->message.object.calendar->child;
    enum itip_method method = m->message.method;

    imip_describe(m->app, m->arena, m->lang, m->message.object.calendar, s);
    s->from = m->sender;
    s->what = method == ITIP_REPLY    ? IMIP_ANSWERS
              : method == ITIP_CANCEL ? IMIP_CANCELS
              : m->again              ? IMIP_ASKS_AGAIN
                                      : IMIP_ASKS;
    if (method == ITIP_REQUEST)
        s->link = arena_printf(m->arena, "%s/r/%s", m->app->config->base_url, m->token);
    for (; method == ITIP_REPLY && c != NULL; c = c->next)
        if (ical_find(c, "ATTENDEE") != NULL)
            s->answer = imip_answer_word(ical_param(ical_find(c, "ATTENDEE"), "PARTSTAT"));
}

static const char *
text_of(struct making *m, const struct imip_sheet *s)
{
    const struct view v = { .arena = m->arena, .lang = m->lang, .site = m->app->config->title };
    struct out *o = out_new(m->arena, TEXT_MAX);

    mail_imip(o, &v, s);
    return out_failed(o) || out_memory(o) == NULL
               ? ""
               : arena_copy(m->arena, out_memory(o), (size_t)out_length(o));
}

/* What stands before her address. */
static const char *
name_of(struct making *m)
{
    const struct itip_attendee *all;
    int n = itip_attendees(m->arena, m->message.object.calendar, &all);

    for (int i = 0; i < n; i++)
        if (itip_same_address(all[i].address, m->wanted->to) &&
            is_name(ical_param(all[i].line, "CN")))
            return ical_param(all[i].line, "CN");
    return "";
}

static fallible
queue(struct making *m, const char **status)
{
    const struct schedule_mail *w = m->wanted;
    const struct mail_receiver receiver = {
        .address = m->address, .name = name_of(m), .outside = true
    };
    struct imip_sheet sheet = { .what = IMIP_ASKS };
    struct mail_queued queued;
    size_t n;

    describe(m, &sheet);
    const char *bytes = bytes_for_her(m, &n);
    const struct mail mail = {
        .chapter = w->chapter,
        .person = w->person,
        .purpose = &MAIL_SCHEDULING,
        .sender = m->sender,
        .reply_to =
            m->token != NULL && m->app->config->mail_receive != NULL ? answer_address(m) : NULL,
        .lang = m->lang,
        .subject = subject_of(m, &sheet),
        .text = text_of(m, &sheet),
        .method = itip_method_names[m->message.method],
        .calendar = bytes,
        .n_calendar = n,
    };
    TRY(mail_queue(m->app, m->db, m->arena, &mail, &receiver, 1, &queued));
    *status = queued.queued > 0 ? "1.1" : queued.stopped > 0 ? "5.3" : "5.1";
    return NULL;
}

static fallible
find_sender(struct making *m)
{
    struct rows rows;

    TRY(q_imip_sender(m->db, m->arena, m->wanted->chapter, m->wanted->person, &rows));
    if (rows.n == 0)
        return FAIL(m->arena, INTERNAL, "a mail in the name of nobody");
    struct imip_sender_row row = imip_sender_row(&rows, 0);
    m->sender = row.name;
    m->lang = row.language == NULL ? NULL : lang_find(row.language);
    if (m->lang == NULL)
        m->lang = m->app->lang;
    return NULL;
}

struct error *
schedule_mail(const struct app *app, struct db *db, struct arena *arena,
    const struct schedule_mail *wanted, const char **status)
{
    struct making m = { .app = app, .db = db, .arena = arena, .lang = app->lang, .wanted = wanted };

    *status = "3.7";
    if (!mail_is_on(app->config) || !mail_address_of_uri(arena, wanted->to, &m.address))
        return NULL;
    TRY(itip_read(arena, app->lang, wanted->bytes, wanted->n, &m.message));
    TRY(find_sender(&m));
    TRY(make_token(&m));
    return queue(&m, status);
}
