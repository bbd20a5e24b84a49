/* The periodic comparison of the people we know with the directory. */
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/ldap.h"
#include "auth/passwords.h"
#include "base/arena.h"
#include "base/log.h"
#include "db/db.h"
#include "http/app.h"
#include "q/person.h"

#define MISSING_MAX         20 /* people */
#define MISSING_PERCENT_MAX 5
#define MISSING_ALWAYS      3 /* in a small association one who leaves is more than 5 % */

static const struct db_scope no_scope = { .chapters = "" };
static const struct db_scope all_chapters = { .chapters = "*" }; /* for their audit logs */

/* Ids of all people in the directory. */
struct seen {
    const char **id;
    int n, room;
};

static void
see(struct seen *seen, struct arena *arena, const char *id)
{
    if (seen->n == seen->room) {
        int room = seen->room == 0 ? 1024 : seen->room * 2;
        const char **more = NEW_ARRAY(arena, const char *, (size_t)room);
        if (seen->n > 0)
            memcpy(more, seen->id, (size_t)seen->n * sizeof *more);
        seen->id = more;
        seen->room = room;
    }
    seen->id[seen->n++] = arena_copy(arena, id, strlen(id));
}

/* A page of people as the arrays that SQL takes. */
struct columns {
    struct texts ids, uids, names, mails, admins;
};

static struct columns
columns_of(struct arena *arena, const struct directory_person *page, int n)
{
    size_t room = (size_t)n;
    const char **id = NEW_ARRAY(arena, const char *, room),
               **uid = NEW_ARRAY(arena, const char *, room),
               **name = NEW_ARRAY(arena, const char *, room),
               **mail = NEW_ARRAY(arena, const char *, room),
               **admin = NEW_ARRAY(arena, const char *, room);
    int admins = 0;

    for (int i = 0; i < n; i++) {
        id[i] = page[i].id;
        uid[i] = page[i].uid;
        name[i] = page[i].name;
        mail[i] = page[i].mail == NULL ? "" : page[i].mail;
        if (page[i].state_admin)
            admin[admins++] = page[i].id;
    }
    return (struct columns){ { id, n }, { uid, n }, { name, n }, { mail, n }, { admin, admins } };
}

static int
compare_ids(const void *a, const void *b)
{
    const struct directory_person *one = a, *other = b;

    return strcmp(one->id, other->id);
}

static int
compare_id(const void *key, const void *member)
{
    const struct directory_person *person = member;

    return strcmp(key, person->id);
}

/* The groups of those of the page whom we know, as pairs of person and key. */
static fallible
refresh_groups(struct db *db, struct arena *arena, struct directory_person *page, int n,
    const struct rows *known)
{
    int64_t *people = NEW_ARRAY(arena, int64_t, (size_t)known->n);
    int n_pairs = 0, at = 0;
    struct rows unused;

    for (int i = 0; i < n; i++)
        n_pairs += page[i].groups.n;
    int64_t *pair_person = NEW_ARRAY(arena, int64_t, (size_t)n_pairs);
    const char **pair_key = NEW_ARRAY(arena, const char *, (size_t)n_pairs);

    for (int i = 0; i < known->n; i++) {
        struct sync_people_row row = sync_people_row(known, i);
        const struct directory_person *p =
            bsearch(row.directory_id, page, (size_t)n, sizeof *page, compare_id);
        people[i] = row.person;
        for (int k = 0; p != NULL && k < p->groups.n; k++, at++) {
            pair_person[at] = row.person;
            pair_key[at] = p->groups.s[k];
        }
    }
    return q_sync_groups(db, arena, (struct ints){ people, known->n },
        (struct ints){ pair_person, at }, (struct texts){ pair_key, at }, &unused);
}

static fallible
refresh_page(struct db *db, struct arena *arena, struct directory_person *page, int n)
{
    struct columns c = columns_of(arena, page, n);
    struct rows known;

    TRY(q_sync_people(db, arena, c.ids, c.uids, c.names, c.mails, c.admins, &known));
    return known.n == 0 ? NULL : refresh_groups(db, arena, page, n, &known);
}

