#include "modules/calendars/web/guests.h"

#include <string.h>
#include <strings.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/itip.h"
#include "mail/address.h"
#include "modules/calendars/schedule/group.h"
#include "modules/calendars/schedule/schedule.h"
#include "q/calendar_page.h"

/* Attendees that a page shows, and that are typed. */
#define GUESTS_MAX 300
/* People of one name that are told apart. */
#define NAMESAKES 1000
/* Invitations that are shown until they are answered. */
#define INVITATIONS_MAX 20

/* ---------------------------------------------------------------- who comes */

static bool
is_group(const struct ical_line *line)
{
    const char *type = ical_param(line, "CUTYPE");

    return type != NULL && text_same_nocase(type, "GROUP");
}

static const char *
mail_of(const struct ical_line *line)
{
    return strncasecmp(line->value, "mailto:", 7) == 0 ? line->value + 7 : NULL;
}

enum answer { COMES, STAYS, PERHAPS, SENDS, OPEN, ANSWERS };

static enum answer
answer_said(const char *said)
{
    static const char *const sent[] = {
        [COMES] = "ACCEPTED", [STAYS] = "DECLINED", [PERHAPS] = "TENTATIVE", [SENDS] = "DELEGATED"
    };

    for (size_t i = 0; said != NULL && i < COUNT_OF(sent); i++)
        if (text_same_nocase(said, sent[i]))
            return (enum answer)i;
    return OPEN;
}

static enum answer
answer_of(const struct ical_line *line)
{
    return answer_said(ical_param(line, "PARTSTAT"));
}

static const char *const titles[ANSWERS] = { [COMES] = N_("comes"),
    [STAYS] = N_("does not come"),
    [PERHAPS] = N_("comes perhaps"),
    [SENDS] = N_("sends somebody else"),
    [OPEN] = N_("has not answered") };

/* Addresses are for members; many programs put them where the name should be. */
static struct page_guest
guest_of(struct request *rq, const struct ical_line *line, bool member)
{
    bool organizer = strcmp(line->name, "ORGANIZER") == 0;
    const char *name = ical_param(line, "CN"), *mail = mail_of(line);

    if (name != NULL && !member && strchr(name, '@') != NULL)
        name = NULL;
    if (name == NULL || *name == '\0')
        name = member && mail != NULL ? mail : tr(rq->lang, "Somebody");
    return (struct page_guest){ .name = name,
        .mail = member && mail != NULL && strcmp(mail, name) != 0 ? mail : NULL,
        .answer = organizer        ? N_("invites")
                  : is_group(line) ? N_("is invited as a group")
                                   : titles[answer_of(line)],
        .organizer = organizer };
}

static const char *
summary(struct request *rq, const int count[ANSWERS])
{
    struct arena *arena = rq->arena;
    int come = count[COMES], perhaps = count[PERHAPS], stay = count[STAYS], open = count[OPEN];
    const char *const parts[] = {
        come == 0 ? NULL : arena_printf(arena, trn(rq->lang, "%d comes", "%d come", come), come),
        perhaps == 0
            ? NULL
            : arena_printf(arena, trn(rq->lang, "%d perhaps", "%d perhaps", perhaps), perhaps),
        stay == 0
            ? NULL
            : arena_printf(arena, trn(rq->lang, "%d does not come", "%d do not come", stay), stay),
        open == 0 ? NULL
                  : arena_printf(arena,
                        trn(rq->lang, "%d has not answered", "%d have not answered", open), open)
    };
    struct buf b = buf_new(arena, KB(1));

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i] != NULL)
            buf_printf(&b, "%s%s", b.n > 0 ? ", " : "", parts[i]);
    return b.n > 0 ? buf_string(&b) : NULL;
}

/* Of a group all are counted, and none is named; those of them who stand there by name are among
 * them. */
static fallible
count_groups(struct request *rq, const struct page_event *e, int count[ANSWERS])
{
    const struct group_tally *tally;
    int n;

    TRY(group_tally(rq->db, rq->arena, e->calendar->id, text_nfc(rq->arena, e->name), &tally, &n));
    for (int i = 0; i < n; i++)
        count[answer_said(tally[i].partstat)] += (int)tally[i].n;
    return NULL;
}

