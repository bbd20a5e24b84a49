#include <string.h>

#include "html/lang.h"
#include "ical/object.h"
#include "ical/split.h"
#include "tests/fuzz/fuzz.h"

/* A piece stands for itself: split once more it is one, with the same UID; and so is it when it
 * sends nothing. */
static void
check_piece(struct arena *arena, const struct ical_piece *piece)
{
    struct ical_component *calendar, *other;
    struct ical_pieces again;
    size_t n, twice;

    MUST(ical_split(arena, piece->bytes, piece->n, &again) == NULL && again.n == 1);
    MUST(strcmp(again.p[0].uid, piece->uid) == 0);
    const char *silent = ical_split_silent(arena, piece->bytes, piece->n, &n);
    const char *still = ical_split_silent(arena, silent, n, &twice);
    MUST(twice == n && memcmp(silent, still, n) == 0);
    if (ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, piece->bytes, piece->n,
            &calendar) == NULL)
        MUST(ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, silent, n, &other) ==
             NULL);
    ical_split_numbered(arena, piece, &n);
    MUST(n > 0);
}

/* Whatever file there is, it is refused or gives pieces, each UID once and in the order of the
 * file. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct ical_pieces pieces;

    if (memchr(data, '\0', n) != NULL) /* the caller takes text alone */
        return;
    if (ical_split(arena, (const char *)data, n, &pieces) != NULL)
        return;
    MUST(pieces.n <= SPLIT_ENTRIES_MOST);
    for (int i = 0; i < pieces.n && i < 20; i++) {
        MUST(i == 0 || pieces.p[i].line > pieces.p[i - 1].line);
        for (int k = 0; k < i; k++)
            MUST(strcmp(pieces.p[i].uid, pieces.p[k].uid) != 0);
        check_piece(arena, &pieces.p[i]);
    }
}
