#include "auth/audit.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "db/db.h"
#include "q/audit.h"

#define TITLE_CHARS  200
#define REASON_CHARS 500

/* Which details an entry has. */
enum {
    TITLE = 1,
    ABOUT = 2,
    OTHER = 4,
    ROLE = 8,
    WAS = 16,
    NOW = 32,
    AMOUNT = 64,
    BEFORE = 128, /* was_amount */
    UNTIL = 256,  /* may be left out */
    REASON = 512, /* must be given; elsewhere it may be */
    OWN = 1024,   /* a person's, of no chapter */
    ALL = 2048    /* the installation's */
};

static const struct {
    const char *word;
    enum audit_group group;
    unsigned details;
} vocabulary[AUDIT_WHATS] = {
    [AUDIT_ROLE_GIVEN] = { "role-given", AUDIT_OF_RIGHTS, ABOUT | ROLE | UNTIL },
    [AUDIT_ROLE_TAKEN] = { "role-taken", AUDIT_OF_RIGHTS, ABOUT | ROLE },
    [AUDIT_LEVELS_SET] = { "levels-set", AUDIT_OF_RIGHTS, TITLE | WAS | NOW },
    [AUDIT_LEVELS_INHERITED] = { "levels-inherited", AUDIT_OF_RIGHTS, TITLE | WAS },
    [AUDIT_SHARED_WITH_PERSON] = { "shared-with-person", AUDIT_OF_RIGHTS,
        TITLE | ABOUT | NOW | UNTIL },
    [AUDIT_SHARED_WITH_GROUP] = { "shared-with-group", AUDIT_OF_RIGHTS,
        TITLE | OTHER | NOW | UNTIL },
    [AUDIT_UNSHARED_PERSON] = { "unshared-person", AUDIT_OF_RIGHTS, TITLE | ABOUT },
    [AUDIT_UNSHARED_GROUP] = { "unshared-group", AUDIT_OF_RIGHTS, TITLE | OTHER },
    [AUDIT_GROUP_MADE] = { "group-made", AUDIT_OF_RIGHTS, TITLE },
    [AUDIT_GROUP_CHANGED] = { "group-changed", AUDIT_OF_RIGHTS, TITLE | OTHER },
    [AUDIT_GROUP_REMOVED] = { "group-removed", AUDIT_OF_RIGHTS, TITLE },
    [AUDIT_GROUP_JOINED] = { "group-joined", AUDIT_OF_RIGHTS, TITLE | ABOUT | UNTIL },
    [AUDIT_GROUP_LEFT] = { "group-left", AUDIT_OF_RIGHTS, TITLE | ABOUT },
    [AUDIT_GUEST_INVITED] = { "guest-invited", AUDIT_OF_RIGHTS, ABOUT | UNTIL },
    [AUDIT_GUEST_ENDED] = { "guest-ended", AUDIT_OF_RIGHTS, ABOUT },
    [AUDIT_LINK_MADE] = { "link-made", AUDIT_OF_RIGHTS, TITLE | OTHER | UNTIL },
    [AUDIT_DROP_BOX_MADE] = { "drop-box-made", AUDIT_OF_RIGHTS, TITLE | OTHER | UNTIL },
    [AUDIT_LINK_RENEWED] = { "link-renewed", AUDIT_OF_RIGHTS, TITLE | OTHER | UNTIL },
    [AUDIT_LINK_RENAMED] = { "link-renamed", AUDIT_OF_RIGHTS, TITLE | OTHER | UNTIL },
    [AUDIT_LINK_CONFIRMED] = { "link-confirmed", AUDIT_OF_RIGHTS, TITLE | OTHER | UNTIL },
    [AUDIT_LINK_ENDED] = { "link-ended", AUDIT_OF_RIGHTS, TITLE | OTHER },
    [AUDIT_CHAPTER_MADE] = { "chapter-made", AUDIT_OF_CHAPTER, TITLE },
    [AUDIT_CHAPTER_CHANGED] = { "chapter-changed", AUDIT_OF_CHAPTER, TITLE | OTHER },
    [AUDIT_CHAPTER_CLOSED] = { "chapter-closed", AUDIT_OF_CHAPTER, TITLE },
    [AUDIT_CHAPTER_OPENED] = { "chapter-opened", AUDIT_OF_CHAPTER, TITLE },
    [AUDIT_GROUPS_SET] = { "directory-groups-set", AUDIT_OF_CHAPTER, ROLE | AMOUNT },
    [AUDIT_QUOTA_SET] = { "quota-set", AUDIT_OF_CHAPTER, AMOUNT | BEFORE },
    [AUDIT_PERSON_LEFT] = { "person-left", AUDIT_OF_CHAPTER, ABOUT },
    [AUDIT_FOLDER_DELETED] = { "folder-deleted", AUDIT_OF_CONTENTS, TITLE },
    [AUDIT_TRASH_RESTORED] = { "trash-restored", AUDIT_OF_CONTENTS, TITLE },
    [AUDIT_TRASH_PURGED] = { "trash-purged", AUDIT_OF_CONTENTS, TITLE | AMOUNT },
    [AUDIT_VERSIONS_SET] = { "versions-set", AUDIT_OF_CONTENTS, TITLE | AMOUNT | BEFORE },
    [AUDIT_VERSIONS_INHERITED] = { "versions-inherited", AUDIT_OF_CONTENTS, TITLE },
    [AUDIT_RETENTION_SET] = { "retention-set", AUDIT_OF_CONTENTS, TITLE | OTHER | AMOUNT },
    [AUDIT_RETENTION_NEVER] = { "retention-never", AUDIT_OF_CONTENTS, TITLE },
    [AUDIT_RETENTION_ENDED] = { "retention-ended", AUDIT_OF_CONTENTS, TITLE },
    [AUDIT_RETENTION_DELETED] = { "retention-deleted", AUDIT_OF_CONTENTS,
        TITLE | OTHER | AMOUNT | BEFORE },
    [AUDIT_CHAPTER_EXPORTED] = { "chapter-exported", AUDIT_OF_CONTENTS, 0 },
    [AUDIT_CHAPTER_IMPORTED] = { "chapter-imported", AUDIT_OF_CONTENTS, 0 },
    [AUDIT_OVERRIDE_BEGUN] = { "override-begun", AUDIT_OF_OPERATION, AMOUNT | REASON },
    [AUDIT_OVERRIDE_ENDED] = { "override-ended", AUDIT_OF_OPERATION, 0 },
    [AUDIT_RESTORED] = { "restored", AUDIT_OF_OPERATION, OTHER | ALL },
    [AUDIT_DEBUG_LOG_ON] = { "debug-log-on", AUDIT_OF_OPERATION, AMOUNT | ALL },
    [AUDIT_APP_PASSWORD_MADE] = { "app-password-made", AUDIT_OF_PERSON, TITLE | OWN },
    [AUDIT_APP_PASSWORD_REMOVED] = { "app-password-removed", AUDIT_OF_PERSON, TITLE | OWN },
    [AUDIT_PERSON_EXPORTED] = { "person-exported", AUDIT_OF_PERSON, OWN },
};