fallible
guests_show(
    struct request *rq, const struct page_event *e, bool member, struct event_sheet *s)
{
    const struct ical_component *c = e->at.component;
    struct page_guest *guest = NEW_ARRAY(rq->arena, struct page_guest, GUESTS_MAX + 1);
    int count[ANSWERS] = { 0 };

    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        bool attendee = strcmp(line->name, "ATTENDEE") == 0;
        if (!attendee && strcmp(line->name, "ORGANIZER") != 0)
            continue;
        if (s->n_guests < GUESTS_MAX)
            guest[s->n_guests++] = guest_of(rq, line, member);
        if (attendee && !is_group(line) && (!e->invites || ical_param(line, "MEMBER") == NULL))
            count[answer_of(line)]++;
    }
    if (member && e->invites)
        TRY(count_groups(rq, e, count));
    s->guest = guest;
    s->answers = summary(rq, count);
    return NULL;
}

/* ---------------------------------------------------------------- who is who */

bool
guests_is_hers(const struct ical_line *line, void *request)
{
    struct request *rq = request;
    const struct calendar_self self = { rq->who->mail, rq->who->uid };

    return schedule_is_hers(rq->app->config, rq->arena, &self, itip_address(rq->arena, line));
}

const struct ical_line *
guests_hers(struct request *rq, const struct ical_component *c)
{
    const struct ical_line *organizer = ical_find(c, "ORGANIZER");

    if (organizer == NULL || guests_is_hers(organizer, rq))
        return NULL;
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (guests_is_hers(l, rq))
            return l;
    return NULL;
}

static int
count_of(const struct ical_component *c)
{
    int n = 0;

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        n++;
    return n;
}

bool
guests_may_invite(struct request *rq, const struct page_event *e)
{
    const struct ical_line *organizer = ical_find(e->at.component, "ORGANIZER");

    return count_of(e->at.component) <= GUESTS_MAX &&
           (organizer == NULL || e->invites || guests_is_hers(organizer, rq));
}

const char *
guests_answer(const struct ical_line *line)
{
    static const char *const hers[ANSWERS] = { [COMES] = N_("You come."),
        [STAYS] = N_("You do not come."),
        [PERHAPS] = N_("Perhaps you come."),
        [SENDS] = N_("You send somebody else."),
        [OPEN] = N_("You have not answered yet.") };

    return hers[answer_of(line)];
}

fallible
guests_invitations(struct request *rq, const struct page_calendars *all, struct calendar_sheet *s)
{
    struct page_entry *open = NEW_ARRAY(rq->arena, struct page_entry, INVITATIONS_MAX);
    int64_t today = page_today(rq);
    struct page_entries entries;

    TRY(page_entries(rq, all, NULL, today, today + 366, &entries));
    for (int i = 0; i < entries.n && s->n_invitations < INVITATIONS_MAX; i++) {
        const struct page_entry *e = &entries.p[i];
        const struct ical_line *line = guests_hers(rq, e->component);
        bool seen = false;
        if (line == NULL || answer_of(line) != OPEN || e->cancelled)
            continue;
        for (int k = 0; k < s->n_invitations; k++) /* a series is answered once */
            seen = seen || open[k].component == e->component;
        if (!seen)
            open[s->n_invitations++] = *e;
    }
    s->invitation = open;
    return NULL;
}

/* ---------------------------------------------------------------- the field */

/* As one line of the field says her. Who answers as one of a group, and who invites, are none. */
static const char *
typed_as(struct request *rq, const struct ical_component *c, const struct ical_line *line)
{
    const struct ical_line *organizer = ical_find(c, "ORGANIZER");
    const char *name = ical_param(line, "CN"), *mail = mail_of(line);

    if (ical_param(line, "MEMBER") != NULL ||
        (organizer != NULL && itip_same_address(organizer->value, line->value)))
        return NULL;
    if (name != NULL && strpbrk(name, "<>\r\n") != NULL)
        name = NULL;
    if (mail == NULL)
        return name != NULL && *name != '\0' ? name : line->value;
    if (name == NULL || *name == '\0' || strcmp(name, mail) == 0)
        return mail;
    return arena_printf(rq->arena, "%s <%s>", name, mail);
}