static fallible
in_transaction(struct db *db, struct arena *arena, struct directory_person *page, int n)
{
    TRY(db_begin(db, arena, READ_WRITE, &no_scope));
    return db_end(db, arena, refresh_page(db, arena, page, n));
}

/* Without memberOf the groups are asked for one by one: outside the transaction. */
static fallible
find_groups(struct directory *directory, struct db *db, struct arena *arena,
    struct directory_person *page, int n)
{
    struct columns c = columns_of(arena, page, n);
    struct rows known;

    TRY(db_begin(db, arena, READ_ONLY, &no_scope));
    TRY(db_end(db, arena, q_sync_known(db, arena, c.ids, &known)));
    for (int i = 0; i < known.n; i++) {
        struct directory_person *p = bsearch(
            sync_known_row(&known, i).directory_id, page, (size_t)n, sizeof *page, compare_id);
        if (p != NULL && !p->groups_known)
            TRY(directory_groups(directory, arena, p));
    }
    return NULL;
}

static void
end_arena(void *arena)
{
    arena_free(arena);
}

static fallible
read_all(struct directory *directory, struct db *db, struct arena *arena, struct seen *seen)
{
    struct directory_listing *listing;
    struct arena *own = arena_new(); /* of one page: rewinding the other would end the listing */
    struct directory_person *page;
    int n;

    arena_defer(arena, end_arena, own);
    TRY(directory_list(directory, arena, &listing));
    for (;;) {
        size_t mark = arena_mark(own);
        TRY(directory_list_next(listing, own, &page, &n));
        if (n == 0)
            return NULL;
        qsort(page, (size_t)n, sizeof *page, compare_ids);
        TRY(find_groups(directory, db, own, page, n));
        TRY(in_transaction(db, own, page, n));
        for (int i = 0; i < n; i++)
            see(seen, arena, page[i].id);
        arena_rewind(own, mark);
    }
}

static bool
is_suspicious(const struct sync_report *r)
{
    if (r->missing == 0)
        return false;
    return r->listed == 0 || r->missing > MISSING_MAX ||
           (r->missing > MISSING_ALWAYS && r->missing * 100 > r->known * MISSING_PERCENT_MAX);
}

static fallible
remove_missing(struct db *db, struct arena *arena, const struct seen *seen, bool confirm,
    struct sync_report *report)
{
    struct texts ids = { seen->id, seen->n };
    struct rows rows;

    TRY(q_sync_missing(db, arena, ids, &rows));
    report->known = sync_missing_row(&rows, 0).known;
    report->missing = sync_missing_row(&rows, 0).missing;
    report->stopped = !confirm && is_suspicious(report);
    if (report->stopped || report->missing == 0)
        return NULL;
    TRY(q_sync_remove(db, arena, ids, &rows));
    report->removed = rows.n;
    return NULL;
}

static fallible
compare(struct directory *directory, struct db *db, struct arena *arena, bool confirm,
    struct sync_report *report)
{
    struct seen seen = { 0 };

    TRY(read_all(directory, db, arena, &seen));
    report->listed = seen.n;
    TRY(db_begin(db, arena, READ_WRITE, &all_chapters));
    return db_end(db, arena, remove_missing(db, arena, &seen, confirm, report));
}

fallible
auth_sync(const struct app *app, struct db *db, struct arena *arena, bool confirm,
    struct sync_report *report)
{
    struct directory *directory =
        app->passwords == NULL ? NULL : passwords_directory(app->passwords);

    *report = (struct sync_report){ 0 };
    if (directory == NULL)
        return error_cause(REFUSE(arena, TRY_LATER), arena, "no directory");
    TRY(compare(directory, db, arena, confirm, report));
    if (report->stopped)
        LOG(LOG_ERROR_, "directory_sync_stopped", "remedy", "chapterctl sync --confirm", "known",
            arena_printf(arena, "%lld", (long long)report->known), "missing",
            arena_printf(arena, "%lld", (long long)report->missing));
    else if (report->removed > 0)
        LOG(LOG_NOTICE_, "directory_sync_removed", "people",
            arena_printf(arena, "%lld", (long long)report->removed));
    return NULL;
}
