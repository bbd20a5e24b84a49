/* Answers of people who are nobody here: whose they are, and how they reach the object. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "ical/patch.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/schedule/schedule.h"
#include "q/imip.h"

#define ANSWERS_A_DAY 50
#define ANSWER_MAX    KB(128) /* bytes of a REPLY: changed instances are what makes one long */

static const struct condition TOO_OFTEN = { 429,
    .title =
        N_("There have been many answers to this invitation today. Please try again tomorrow.") };

const char *const imip_bounces[BOUNCES] = {
    [BOUNCE_NO_TOKEN] =
        N_("This address takes answers to invitations only, and yours names no invitation."),
    [BOUNCE_UNKNOWN] = N_("This invitation is not known, or no longer."),
    [BOUNCE_NO_ANSWER] =
        N_("Nobody reads what is written here. Please answer with the buttons that your mail "
           "program shows for invitations, or by the link in the invitation."),
    [BOUNCE_OVER] = N_("This event is over, so it cannot be answered any more."),
    [BOUNCE_TOO_LARGE] = N_("This mail is too large for an answer."),
    [BOUNCE_UNREADABLE] = N_("This mail cannot be read."),
};

/* ---------------------------------------------------------------- tokens */

struct bytes
imip_hash(struct arena *arena, const char *token)
{
    unsigned char *hash = arena_alloc(arena, SHA256_SIZE);
    const char *small = text_small_ascii(arena, token);

    sha256(small, strlen(small), hash);
    return (struct bytes){ hash, SHA256_SIZE };
}

struct error *
imip_scope(struct db *db, struct arena *arena, struct bytes hash, bool *known, const char **slugs,
    int64_t *person)
{
    struct rows rows;

    TRY(q_reply_of(db, arena, hash, &rows));
    *known = rows.n > 0;
    *slugs = "";
    *person = 0;
    if (!*known)
        return NULL;
    struct reply_of_row row = reply_of_row(&rows, 0);
    if (row.slug != NULL)
        *slugs = row.slug;
    if (!row.person_is_null)
        *person = row.person;
    return NULL;
}

struct error *
imip_find(struct db *db, struct arena *arena, const struct lang *lang, struct bytes hash,
    struct imip_invited **invited)
{
    struct ical_component *calendar;
    struct rows rows;

    *invited = NULL;
    TRY(q_reply_link_find(db, arena, hash, time_now() / 1000000, &rows));
    if (rows.n == 0)
        return NULL;
    struct reply_link_find_row row = reply_link_find_row(&rows, 0);
    TRY(ical_read(arena, lang, &ical_calendar, &ical_limits, row.bytes.p, row.bytes.n, &calendar));
    struct imip_invited *i = NEW(arena, struct imip_invited);
    *i = (struct imip_invited){ .hash = hash,
        .node = row.node,
        .owner = row.owner,
        .address = row.address,
        .answer = row.answer,
        .over = row.over,
        .object = { row.bytes.p, calendar } };
    *invited = i;
    return NULL;
}

/* ---------------------------------------------------------------- answers */

static fallible
pass_on(struct db *db, struct arena *arena, const struct imip_invited *i, const char *partstat,
    const char *bytes, size_t n)
{
    struct rows rows;
    bool known;

    TRY(q_reply_link_answer(db, arena, i->hash, partstat, &rows));
    if (rows.n == 0)
        return REFUSE(arena, LOST_RACE);
    if (reply_link_answer_row(&rows, 0).answers > ANSWERS_A_DAY)
        return REFUSE(arena, TOO_OFTEN);
    TRY(schedule_answer(db, arena, i->node, i->address, bytes, n, &known));
    return known ? NULL : REFUSE(arena, LOST_RACE);
}

/* "20261121T180000Z" */
static const char *
stamp(struct arena *arena)
{
    const char *from = time_rfc3339(arena, time_now());
    char *to = arena_alloc(arena, strlen(from) + 1), *at = to;

    for (; *from != '\0'; from++)
        if (*from != '-' && *from != ':')
            *at++ = *from;
    *at = '\0';
    return to;
}

