#include "modules/audit/entries.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "db/db.h"
#include "html/lang.h"

static const struct {
    const char *word, *title;
} groups[] = {
    [AUDIT_OF_RIGHTS] = { "rights", N_("Roles and rights") },
    [AUDIT_OF_CHAPTER] = { "chapter", N_("The chapter and its people") },
    [AUDIT_OF_CONTENTS] = { "contents", N_("Folders deleted, exports") },
    [AUDIT_OF_OPERATION] = { "operation", N_("Operation and state admins") },
};

const char *
audit_group_word(enum audit_group group)
{
    return group < COUNT_OF(groups) ? groups[group].word : NULL;
}

const char *
audit_group_title(enum audit_group group)
{
    return group < COUNT_OF(groups) ? groups[group].title : NULL;
}

enum audit_group
audit_group_find(const char *word)
{
    for (size_t i = AUDIT_OF_RIGHTS; i < COUNT_OF(groups); i++)
        if (strcmp(groups[i].word, word) == 0)
            return (enum audit_group)i;
    return 0;
}

fallible
audit_read(struct db *db, struct arena *arena, int64_t chapter, const struct audit_filter *f,
    const char *zone, int most, struct audit_entries *found)
{
    const char **word = NEW_ARRAY(arena, const char *, AUDIT_WHATS);
    struct rows rows;
    int n = 0;

    for (int i = 0; f->group != 0 && i < AUDIT_WHATS; i++)
        if (audit_group((enum audit_what)i) == f->group)
            word[n++] = audit_word((enum audit_what)i);
    TRY(q_audit_of_chapter(db, arena, chapter, f->before, (struct texts){ word, n }, f->since,
        f->till, zone, most + 1, &rows));

    struct audit_of_chapter_row *entry =
        NEW_ARRAY(arena, struct audit_of_chapter_row, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++)
        entry[i] = audit_of_chapter_row(&rows, i);
    *found = (struct audit_entries){ entry, rows.n > most ? most : rows.n, rows.n > most };
    return NULL;
}
