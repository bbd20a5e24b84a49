/* Whom calendar addresses mean, and the queue of messages. */
#include "modules/calendars/schedule/schedule.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "http/app.h"
#include "modules/calendars/schedule/group.h"
#include "q/schedule.h"

#define MAILTO "mailto:"

/* ---------------------------------------------------------------- addresses */

static const char *
small(struct arena *arena, const char *s)
{
    char *copy = arena_copy(arena, s, strlen(s));

    for (char *c = copy; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | ('a' - 'A'));
    return copy;
}

/* "mailto:Anna@Example.org?x=y": "anna@example.org"; NULL: it is none by mail. */
static const char *
mail_of(struct arena *arena, const char *address)
{
    if (strncasecmp(address, MAILTO, strlen(MAILTO)) != 0)
        return NULL;
    address += strlen(MAILTO);
    const char *mail = uri_decode(arena, address, strcspn(address, "?"), false);
    return mail == NULL ? NULL : small(arena, mail);
}

static bool
is_our_host(const struct config *config, struct arena *arena, const char *host)
{
    struct uri base;

    if (uri_parse(arena, config->base_url, &base) && strcmp(base.host, host) == 0)
        return true;
    for (int i = 0; i < config->hosts.n; i++)
        if (text_same_nocase(config->hosts.word[i], host))
            return true;
    return false;
}

/* Principals, and what their addresses begin with; both forms of each. */
enum { USERS = 0, CHAPTERS = 2, GROUPS = 4, PLACES = 6 };
static const char *const places[PLACES] = { "/dav/principals/users/", "/principals/users/",
    "/dav/principals/chapters/", "/principals/chapters/", "/dav/principals/groups/",
    "/principals/groups/" };

/* The name in the address of a principal here, below one of two places; NULL: it is none. */
static const char *
name_at(const struct config *config, struct arena *arena, const char *address, size_t first)
{
    struct uri uri;

    if (address[0] != '/') {
        if (!uri_parse(arena, address, &uri) || !is_our_host(config, arena, uri.host))
            return NULL;
        address = uri.path;
    }
    for (size_t i = first; i < first + 2; i++) {
        const char *uid = address + strlen(places[i]);
        if (!text_starts(address, places[i]))
            continue;
        size_t n = strcspn(uid, "/");
        if (n == 0 || (uid[n] != '\0' && strcmp(uid + n, "/") != 0))
            return NULL;
        const char *decoded = uri_decode(arena, uid, n, false);
        return decoded == NULL ? NULL : small(arena, decoded);
    }
    return NULL;
}

static const char *
uid_of(const struct config *config, struct arena *arena, const char *address)
{
    return name_at(config, arena, address, USERS);
}

/* What may be the name of a group (group.h), or NULL. */
static const char *
group_in(const struct config *config, struct arena *arena, const char *address, const char *mail)
{
    if (mail != NULL)
        return group_in_mail(config, arena, mail);
    const char *chapter = name_at(config, arena, address, CHAPTERS);
    return chapter != NULL ? chapter : name_at(config, arena, address, GROUPS);
}

bool
schedule_is_hers(const struct config *config, struct arena *arena,
    const struct calendar_self *self, const char *address)
{
    const char *mail = mail_of(arena, address);

    if (mail != NULL)
        return self->mail != NULL && text_same_nocase(mail, self->mail);
    const char *uid = uid_of(config, arena, address);
    return uid != NULL && text_same_nocase(uid, self->uid);
}

/* What addresses name, and to which of them it belongs. */
struct names {
    const char **name;
    int *of;
    int n;
};

static struct names
names_new(struct arena *arena, int n)
{
    return (struct names){ NEW_ARRAY(arena, const char *, (size_t)n + 1),
        NEW_ARRAY(arena, int, (size_t)n + 1), 0 };
}

static void
name_add(struct names *names, const char *name, int of)
{
    names->name[names->n] = name;
    names->of[names->n++] = of;
}

static void
found(struct calendar_user *users, const struct names *names, const char *name, int64_t person)
{
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->name[i], name) == 0) {
            users[names->of[i]].kind = USER_PERSON;
            users[names->of[i]].person = person;
        }
}

fallible
schedule_users(const struct app *app, struct db *db, struct arena *arena,
    const char *const *addresses, int n, struct calendar_user *users)
{
    struct names mails = names_new(arena, n), uids = names_new(arena, n);
    const char **group = NEW_ARRAY(arena, const char *, (size_t)n + 1);
    struct rows rows;

    for (int i = 0; i < n; i++) {
        const char *mail = mail_of(arena, addresses[i]);
        const char *uid = mail != NULL ? NULL : uid_of(app->config, arena, addresses[i]);

        users[i] = (struct calendar_user){ .kind = USER_OUTSIDE, .mail = mail };
        if (mail != NULL)
            name_add(&mails, mail, i);
        else if (uid != NULL)
            name_add(&uids, uid, i);
        group[i] = uid == NULL ? group_in(app->config, arena, addresses[i], mail) : NULL;
    }
    if (mails.n > 0) {
        TRY(q_schedule_people(db, arena, (struct texts){ mails.name, mails.n }, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct schedule_people_row row = schedule_people_row(&rows, i);
            found(users, &mails, row.mail, row.person);
        }
    }
    if (uids.n > 0) {
        TRY(q_schedule_people_by_uid(db, arena, (struct texts){ uids.name, uids.n }, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct schedule_people_by_uid_row row = schedule_people_by_uid_row(&rows, i);
            found(users, &uids, row.uid, row.person);
        }
    }
    for (int i = 0; i < n; i++)
        if (users[i].kind == USER_PERSON) /* who really has that address, has it */
            group[i] = NULL;
    return group_users(db, arena, group, n, users);
}

/* ---------------------------------------------------------------- the queue */

fallible
schedule_send(struct db *db, struct arena *arena, const struct schedule_message *m)
{
    struct rows rows;

    db_defer(db);
    return q_schedule_send(db, arena, m->chapter == 0 ? NULL : &m->chapter,
        m->person == 0 ? NULL : &m->person, m->node == 0 ? NULL : &m->node,
        m->calendar == 0 ? NULL : &m->calendar, m->name_key, itip_method_names[m->method],
        m->address, (struct bytes){ m->bytes, m->n }, m->quiet, &rows);
}

fallible
schedule_answer(struct db *db, struct arena *arena, int64_t node, const char *address,
    const char *bytes, size_t n, bool *known)
{
    struct rows rows;

    TRY(q_schedule_answer(db, arena, node, address, (struct bytes){ bytes, n }, &rows));
    *known = schedule_answer_row(&rows, 0).known;
    return NULL;
}
