#include "auth/access.h"

#include <stddef.h>

const struct principal nobody = { .uid = "", .name = "" };

enum role
access_role(const struct principal *who, int64_t chapter)
{
    if (who->person == 0)
        return ROLE_PUBLIC;
    for (int i = 0; i < who->n_roles; i++)
        if (who->roles[i].chapter == chapter)
            return who->roles[i].role;
    return ROLE_FEDERATION;
}

const struct look *
access_look(const struct principal *who, int64_t chapter)
{
    for (int i = 0; who->state_admin && i < who->n_looks; i++)
        if (who->looks[i].chapter == chapter)
            return &who->looks[i];
    return NULL;
}

bool
access_enters(const struct principal *who, unsigned area)
{
    return who->only == 0 || area == 0 || (who->only & area) != 0;
}

/* Only the person herself: neither a chapter's chair nor a state admin. */
static unsigned
personal_rights(const struct principal *who, int64_t owner)
{
    return who->person == owner ? MAY_READ | MAY_WRITE | MAY_MANAGE : 0;
}

/*
 * Levels may be set by the board, but not on a collection that the board may
 * not write itself; by the chair always, or a collection closed to all could
 * never be opened again. Nobody writes without a login, whatever the level. A
 * state admin's look reads what the chair could read, and no more than reads.
 */
unsigned
access_rights(const struct principal *who, const struct policy *policy)
{
    unsigned rights = 0;

    if (policy->person != 0)
        return personal_rights(who, policy->person);

    enum role role = access_role(who, policy->chapter);
    if (role >= policy->read_level)
        rights |= MAY_READ;
    if (policy->read_level <= ROLE_CHAIR && access_look(who, policy->chapter) != NULL)
        rights |= MAY_READ;
    if (role >= policy->write_level && role >= policy->read_level && role > ROLE_PUBLIC)
        rights |= MAY_WRITE;
    if (role == ROLE_CHAIR || (role == ROLE_BOARD && (rights & MAY_WRITE) != 0))
        rights |= MAY_MANAGE;
    return rights;
}
