/*
 * POST on an outbox (RFC 6638, 5): when others are busy. Each is read in a transaction with her own
 * scope, and only after access.c has said that she lets the asking person know.
 */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/body.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/itip.h"
#include "ical/timing.h"
#include "ical/write.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/here.h"
#include "modules/calendars/object.h"
#include "modules/calendars/schedule/busy.h"
#include "modules/calendars/schedule/schedule.h"
#include "q/busy.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/xml.h"

#define ASKED_MAX 50                     /* people in one question */
#define SPAN_MAX  (400 * INT64_C(86400)) /* seconds */
#define LINE_ROOM KB(8)

static const struct condition VALID_SCHEDULING = { 403, NS_CALDAV, "valid-scheduling-message",
    N_("This is no question when somebody is busy.") },
                              VALID_ORGANIZER = { 403, NS_CALDAV, "valid-organizer",
                                  N_("Only you yourself can ask here.") };

/* What is asked. */
struct question {
    const struct ical_component *busy;
    const struct ical_line *organizer;
    const struct ical_line **line;
    const char **address;
    struct calendar_user *user;
    bool *shown; /* of each: she lets the asking person know */
    int n;
    struct ical_range range;
};

/* ---------------------------------------------------------------- reading it */

static bool
read_utc(const struct ical_component *c, const char *name, int64_t *when)
{
    const char *value = ical_value(c, name);
    struct ical_time t;

    if (value == NULL || !ical_read_time(value, (int)strlen(value), &t) || !t.utc)
        return false;
    *when = t.wall;
    return true;
}

static fallible
read_people(struct request *rq, struct question *q)
{
    const struct ical_line *line = NULL;

    q->line = NEW_ARRAY(rq->arena, const struct ical_line *, ASKED_MAX);
    q->address = NEW_ARRAY(rq->arena, const char *, ASKED_MAX);
    q->user = NEW_ARRAY(rq->arena, struct calendar_user, ASKED_MAX);
    q->shown = NEW_ARRAY(rq->arena, bool, ASKED_MAX);
    while ((line = ical_find_next(q->busy, "ATTENDEE", line)) != NULL) {
        if (q->n == ASKED_MAX)
            return FAIL(rq->arena, VALID_SCHEDULING, "%s",
                tr(rq->lang, "Please ask about fewer people at once."));
        q->line[q->n] = line;
        q->address[q->n] = itip_address(rq->arena, line);
        q->shown[q->n++] = false;
    }
    return q->n == 0 ? REFUSE(rq->arena, VALID_SCHEDULING) : NULL;
}

static fallible
read_question(struct request *rq, struct question *q)
{
    struct ical_component *calendar;
    size_t n;
    const char *bytes = body_text(rq, &n);

    *q = (struct question){ .n = 0 };
    TRY(ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, n, &calendar));
    const char *method = ical_value(calendar, "METHOD");
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VFREEBUSY") == 0 && q->busy == NULL)
            q->busy = c;
        else if (strcmp(c->name, "VTIMEZONE") != 0)
            return REFUSE(rq->arena, VALID_SCHEDULING);
    if (calendar->next != NULL || q->busy == NULL || method == NULL ||
        !text_same_nocase(method, "REQUEST") || ical_value(q->busy, "UID") == NULL ||
        !read_utc(q->busy, "DTSTART", &q->range.from) ||
        !read_utc(q->busy, "DTEND", &q->range.to) || q->range.from >= q->range.to)
        return REFUSE(rq->arena, VALID_SCHEDULING);
    if (q->range.to - q->range.from > SPAN_MAX)
        return FAIL(rq->arena, VALID_SCHEDULING, "%s",
            tr(rq->lang, "Please ask about a shorter time, at most a year."));
    q->organizer = ical_find(q->busy, "ORGANIZER");
    return q->organizer == NULL ? REFUSE(rq->arena, VALID_ORGANIZER) : read_people(rq, q);
}

/* ---------------------------------------------------------------- who may know */

static fallible
look_up(struct request *rq, struct question *q)
{
    int64_t *person = NEW_ARRAY(rq->arena, int64_t, (size_t)q->n + 1);
    struct rows rows;
    int n = 0;

    TRY(schedule_users(rq->app, rq->db, rq->arena, q->address, q->n, q->user));
    for (int i = 0; i < q->n; i++)
        if (q->user[i].kind == USER_PERSON)
            person[n++] = q->user[i].person;
    if (n == 0)
        return NULL;
    TRY(q_busy_shown(rq->db, rq->arena, rq->who->person, (struct ints){ person, n }, &rows));
    for (int r = 0; r < rows.n; r++) {
        struct busy_shown_row row = busy_shown_row(&rows, r);
        for (int i = 0; i < q->n; i++)
            if (q->user[i].kind == USER_PERSON && q->user[i].person == row.person)
                q->shown[i] = row.person == rq->who->person ||
                              access_sees_busy((unsigned)row.shares, (enum busy_for)row.choice);
    }
    return NULL;
}

