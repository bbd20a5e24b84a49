#include "ical/match.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

const char *const ical_collations[COLLATIONS] = {
    [COLLATION_ASCII] = "i;ascii-casemap",
    [COLLATION_OCTET] = "i;octet",
    [COLLATION_UNICODE] = "i;unicode-casemap",
};

bool
ical_collation_find(const char *name, enum ical_collation *collation)
{
    for (int i = 0; i < COLLATIONS; i++)
        if (strcmp(ical_collations[i], name) == 0) {
            *collation = (enum ical_collation)i;
            return true;
        }
    return false;
}

const char *
ical_match_text(struct arena *arena, enum ical_collation collation, const char *text)
{
    return collation == COLLATION_OCTET   ? text
           : collation == COLLATION_ASCII ? text_casemap_ascii(arena, text)
                                          : text_casemap(arena, text);
}

bool
ical_match_finds(struct arena *arena, const struct ical_match *m, const char *text)
{
    size_t mark = arena_mark(arena);
    const char *mapped = ical_match_text(arena, m->collation, text);
    bool found = false;

    switch (m->how) {
    case MATCH_CONTAINS:
        found = strstr(mapped, m->text) != NULL;
        break;
    case MATCH_EQUALS:
        found = strcmp(mapped, m->text) == 0;
        break;
    case MATCH_STARTS:
        found = text_starts(mapped, m->text);
        break;
    case MATCH_ENDS:
        found = text_ends(mapped, m->text);
        break;
    }
    arena_rewind(arena, mark);
    return found;
}
