#include "auth/principal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "q/audit.h"
#include "q/person.h"

static fallible
load_looks(struct db *db, struct arena *arena, struct principal *p)
{
    struct rows rows;

    TRY(q_overrides_of(db, arena, p->person, &rows));
    struct look *looks = NEW_ARRAY(arena, struct look, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct overrides_of_row row = overrides_of_row(&rows, i);
        looks[i] = (struct look){ row.chapter, row.until };
    }
    p->looks = looks;
    p->n_looks = rows.n;
    return NULL;
}

fallible
principal_load(struct db *db, struct arena *arena, int64_t person, const struct bytes *session,
    const struct principal **who, bool *used_long_ago)
{
    struct rows rows;

    TRY(q_principal(db, arena, person != 0 ? &person : NULL, session, &rows));
    *used_long_ago = false;
    *who = &nobody;
    if (rows.n == 0)
        return NULL;

    struct principal_row first = principal_row(&rows, 0);
    struct principal *p = NEW(arena, struct principal);
    struct role_in *roles = NEW_ARRAY(arena, struct role_in, (size_t)rows.n);
    struct grant_in *grants = NEW_ARRAY(arena, struct grant_in, (size_t)rows.n);

    *p = (struct principal){ .person = first.id,
        .uid = first.uid,
        .name = first.name,
        .mail = first.mail,
        .state_admin = first.state_admin,
        .guest = first.guest,
        .rights_changed = first.rights_changed_is_null ? 0 : first.rights_changed,
        .roles = roles,
        .grants = grants };
    for (int i = 0; i < rows.n; i++) {
        struct principal_row row = principal_row(&rows, i);

        if (!row.chapter_is_null)
            roles[p->n_roles++] = (struct role_in){ row.chapter, (enum role)row.role };
        if (!row.policy_is_null)
            grants[p->n_grants++] = (struct grant_in){ row.policy, (unsigned)row.rights };
    }
    *used_long_ago = first.used_long_ago;
    *who = p;
    return p->state_admin && session != NULL ? load_looks(db, arena, p) : NULL;
}

static size_t
text_size_of(const char *s)
{
    return s == NULL ? 0 : strlen(s) + 1;
}

/* All that a principal needs, in one block. Looks are not kept: they are a browser's, read anew
 * each time. */
static size_t
size_of(const struct principal *p)
{
    return sizeof *p + (size_t)p->n_roles * sizeof *p->roles +
           (size_t)p->n_grants * sizeof *p->grants + text_size_of(p->uid) + text_size_of(p->name) +
           text_size_of(p->mail) + text_size_of(p->old_uid);
}

static const char *
put_text(char **to, const char *s)
{
    if (s == NULL)
        return NULL;

    size_t n = strlen(s) + 1;
    const char *copy = memcpy(*to, s, n);
    *to += n;
    return copy;
}

static struct principal *
put(void *block, const struct principal *from)
{
    struct principal *p = block;
    struct role_in *roles = (struct role_in *)(p + 1);
    struct grant_in *grants = (struct grant_in *)(roles + from->n_roles);
    char *text = (char *)(grants + from->n_grants);

    *p = *from;
    if (from->n_roles > 0)
        memcpy(roles, from->roles, (size_t)from->n_roles * sizeof *roles);
    p->roles = roles;
    if (from->n_grants > 0)
        memcpy(grants, from->grants, (size_t)from->n_grants * sizeof *grants);
    p->grants = grants;
    p->looks = NULL;
    p->n_looks = 0;
    p->uid = put_text(&text, from->uid);
    p->name = put_text(&text, from->name);
    p->mail = put_text(&text, from->mail);
    p->old_uid = put_text(&text, from->old_uid);
    return p;
}

const struct principal *
principal_copy(struct arena *arena, const struct principal *from)
{
    return put(arena_alloc(arena, size_of(from)), from);
}

struct principal *
principal_keep(const struct principal *from, size_t *size)
{
    *size = size_of(from);
    void *block = malloc(*size);
    return block == NULL ? NULL : put(block, from);
}
