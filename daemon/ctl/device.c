/* chapterctl app-password, session: a telephone is lost, and its owner cannot get at her pages. */
#include <stddef.h>
#include <string.h>

#include "auth/audit.h"
#include "base/arena.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "q/account.h"
#include "q/person.h"

/* Whose they are, what there is, and what was ended of it. */
struct devices {
    int64_t person;
    const char *uid; /* her present one */
    struct rows rows;
    int64_t *id; /* which to end */
    int n_ids, ended;
};

static fallible
person_step(struct ctl *ctl, void *own)
{
    struct devices *d = own;
    struct rows rows;

    TRY(q_person_by_uid(ctl->db, ctl->arena, ctl_option(ctl, "person"), &rows));
    if (rows.n == 0)
        return FAIL(ctl->arena, NOT_FOUND,
            "Nobody who may sign in has the login name %s. Whoever has left the directory is "
            "refused everywhere already.",
            ctl_option(ctl, "person"));
    d->person = person_by_uid_row(&rows, 0).id;
    d->uid = person_by_uid_row(&rows, 0).uid;
    return NULL;
}

/* Runs a step in the scope of the person that --person names. */
static fallible
work_as_person(struct ctl *ctl, enum tx tx, fallible (*step)(struct ctl *, void *), struct devices *d)
{
    TRY(ctl_work(ctl, READ_ONLY, person_step, d));
    return ctl_work_as(ctl, tx, d->person, step, d);
}

static const char *
day(struct ctl *ctl, bool none, int64_t us)
{
    char text[] = "2026-11-20";
    json_t *time;

    if (none)
        return NULL;
    time = ctl_json_time(ctl->arena, us);
    snprintf(text, sizeof text, "%s", json_string_value(time));
    json_decref(time);
    return arena_copy(ctl->arena, text, strlen(text));
}

/* ---------------------------------------------------------------- app passwords */

static fallible
list_step(struct ctl *ctl, void *own)
{
    struct devices *d = own;

    return q_app_passwords_of(ctl->db, ctl->arena, d->person, &d->rows);
}

static json_t *
passwords_json(struct ctl *ctl, const struct devices *d)
{
    json_t *all = json_array();

    for (int i = 0; i < d->rows.n; i++) {
        struct app_passwords_of_row row = app_passwords_of_row(&d->rows, i);
        json_array_append_new(all,
            json_pack("{s:I, s:s, s:o, s:o, s:o}", "id", (json_int_t)row.id, "name", row.name,
                "made", ctl_json_time(ctl->arena, row.created), "used",
                ctl_json_text(day(ctl, row.used_is_null, row.used)), "expires",
                ctl_json_time(ctl->arena, row.expires_is_null ? 0 : row.expires)));
    }
    return all;
}

static void
print_passwords(struct ctl *ctl, const struct devices *d)
{
    enum { ID, NAME, MADE, USED, EXPIRES, COLUMNS };
    const char **cells = NEW_ARRAY(ctl->arena, const char *, (size_t)(d->rows.n + 1) * COLUMNS);

    cells[ID] = "NUMBER";
    cells[NAME] = "DEVICE";
    cells[MADE] = "MADE";
    cells[USED] = "LAST USED";
    cells[EXPIRES] = "UNTIL";
    for (int i = 0; i < d->rows.n; i++) {
        struct app_passwords_of_row row = app_passwords_of_row(&d->rows, i);
        const char **cell = cells + (i + 1) * COLUMNS;
        cell[ID] = arena_printf(ctl->arena, "%lld", (long long)row.id);
        cell[NAME] = row.name;
        cell[MADE] = day(ctl, false, row.created);
        cell[USED] = day(ctl, row.used_is_null, row.used);
        cell[EXPIRES] = row.over ? "over" : day(ctl, row.expires_is_null, row.expires);
    }
    ctl_table(ctl->arena, cells, d->rows.n + 1, COLUMNS);
}

static fallible
list_command(struct ctl *ctl)
{
    struct devices d = { .n_ids = 0 };

    TRY(work_as_person(ctl, READ_ONLY, list_step, &d));
    if (ctl->json)
        ctl_json(json_pack(
            "{s:b, s:s, s:o}", "ok", 1, "uid", d.uid, "app_passwords", passwords_json(ctl, &d)));
    else if (d.rows.n == 0)
        ctl_say(ctl, "%s has no app password.", d.uid);
    else
        print_passwords(ctl, &d);
    return NULL;
}

/* On the page of her account she sees that it was not herself. */
static fallible
tell_removed(struct ctl *ctl, const struct devices *d, int64_t id, const char *name)
{
    return audit(ctl->db, ctl->arena,
        &(struct audit_entry){ .what = AUDIT_APP_PASSWORD_REMOVED,
            .by = BY_OPERATOR,
            .owner = d->person,
            .kind = "app-password",
            .object = id,
            .title = name });
}

