#include <string.h>

#include "base/buf.h"
#include "html/lang.h"
#include "ical/card_csv.h"
#include "tests/fuzz/fuzz.h"

static bool
same(const struct card_fields *a, const struct card_fields *b)
{
    for (int i = 0; i < CARD_FIELDS; i++)
        if (strcmp(a->value[i], b->value[i]) != 0)
            return false;
    return true;
}

/* A row as a card, which can be read and changed again. */
static void
check_card(struct arena *arena, const struct card_fields *row)
{
    struct buf made = buf_new(arena, 2 * CARD_SIZE), changed = buf_new(arena, 2 * CARD_SIZE);
    struct card_fields fields;
    struct card card, again;

    card_fields_new(&made, "u", row, 0);
    MUST(card_read(arena, lang_find("en"), buf_string(&made), made.n, &card) == NULL);
    card_fields_read(arena, &card, &fields);
    card_fields_change(&changed, &card, &fields, 0);
    MUST(card_read(arena, lang_find("en"), buf_string(&changed), changed.n, &again) == NULL);
    MUST(strcmp(buf_string(&made), buf_string(&changed)) == 0);
}

/* Whatever table there is, it is read or refused; what was read is written and read as the same,
 * holds no formula, and makes cards. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, 64 * n + 4096);
    struct card_csv csv, back;

    if (card_csv_read(arena, lang_find("en"), (const char *)data, n, &csv) != NULL)
        return;
    MUST(csv.n <= CSV_ROWS && csv.n_ignored <= CSV_COLUMNS);
    card_csv_head(&out);
    for (int i = 0; i < csv.n; i++) {
        card_csv_row(&out, &csv.row[i]);
        if (i < 20)
            check_card(arena, &csv.row[i]);
    }
    MUST(!out.over && strstr(buf_string(&out), ",\"=") == NULL);
    MUST(card_csv_read(arena, lang_find("en"), buf_string(&out), out.n, &back) == NULL);
    MUST(back.n == csv.n);
    for (int i = 0; i < csv.n; i++)
        MUST(same(&csv.row[i], &back.row[i]));
}