const char *
guests_field(struct request *rq, const struct ical_component *c)
{
    struct buf b = buf_new(rq->arena, MB(1));

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (typed_as(rq, c, l) != NULL)
            buf_printf(&b, "%s\n", typed_as(rq, c, l));
    return buf_string(&b);
}

/* A line that stood in the field before, and still does. */
static bool
stays(struct request *rq, const struct ical_component *c, const struct ical_line *line,
    const char *const *typed, int n)
{
    const char *as = typed_as(rq, c, line), *mail = mail_of(line), *address;

    for (int i = 0; i < n; i++)
        if (strcmp(typed[i], as) == 0 ||
            (mail != NULL && mail_address(rq->arena, typed[i], &address) &&
                text_same_nocase(address, mail)))
            return true;
    return false;
}

static bool
was_there(struct request *rq, const struct ical_component *c, const char *typed)
{
    for (const struct ical_line *l = NULL;
         c != NULL && (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (typed_as(rq, c, l) != NULL && stays(rq, c, l, &typed, 1))
            return true;
    return false;
}

/* "Anna Board <anna@example.org>", "anna@example.org". */
static bool
read_mail(struct request *rq, const char *typed, struct event_guest *guest)
{
    const char *open = strrchr(typed, '<'), *close = open == NULL ? NULL : strchr(open, '>');
    const char *address = typed;

    *guest = (struct event_guest){ .name = NULL };
    if (close != NULL && close[1] == '\0') {
        address = arena_copy(rq->arena, open + 1, (size_t)(close - open - 1));
        guest->name = text_trim(rq->arena, arena_copy(rq->arena, typed, (size_t)(open - typed)));
    }
    /* No mail goes to groups: their domain may be an address of a network. */
    const char *group = group_in_mail(rq->app->config, rq->arena, address);
    if ((group == NULL || !group_name_read(rq->arena, group, &(struct group_name){ 0 })) &&
        !mail_address(rq->arena, address, &address))
        return false;
    guest->address = arena_printf(rq->arena, "mailto:%s", address);
    return true;
}

/* The one of that name; NULL and *n: none, or several. */
static const struct calendar_page_people_row *
named(struct request *rq, const struct rows *rows, const char *typed, int *n)
{
    struct calendar_page_people_row *found = NEW(rq->arena, struct calendar_page_people_row);

    *n = 0;
    for (int i = 0; i < rows->n; i++) {
        struct calendar_page_people_row row = calendar_page_people_row(rows, i);
        if (strcmp(text_fold(rq->arena, row.name), text_fold(rq->arena, typed)) == 0) {
            *found = row;
            ++*n;
        }
    }
    return *n == 1 ? found : NULL;
}

static void
read_name(struct request *rq, const struct rows *people, const char *typed,
    struct event_guest *guest, const char **wrong)
{
    const struct calendar_page_people_row *row;
    int n;

    row = named(rq, people, typed, &n);
    if (row == NULL)
        *wrong = arena_printf(rq->arena,
            n > 1
                ? tr(rq->lang, "Several people here are called “%s”. Please give the mail address.")
                : tr(rq->lang, "Nobody here is called “%s”. Please give the mail address."),
            typed);
    else if (row->mail == NULL)
        *wrong = arena_printf(
            rq->arena, tr(rq->lang, "%s has no mail address and cannot be invited."), typed);
    else
        *guest = (struct event_guest){ .name = row->name,
            .address = arena_printf(rq->arena, "mailto:%s", row->mail) };
}

static fallible
find_people(struct request *rq, const char *const *typed, int n, struct rows *people)
{
    const char **names = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);
    int n_names = 0;

    for (int i = 0; i < n; i++)
        if (strchr(typed[i], '@') == NULL)
            names[n_names++] = typed[i];
    *people = (struct rows){ .n = 0 };
    if (n_names == 0 || access_role(rq->who, rq->chapter) < ROLE_MEMBER)
        return NULL;
    return q_calendar_page_people(
        rq->db, rq->arena, rq->chapter, (struct texts){ names, n_names }, NAMESAKES, people);
}

static void
set_removed(struct request *rq, const struct ical_component *c, const char *const *typed, int n,
    struct event_guests *guests)
{
    const char **gone = NEW_ARRAY(rq->arena, const char *, (size_t)count_of(c) + 1);

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (typed_as(rq, c, l) != NULL && !stays(rq, c, l, typed, n))
            gone[guests->n_remove++] = l->value;
    guests->remove = gone;
}

/* Groups of chapters have addresses of their own. */
static fallible
tell_groups(struct request *rq, struct event_guest *guest, int n)
{
    struct calendar_user *users = NEW_ARRAY(rq->arena, struct calendar_user, (size_t)n + 1);
    const char **address = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);

    for (int i = 0; i < n; i++)
        address[i] = guest[i].address;
    if (n > 0)
        TRY(schedule_users(rq->app, rq->db, rq->arena, address, n, users));
    for (int i = 0; i < n; i++)
        guest[i].group = users[i].kind == USER_GROUP;
    return NULL;
}