static void
check(const struct audit_entry *e, unsigned d)
{
    assert((e->title != NULL) == ((d & TITLE) != 0));
    assert((e->about != 0) == ((d & ABOUT) != 0));
    assert((e->other != NULL) == ((d & OTHER) != 0));
    assert((e->role != ROLE_PUBLIC) == ((d & ROLE) != 0));
    assert((e->was != NULL) == ((d & WAS) != 0));
    assert((e->now != NULL) == ((d & NOW) != 0));
    assert(e->amount == 0 || (d & AMOUNT) != 0);
    assert(e->was_amount == 0 || (d & BEFORE) != 0);
    assert(e->until == NULL || (d & UNTIL) != 0);
    assert(e->reason != NULL || (d & REASON) == 0);
    assert((e->owner != 0) == ((d & OWN) != 0));
    assert((e->chapter != 0) == ((d & (OWN | ALL)) == 0));
}

/* The first `most` characters. */
static const char *
cut(struct arena *arena, const char *s, int most)
{
    size_t i = 0;

    if (s == NULL)
        return NULL;
    for (int n = 0; s[i] != '\0'; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80 && n++ == most)
            break;
    return arena_copy(arena, s, i);
}

static const int16_t *
level_of(struct arena *arena, enum role level)
{
    int16_t *copy = NEW(arena, int16_t);

    *copy = (int16_t)level;
    return copy;
}

fallible
audit(struct db *db, struct arena *arena, const struct audit_entry *e)
{
    const unsigned details = vocabulary[e->what].details;
    const int16_t role = (int16_t)e->role;
    struct rows rows;

    check(e, details);
    return q_audit_add(db, arena, e->chapter == 0 ? NULL : &e->chapter,
        e->owner == 0 ? NULL : &e->owner,
        e->by > 0              ? "person"
        : e->by == BY_OPERATOR ? "operator"
                               : "service",
        e->by > 0 ? &e->by : NULL, vocabulary[e->what].word, e->kind == NULL ? "chapter" : e->kind,
        e->object == 0 ? NULL : &e->object, cut(arena, e->title, TITLE_CHARS),
        e->about == 0 ? NULL : &e->about, cut(arena, e->other, TITLE_CHARS),
        role == ROLE_PUBLIC ? NULL : &role, e->was == NULL ? NULL : level_of(arena, e->was->read),
        e->was == NULL ? NULL : level_of(arena, e->was->write),
        e->now == NULL ? NULL : level_of(arena, e->now->read),
        e->now == NULL ? NULL : level_of(arena, e->now->write),
        (details & AMOUNT) == 0 ? NULL : &e->amount,
        (details & BEFORE) == 0 ? NULL : &e->was_amount, e->until,
        cut(arena, e->reason, REASON_CHARS), &rows);
}

const char *
audit_word(enum audit_what what)
{
    return vocabulary[what].word;
}

int
audit_find(const char *word)
{
    for (int i = 0; i < AUDIT_WHATS; i++)
        if (strcmp(vocabulary[i].word, word) == 0)
            return i;
    return -1;
}

enum audit_group
audit_group(enum audit_what what)
{
    return vocabulary[what].group;
}