/* Her line in a component, as she answers. */
static void
put_answer(struct ical_patch *patch, struct arena *arena, const struct ical_component *c,
    const char *address, const char *partstat)
{
    const struct ical_line *line = NULL;

    while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
        if (itip_same_address(itip_address(arena, line), address)) {
            ical_patch_cut(patch, line->from, line->to);
            ical_patch_put(patch, line->from,
                arena_printf(arena, "ATTENDEE;PARTSTAT=%s:%s\r\n", partstat, address));
        }
}

/* A REPLY out of the object as it would be with her answer to all that she is invited to. */
static fallible
write_reply(struct arena *arena, const struct imip_invited *i, const char *partstat,
    struct buf *reply, bool *any)
{
    const struct ical_component *calendar = i->object.calendar;
    struct ical_patch *patch = ical_patch_new(arena, i->object.bytes, calendar->to);
    struct ical_component *answered;
    size_t n;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        put_answer(patch, arena, c, i->address, partstat);
    const char *bytes = ical_patch_apply(patch, &n);
    TRY(ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, bytes, n, &answered));
    *any = itip_reply(
        reply, arena, &(struct itip_object){ bytes, answered }, i->address, stamp(arena));
    return reply->over ? REFUSE(arena, TOO_LARGE) : NULL;
}

struct error *
imip_answer(struct db *db, struct arena *arena, const struct imip_invited *i, const char *partstat)
{
    struct buf reply = buf_new(arena, ANSWER_MAX);
    bool any;

    TRY(write_reply(arena, i, partstat, &reply, &any));
    if (!any)
        return REFUSE(arena, CONFLICT);
    return pass_on(db, arena, i, partstat, buf_string(&reply), reply.n);
}

/* ---------------------------------------------------------------- by mail */

static fallible
no_answer(struct arena *arena, const struct lang *lang, const char *why)
{
    return FAIL(arena, CONFLICT, "%s", tr(lang, why));
}

static const struct ical_component *
first_item(const struct ical_component *calendar)
{
    const struct ical_component *c = calendar->child;

    while (c != NULL && ical_find(c, "UID") == NULL)
        c = c->next;
    return c;
}

/* One of those that the page has as buttons; what else there is counts in the object alone. */
static const char *
known_answer(const char *partstat)
{
    static const char *const known[] = { "ACCEPTED", "DECLINED", "TENTATIVE" };

    for (size_t k = 0; partstat != NULL && k < COUNT_OF(known); k++)
        if (text_same_nocase(partstat, known[k]))
            return known[k];
    return NULL;
}

struct error *
imip_take(struct db *db, struct arena *arena, const struct lang *lang, const struct imip_invited *i,
    const char *bytes, size_t n)
{
    const struct ical_component *ours = first_item(i->object.calendar);
    struct itip_message m;

    if (n > ANSWER_MAX)
        return REFUSE(arena, TOO_LARGE);
    TRY(itip_read(arena, lang, bytes, n, &m));
    if (m.method == ITIP_COUNTER)
        return no_answer(arena, lang,
            N_("Another time cannot be proposed this way. Please write to whoever invited you."));
    if (m.method != ITIP_REPLY)
        return no_answer(arena, lang, N_("This is no answer to an invitation."));
    const struct ical_component *answer = first_item(m.object.calendar);
    const struct ical_line *who = answer == NULL ? NULL : ical_find(answer, "ATTENDEE");
    if (ours == NULL || who == NULL || strcmp(m.uid, ical_value(ours, "UID")) != 0)
        return no_answer(arena, lang, N_("This is an answer to another invitation."));
    if (!itip_same_address(itip_address(arena, who), i->address))
        return no_answer(arena, lang,
            N_("This is the answer of somebody else than was invited. The link in the mail works "
               "whatever your address is."));
    return pass_on(db, arena, i,
        ical_find(answer, "RECURRENCE-ID") == NULL ? known_answer(ical_param(who, "PARTSTAT"))
                                                   : NULL,
        bytes, n);
}