fallible
guests_offer(struct request *rq, struct event_form *f)
{
    const char *domain = group_domain(rq->app->config, rq->arena), *name;
    struct rows rows;

    f->own = page_is_own(rq);
    if (f->own || f->guests == NULL)
        return NULL;
    TRY(q_calendar_page_chapter(rq->db, rq->arena, rq->chapter, &rows));
    name = rows.n == 0 ? rq->param[0] : calendar_page_chapter_row(&rows, 0).name;
    const char *members = arena_printf(rq->arena, "<%s@%s>", rq->param[0], domain),
               *board = arena_printf(rq->arena, "<%s+vorstand@%s>", rq->param[0], domain);
    if (strstr(f->guests, members) == NULL)
        f->members = arena_printf(rq->arena, "%s %s",
            arena_printf(rq->arena, tr(rq->lang, "Members of %s"), name), members);
    if (strstr(f->guests, board) == NULL)
        f->board = arena_printf(
            rq->arena, "%s %s", arena_printf(rq->arena, tr(rq->lang, "Board of %s"), name), board);
    return NULL;
}

fallible
guests_read(struct request *rq, struct event_form *f, const struct ical_component *c,
    struct event_guests *guests)
{
    TRY(guests_offer(rq, f));
    const char **wrong = &f->wrong_guests,
               *text = arena_printf(rq->arena, "%s\n%s\n%s", f->guests,
                   f->all_members && f->members != NULL ? f->members : "",
                   f->all_board && f->board != NULL ? f->board : "");
    const char *const *line;
    int n = text_split(rq->arena, text, "\r\n", &line), typed = 0;
    const char **said = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);
    struct event_guest *add = NEW_ARRAY(rq->arena, struct event_guest, (size_t)n + 1);
    struct rows people;

    *guests = (struct event_guests){ .add = add };
    *wrong = NULL;
    for (int i = 0; i < n; i++) {
        said[typed] = text_trim(rq->arena, line[i]);
        typed += *said[typed] != '\0';
    }
    if (typed > GUESTS_MAX) {
        *wrong = tr(rq->lang, "That are more people than one event can invite here.");
        return NULL;
    }
    TRY(find_people(rq, said, typed, &people));
    for (int i = 0; i < typed && *wrong == NULL; i++) {
        struct event_guest *guest = &add[guests->n_add];
        if (was_there(rq, c, said[i]))
            continue;
        if (strchr(said[i], '@') == NULL)
            read_name(rq, &people, said[i], guest, wrong);
        else if (!read_mail(rq, said[i], guest))
            *wrong = arena_printf(rq->arena,
                tr(rq->lang, "“%s” is no mail address. Please look at it again."), said[i]);
        guests->n_add += *wrong == NULL;
    }
    if (*wrong != NULL)
        return NULL;
    if (c != NULL)
        set_removed(rq, c, said, typed, guests);
    guests->organizer = (struct event_guest){ .name = rq->who->name,
        .address = rq->who->mail != NULL ? arena_printf(rq->arena, "mailto:%s", rq->who->mail)
                                         : arena_printf(rq->arena, "/dav/principals/users/%s/",
                                               uri_encode(rq->arena, rq->who->uid)) };
    return tell_groups(rq, add, guests->n_add);
}
