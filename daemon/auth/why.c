#include "auth/why.h"

#include <stddef.h>

#include "auth/principal.h"
#include "base/arena.h"
#include "base/macros.h"
#include "db/db.h"
#include "q/person.h"

const char *
why_role_title(enum role role)
{
    switch (role) {
    case ROLE_PUBLIC:
        return N_("not signed in");
    case ROLE_FEDERATION:
        return N_("signed in");
    case ROLE_MEMBER:
        return N_("Member");
    case ROLE_BOARD:
        return N_("Board");
    case ROLE_CHAIR:
        return N_("Chair");
    case ROLE_NOBODY:
        break;
    }
    return N_("Nobody");
}

static void
judge(struct why *why, const struct policy *policy)
{
    why->rights = access_explain(why->who, policy, &why->verdict);
}

void
why_role(struct arena *arena, enum role role, const struct policy *policy, struct why *why)
{
    struct role_in *in = NEW(arena, struct role_in);
    struct principal *p = NEW(arena, struct principal);

    *in = (struct role_in){ policy->chapter, role };
    *p = role == ROLE_PUBLIC
             ? nobody
             : (struct principal){ .person = -1, .uid = "", .name = "", .roles = in, .n_roles = 1 };
    *why = (struct why){ .who = p, .known = true };
    judge(why, policy);
}

static fallible
find_roles(struct db *db, struct arena *arena, int64_t chapter, struct why *why)
{
    struct rows rows;

    TRY(q_role_origins(db, arena, why->who->person, chapter, &rows));
    struct role_origin *role = NEW_ARRAY(arena, struct role_origin, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct role_origins_row row = role_origins_row(&rows, i);
        role[i] = (struct role_origin){ (enum role)row.role, row.via, row.group_key, row.granted,
            row.until };
    }
    why->role = role;
    why->n_roles = rows.n;
    return NULL;
}

static fallible
find_groups(struct db *db, struct arena *arena, int64_t policy, struct why *why)
{
    struct rows rows;

    TRY(q_group_origins(db, arena, why->who->person, policy, &rows));
    struct group_origin *group = NEW_ARRAY(arena, struct group_origin, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct group_origins_row row = group_origins_row(&rows, i);
        group[i] = (struct group_origin){ row.name, (unsigned)row.rights, row.until };
    }
    why->group = group;
    why->n_groups = rows.n;
    return NULL;
}

struct error *
why_person(struct db *db, struct arena *arena, const char *uid, const struct policy *policy,
    struct why *why)
{
    struct rows rows;
    bool unused;

    why_role(arena, ROLE_FEDERATION, policy, why);
    TRY(q_person_by_uid(db, arena, uid, &rows));
    why->known = false;
    if (rows.n == 0)
        return NULL;

    struct why found = { .known = true };
    TRY(principal_load(db, arena, person_by_uid_row(&rows, 0).id, NULL, &found.who, &unused));
    if (found.who->person == 0)
        return NULL;
    TRY(find_roles(db, arena, policy->chapter, &found));
    TRY(find_groups(db, arena, policy->id, &found));
    judge(&found, policy);
    if (found.n_roles > 0 || found.n_groups > 0)
        *why = found;
    return NULL;
}