static fallible
revoke_step(struct ctl *ctl, void *own)
{
    struct devices *d = own;
    struct rows removed;

    d->ended = 0;
    if (d->n_ids == 0) {
        TRY(q_app_password_remove_all(ctl->db, ctl->arena, d->person, &removed));
        for (; d->ended < removed.n; d->ended++) {
            struct app_password_remove_all_row row = app_password_remove_all_row(&removed, d->ended);
            TRY(tell_removed(ctl, d, row.id, row.name));
        }
        return NULL;
    }
    for (int i = 0; i < d->n_ids; i++) {
        TRY(q_app_password_remove(ctl->db, ctl->arena, d->person, d->id[i], &removed));
        if (removed.n == 0)
            return FAIL(ctl->arena, NOT_FOUND,
                "%s has no app password with the number %lld; nothing was changed. \"chapterctl "
                "app-password list --person %s\" shows which there are.",
                d->uid, (long long)d->id[i], d->uid);
        TRY(tell_removed(ctl, d, d->id[i], app_password_remove_row(&removed, 0).name));
        d->ended++;
    }
    return NULL;
}

static fallible
revoke_command(struct ctl *ctl)
{
    struct devices d = { .n_ids = ctl->n_args };

    if ((ctl_option(ctl, "all") != NULL) == (ctl->n_args > 0))
        return FAIL(ctl->arena, BAD_REQUEST,
            "Name the numbers of those to take back, or --all; \"chapterctl app-password list\" "
            "shows them.");
    d.id = NEW_ARRAY(ctl->arena, int64_t, (size_t)ctl->n_args + 1);
    for (int i = 0; i < ctl->n_args; i++)
        if (!text_to_int(ctl->arg[i], INT64_MAX, &d.id[i]))
            return FAIL(ctl->arena, BAD_REQUEST, "\"%s\" is no number.", ctl->arg[i]);
    TRY(work_as_person(ctl, READ_WRITE, revoke_step, &d));
    ctl_say(ctl, "%d app passwords of %s are taken back: whoever uses one is refused from now on.",
        d.ended, d.uid);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:i}", "ok", 1, "uid", d.uid, "ended", d.ended));
    return NULL;
}

/* ---------------------------------------------------------------- sessions */

static fallible
sessions_step(struct ctl *ctl, void *own)
{
    struct devices *d = own;

    return q_sessions_of(ctl->db, ctl->arena, d->person, NULL, &d->rows);
}

static fallible
sessions_command(struct ctl *ctl)
{
    struct devices d = { .n_ids = 0 };
    json_t *all = json_array();

    struct error *e = work_as_person(ctl, READ_ONLY, sessions_step, &d);
    if (e != NULL) {
        json_decref(all);
        return e;
    }
    ctl_say(ctl, "%s is signed in with %d browsers.", d.uid, d.rows.n);
    for (int i = 0; i < d.rows.n; i++) {
        struct sessions_of_row row = sessions_of_row(&d.rows, i);
        ctl_say(ctl, "since %s, last used %s", day(ctl, false, row.created),
            day(ctl, false, row.used));
        json_array_append_new(all,
            json_pack("{s:o, s:o}", "since", ctl_json_time(ctl->arena, row.created), "used",
                ctl_json_time(ctl->arena, row.used)));
    }
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:o}", "ok", 1, "uid", d.uid, "sessions", all));
    else
        json_decref(all);
    return NULL;
}

static fallible
end_step(struct ctl *ctl, void *own)
{
    struct devices *d = own;
    struct rows ended;

    TRY(q_session_end_all(ctl->db, ctl->arena, d->person, &ended));
    d->ended = ended.n;
    return NULL;
}

static fallible
end_command(struct ctl *ctl)
{
    struct devices d = { .n_ids = 0 };

    TRY(work_as_person(ctl, READ_WRITE, end_step, &d));
    ctl_say(ctl, "%s is signed out of %d browsers.", d.uid, d.ended);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:i}", "ok", 1, "uid", d.uid, "ended", d.ended));
    return NULL;
}

#define PERSON { "person", "UID", "her login name", true }

static const struct ctl_option person_options[] = {
    PERSON,
    { NULL, NULL, NULL, false },
};

static const struct ctl_option revoke_options[] = {
    PERSON,
    { "all", NULL, "every one she has", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command device_commands[] = {
    {
        .name = "app-password list",
        .args = "",
        .options = person_options,
        .help = "lists somebody's app passwords, one for each of her devices",
        .run = list_command,
    },
    {
        .name = "app-password revoke",
        .args = "[ID...]",
        .most = CTL_MANY,
        .options = revoke_options,
        .help = "takes back app passwords, when a device is lost",
        .more = "Without --all those with these numbers, as the list shows them. Running daemons\n"
                "refuse them at once. A browser of the device may still be signed in: see session end.\n",
        .run = revoke_command,
    },
    {
        .name = "session list",
        .args = "",
        .options = person_options,
        .help = "tells with how many browsers somebody is signed in",
        .run = sessions_command,
    },
    {
        .name = "session end",
        .args = "",
        .options = person_options,
        .help = "signs somebody out of all browsers",
        .run = end_command,
    },
    { .name = NULL },
};
