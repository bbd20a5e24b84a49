#include "auth/access.h"

#include <assert.h>
#include <stddef.h>

#include "base/arena.h"

const struct principal nobody = { .uid = "", .name = "" };

/* A guest by e-mail is nobody special but where she was invited. */
enum role
access_role(const struct principal *who, int64_t chapter)
{
    if (who->person == 0)
        return ROLE_PUBLIC;
    for (int i = 0; i < who->n_roles; i++)
        if (who->roles[i].chapter == chapter)
            return who->roles[i].role;
    return who->guest ? ROLE_PUBLIC : ROLE_FEDERATION;
}

int64_t
access_writer(const struct principal *who)
{
    return who->link != NULL ? -who->link->id : who->person;
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
 * never be opened again. Nobody writes without a login, whatever the level.
 */
static unsigned
role_rights(enum role role, const struct policy *policy)
{
    unsigned rights = 0;

    if (role >= policy->read_level)
        rights |= MAY_READ;
    if (role >= policy->write_level && role >= policy->read_level && role > ROLE_PUBLIC)
        rights |= MAY_WRITE;
    if (role == ROLE_CHAIR || (role == ROLE_BOARD && (rights & MAY_WRITE) != 0))
        rights |= MAY_MANAGE;
    return rights;
}

/* A group may be let read and write; never set levels. */
static unsigned
group_rights(const struct principal *who, const struct policy *policy)
{
    for (int i = 0; i < who->n_grants; i++)
        if (who->grants[i].policy == policy->id)
            return who->grants[i].rights & (MAY_READ | MAY_WRITE);
    return 0;
}

/* A state admin's look reads what the chair could read, and no more than reads. */
static unsigned
look_rights(const struct principal *who, const struct policy *policy)
{
    bool looks = policy->read_level <= ROLE_CHAIR && access_look(who, policy->chapter) != NULL;

    return looks ? MAY_READ : 0;
}

/* Where fewer may read, or write, than when the link was made, it opens nothing. */
static unsigned
link_rights(const struct principal *who, const struct policy *policy)
{
    const struct link_pass *link = who->link;

    if (link == NULL || link->chapter != policy->chapter || policy->read_level > link->read)
        return 0;
    if (!link->drop_box)
        return MAY_READ;
    return policy->write_level <= link->write ? MAY_WRITE : 0;
}

unsigned
access_explain(const struct principal *who, const struct policy *policy, struct access_why *why)
{
    if (policy->person != 0) {
        unsigned rights = personal_rights(who, policy->person);
        *why = (struct access_why){ .own = rights != 0 };
        return rights;
    }
    if (who->link != NULL) {
        *why = (struct access_why){ .role = ROLE_PUBLIC, .by_link = link_rights(who, policy) };
        return why->by_link;
    }
    enum role role = access_role(who, policy->chapter);
    *why = (struct access_why){ .role = role,
        .by_role = role_rights(role, policy),
        .by_group = group_rights(who, policy),
        .by_look = look_rights(who, policy) };
    return why->by_role | why->by_group | why->by_look;
}

unsigned
access_rights(const struct principal *who, const struct policy *policy)
{
    struct access_why why;

    return access_explain(who, policy, &why);
}

unsigned
access_kept(const struct principal *who, const struct policy *now, const struct policy *then)
{
    return access_rights(who, now) & access_rights(who, then);
}

/* What one may not write one does not hand on, and what a group was let into is not its members' to
 * share. */
bool
access_may_share(const struct principal *who, const struct policy *policy, enum role least)
{
    enum role role = access_role(who, policy->chapter);

    return policy->person == 0 && who->link == NULL && least >= ROLE_MEMBER &&
           least <= ROLE_BOARD && role >= least && (role_rights(role, policy) & MAY_WRITE) != 0;
}

bool
access_knew(const struct principal *who, const struct policy *policy, int64_t hidden,
    enum role hidden_from, int64_t since)
{
    if (who->rights_changed != 0 && who->rights_changed >= since)
        return true;
    return hidden != 0 && hidden >= since && access_role(who, policy->chapter) >= hidden_from;
}

struct access_reach
access_reach(const struct principal *who, struct arena *arena, int64_t chapter)
{
    int64_t *policies = NEW_ARRAY(arena, int64_t, (size_t)who->n_grants + 1);
    struct access_reach reach = { .level = access_role(who, chapter), .policies = policies };

    assert(who->link == NULL); /* a link opens one place, and searches nothing */
    if (reach.level < ROLE_CHAIR && access_look(who, chapter) != NULL)
        reach.level = ROLE_CHAIR;
    for (int i = 0; i < who->n_grants; i++)
        if ((who->grants[i].rights & MAY_READ) != 0)
            policies[reach.n++] = who->grants[i].policy;
    return reach;
}

bool
access_sees_busy(unsigned shares, enum busy_for choice)
{
    return (choice >= BUSY_FOR_CLOSE && (shares & SHARES_BOARD_OR_GROUP) != 0) ||
           (choice >= BUSY_FOR_CHAPTER && (shares & SHARES_CHAPTER) != 0);
}
