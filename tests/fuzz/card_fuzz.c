#include <string.h>

#include "base/buf.h"
#include "html/lang.h"
#include "ical/card_convert.h"
#include "tests/fuzz/fuzz.h"

/* The card in that version; what comes out must be a card again. */
static struct card
turned(struct arena *arena, const struct card *card, int version)
{
    struct buf out = buf_new(arena, 64 * card->n + 4096);
    struct card turned;

    card_write(&out, card, version, NULL, 0);
    MUST(!out.over);
    MUST(card_read(arena, lang_find("en"), buf_string(&out), out.n, &turned) == NULL);
    MUST(turned.version == version && strcmp(turned.uid, card->uid) == 0);
    return turned;
}

/* Whatever card there is, it is read or refused; both versions of it are cards, a 3.0 comes back
 * with as many properties, and what came back once comes back again as it is. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *const *members;
    struct card card;

    if (card_read(arena, lang_find("en"), (const char *)data, n, &card) != NULL)
        return;
    MUST(card_members(arena, &card, &members) <= card.vcard->n_lines);
    struct card other = turned(arena, &card, 7 - card.version);
    struct card back = turned(arena, &other, card.version);
    MUST(strcmp(back.name, card.name) == 0 && back.group == card.group);
    if (card.version == 3 &&
        ical_find_next(card.vcard, "VERSION", ical_find(card.vcard, "VERSION")) == NULL)
        MUST(back.vcard->n_lines >= card.vcard->n_lines);
    struct card again = turned(arena, &back, 7 - card.version);
    struct card last = turned(arena, &again, card.version);
    MUST(last.vcard->n_lines == back.vcard->n_lines);
}