static fallible
decide(struct request *rq, struct question *q)
{
    static const struct db_scope no_scope = { .chapters = "" };

    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    return db_end(rq->db, rq->arena, look_up(rq, q));
}

/* ---------------------------------------------------------------- answers */

/* Busy in any of her calendars that count; in her scope. */
static fallible
gather(struct request *rq, const struct question *q, int64_t person, struct ical_busy **busy)
{
    const struct ical_zone *here = NULL;
    struct rows rows;

    TRY(q_busy_calendars(rq->db, rq->arena, person, &rows));
    *busy = NULL;
    for (int i = 0; i < rows.n; i++) {
        struct busy_calendars_row row = busy_calendars_row(&rows, i);
        const struct dav_node node = { .kind = &calendar_kind,
            .exists = true,
            .collection = true,
            .id = row.id,
            .parent_id = row.parent,
            .root_id = row.root,
            .policy_id = row.policy,
            .policy = { .id = row.policy,
                .person = person,
                .read_level = ROLE_NOBODY,
                .write_level = ROLE_NOBODY },
            .href = "/",
            .name = row.name };
        if (*busy == NULL) {
            TRY(here_of_calendar(rq, &node, &here));
            *busy = ical_busy_new(rq->arena, q->range, here);
        }
        TRY(busy_add_calendar(rq, &node, &q->range, *busy));
    }
    if (*busy == NULL)
        *busy = ical_busy_new(rq->arena, q->range, NULL);
    return NULL;
}

/* What the answer repeats of the question: who asked whom, and about what. */
static const char *
lines_for(struct request *rq, const struct question *q, int i)
{
    struct buf lines = buf_new(rq->arena, LINE_ROOM);

    ical_write(&lines, "UID", ical_value(q->busy, "UID"));
    ical_write_line(&lines, q->organizer);
    ical_write_line(&lines, q->line[i]);
    return lines.over ? NULL : buf_string(&lines);
}

static fallible
answer_for(struct request *rq, const struct question *q, int i, const char **data)
{
    const struct db_scope hers = { .chapters = "", .person = q->user[i].person };
    const char *lines = lines_for(rq, q, i);
    struct buf answer = buf_new(rq->arena, BUSY_BYTES_MAX + LINE_ROOM);
    struct ical_busy *busy = NULL;

    if (lines == NULL)
        return REFUSE(rq->arena, VALID_SCHEDULING);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &hers));
    TRY(db_end(rq->db, rq->arena, gather(rq, q, hers.person, &busy)));
    ical_busy_write(busy, time_now() / 1000000, "REPLY", lines, &answer);
    *data = buf_string(&answer);
    return answer.over ? REFUSE(rq->arena, TOO_MANY_MATCHES) : NULL;
}

/* Who is nobody here and who lets nobody know are the same: nobody learns who there is. */
static fallible
write_response(struct request *rq, const struct question *q, int i, struct xml_out *x)
{
    const char *data = NULL;

    if (q->shown[i])
        TRY(answer_for(rq, q, i, &data));
    xml_open(x, NS_CALDAV, "response");
    xml_open(x, NS_CALDAV, "recipient");
    xml_leaf(x, NS_DAV, "href", q->address[i]);
    xml_close(x);
    xml_leaf(
        x, NS_CALDAV, "request-status", data != NULL ? "2.0;Success" : "3.7;Invalid calendar user");
    if (data != NULL)
        xml_leaf(x, NS_CALDAV, "calendar-data", data);
    xml_close(x);
    return NULL;
}

static bool
is_own(struct request *rq)
{
    const char *uid = rq->param[0];

    return text_same_nocase(uid, rq->who->uid) ||
           (rq->who->old_uid != NULL && text_same_nocase(uid, rq->who->old_uid));
}

struct error *
outbox_post(struct request *rq, struct response *rs)
{
    struct question q;

    if (!access_enters(rq->who, AREA_CALENDARS))
        return REFUSE(rq->arena, WRONG_AREA);
    if (!is_own(rq))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(read_question(rq, &q));
    const struct calendar_self self = { rq->who->mail, rq->who->uid };
    if (!schedule_is_hers(rq->app->config, rq->arena, &self, itip_address(rq->arena, q.organizer)))
        return REFUSE(rq->arena, VALID_ORGANIZER);
    TRY(decide(rq, &q));
    response_cache(rs, "no-store");
    struct xml_out *x = dav_xml(rq, rs, 200);
    xml_open(x, NS_CALDAV, "schedule-response");
    for (int i = 0; i < q.n; i++)
        TRY(write_response(rq, &q, i, x));
    xml_close(x);
    xml_end(x);
    return NULL;
}
