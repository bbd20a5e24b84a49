#include "ical/card.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/card_convert.h"
#include "tests/check.h"

#define HEAD3 "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Anna Müller\r\n"
#define HEAD4 "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Anna Müller\r\n"
#define N3    "N:Müller;Anna;;;\r\n"
#define TAIL  "END:VCARD\r\n"

static struct error *
read_card(struct arena *arena, const char *text, struct card *card)
{
    return card_read(arena, lang_find("en"), text, strlen(text), card);
}

/* The lines of a card, between those that all cards here have, as another version writes them. */
static const char *
converted(struct arena *arena, const char *head, const char *lines, int version)
{
    struct card card;
    struct buf out = buf_new(arena, 2 * CARD_SIZE);
    const char *want = version == 3 ? HEAD3 : HEAD4;

    if (!CHECK(read_card(arena, arena_printf(arena, "%s%s" TAIL, head, lines), &card) == NULL))
        return "";
    card_write(&out, &card, version, NULL, 0);
    const char *text = buf_string(&out);
    if (!CHECK(text_starts(text, want) && text_ends(text, TAIL)))
        return text;
    return arena_copy(arena, text + strlen(want), out.n - strlen(want) - strlen(TAIL));
}

/* ---------------------------------------------------------------- what is taken */

TEST(card_what_is_known_of_one)
{
    struct arena *arena = arena_new();
    struct card card;

    if (CHECK(read_card(arena, HEAD3 TAIL, &card) == NULL)) {
        CHECK_INT(card.version, 3);
        CHECK_TEXT(card.uid, "1");
        CHECK_TEXT(card.name, "Anna Müller");
        CHECK(!card.group);
    }
    CHECK(read_card(arena,
              "BEGIN:VCARD\nVERSION:4.0\nUID:a\\,b\nFN:  \nN:Müller;Anna\\, Dr.;;;\n" TAIL,
              &card) == NULL);
    CHECK_TEXT(card.uid, "a,b");
    CHECK_TEXT(card.name, "Anna, Dr. Müller");
    CHECK(read_card(arena, "BEGIN:VCARD\nVERSION:4.0\nUID:a\nFN:\nORG:Verein\\; e.V.;Büro\n" TAIL,
              &card) == NULL);
    CHECK_TEXT(card.name, "Verein; e.V.");
    arena_free(arena);
}

TEST(card_what_is_refused_and_why)
{
    static const struct {
        const char *text;
        const struct condition *why;
    } cases[] = {
        { "BEGIN:VCARD\nVERSION:2.1\nUID:1\nFN:a\n" TAIL, &CARD_UNSUPPORTED },
        { "BEGIN:VCARD\nVERSION:5.0\nUID:1\nFN:a\n" TAIL, &CARD_UNSUPPORTED },
        { "BEGIN:VCARD\nUID:1\nFN:a\n" TAIL, &CARD_MALFORMED },
        { "BEGIN:VCARD\nVERSION:3.0\nFN:a\n" TAIL, &CARD_MALFORMED },
        { "BEGIN:VCARD\nVERSION:3.0\nUID: \nFN:a\n" TAIL, &CARD_MALFORMED },
        { "BEGIN:VCARD\nVERSION:3.0\nUID:1\n" TAIL, &CARD_MALFORMED },
        { HEAD3 TAIL HEAD4 TAIL, &CARD_MALFORMED },
        { HEAD3 "BEGIN:VCARD\nEND:VCARD\n" TAIL, &CARD_TOO_MUCH },
        { "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", &CARD_MALFORMED },
        { HEAD3, &CARD_MALFORMED },
        { "", &CARD_MALFORMED },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct card card;
        struct error *e = read_card(arena, cases[i].text, &card);
        if (CHECK(e != NULL)) {
            CHECK_TEXT(e->cond->name, cases[i].why->name);
            CHECK(e->cond == cases[i].why && e->detail != NULL);
        }
    }
    arena_free(arena);
}

/* D23: as many properties as there may be, and one more; a picture that fills the card */
TEST(card_sizes)
{
    struct arena *arena = arena_new();
    struct buf text = buf_new(arena, CARD_SIZE);
    struct card card;

    buf_text(&text, HEAD3);
    for (int i = 0; i < 4997; i++)
        buf_text(&text, "EMAIL:a@example.org\r\n");
    CHECK(read_card(arena, arena_printf(arena, "%s" TAIL, buf_string(&text)), &card) == NULL);
    struct error *e =
        read_card(arena, arena_printf(arena, "%sNOTE:x\r\n" TAIL, buf_string(&text)), &card);
    CHECK(e != NULL && e->cond == &CARD_TOO_MUCH);

    char *photo = arena_alloc(arena, KB(900) + 1);
    memset(photo, 'A', KB(900));
    CHECK(read_card(arena, arena_printf(arena, HEAD3 "PHOTO;ENCODING=b:%s\r\n" TAIL, photo),
              &card) == NULL);
    arena_free(arena);
}

TEST(card_groups_of_both_kinds)
{
    static const char *const groups[] = {
        HEAD4 "KIND:group\r\nMEMBER:urn:uuid:a-1\r\nMEMBER:mailto:b@example.org\r\n" TAIL,
        HEAD3 N3 "X-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a-1\r\n"
                 "X-ADDRESSBOOKSERVER-MEMBER:mailto:b@example.org\r\n" TAIL,
    };
    struct arena *arena = arena_new();

    for (int i = 0; i < 2; i++) {
        struct card card;
        struct buf out = buf_new(arena, KB(4));
        const char *const *uid;
        if (!CHECK(read_card(arena, groups[i], &card) == NULL))
            continue;
        CHECK(card.group);
        CHECK_INT(card_members(arena, &card, &uid), 2);
        CHECK_TEXT(uid[0], "a-1");
        CHECK_TEXT(uid[1], "mailto:b@example.org");
        card_write(&out, &card, 7 - card.version, NULL, 0);
        CHECK(strstr(buf_string(&out), i == 0 ? "\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a-1\r"
                                              : "\nMEMBER:urn:uuid:a-1\r") != NULL);
        CHECK(strstr(buf_string(&out),
                  i == 0 ? "\nX-ADDRESSBOOKSERVER-KIND:group\r" : "\nKIND:group\r") != NULL);
    }
    arena_free(arena);
}

/* ---------------------------------------------------------------- from version to version */

/* Lines that stand for each other. */
static const struct {
    const char *in3, *in4;
} twins[] = {
    { "TEL;TYPE=home,voice,pref:+49 361 1\r\n", "TEL;TYPE=home,voice;PREF=1:+49 361 1\r\n" },
    { "EMAIL;TYPE=pref:a@example.org\r\n", "EMAIL;PREF=1:a@example.org\r\n" },
    { "BDAY:1990-04-15\r\n", "BDAY:19900415\r\n" },
    { "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\r\n", "BDAY:--0415\r\n" },
    { "BDAY;VALUE=date-time:1990-04-15T23:10:00Z\r\n", "BDAY:19900415T231000Z\r\n" },
    { "BDAY;VALUE=date-time:1990-04-15T23:10:00-06:30\r\n", "BDAY:19900415T231000-0630\r\n" },
    { "BDAY;VALUE=text:im Frühling\r\n", "BDAY;VALUE=text:im Frühling\r\n" },
    { "ANNIVERSARY:2015-06-01\r\n", "ANNIVERSARY:20150601\r\n" },
    { "REV:2026-11-21T12:00:00Z\r\n", "REV:20261121T120000Z\r\n" },
    { "TZ:-05:00\r\n", "TZ;VALUE=utc-offset:-0500\r\n" },
    { "TZ;VALUE=text:Europe/Berlin\r\n", "TZ:Europe/Berlin\r\n" },
    { "GEO:50.9787;11.0328\r\n", "GEO:geo:50.9787,11.0328\r\n" },
    { "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n", "PHOTO:data:image/jpeg;base64,/9j/4AAQ\r\n" },
    { "item1.PHOTO;X-ABCROP-RECTANGLE=a&1;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\n",
        "item1.PHOTO;X-ABCROP-RECTANGLE=a&1:data:image/png;base64,iVBORw0KGgo=\r\n" },
    { "LOGO;VALUE=uri;TYPE=GIF:https://example.org/a.gif\r\n",
        "LOGO;MEDIATYPE=image/gif:https://example.org/a.gif\r\n" },
    { "SOUND;ENCODING=b;TYPE=audio/x-own:AAAA\r\n", "SOUND:data:audio/x-own;base64,AAAA\r\n" },
    { "SOUND;ENCODING=b:AAAA\r\n", "SOUND:data:application/octet-stream;base64,AAAA\r\n" },
    { "KEY;ENCODING=b;TYPE=PGP:AAAA\r\n", "KEY:data:application/pgp-keys;base64,AAAA\r\n" },
    { "AGENT;VALUE=uri:urn:uuid:7\r\n", "RELATED;TYPE=agent:urn:uuid:7\r\n" },
    { "AGENT:BEGIN:VCARD\\nFN:B\\nEND:VCARD\\n\r\n",
        "RELATED;VALUE=text;TYPE=agent:BEGIN:VCARD\\nFN:B\\nEND:VCARD\\n\r\n" },
    { "ADR;TYPE=work:;;Anger 1;Erfurt;;99084;\r\nLABEL;TYPE=work:Anger 1\\n99084 Erfurt\r\n",
        "ADR;TYPE=work;LABEL=Anger 1^n99084 Erfurt:;;Anger 1;Erfurt;;99084;\r\n" },
    { "LABEL;TYPE=dom:Irgendwo\r\n", "LABEL;TYPE=dom:Irgendwo\r\n" },
    { "X-ADDRESSBOOKSERVER-KIND:group\r\n", "KIND:group\r\n" },
    { "item1.URL:https://example.org\r\nitem1.X-ABLabel:_$!<HomePage>!$_\r\n",
        "item1.URL:https://example.org\r\nitem1.X-ABLabel:_$!<HomePage>!$_\r\n" },
    { "CLASS:PRIVATE\r\nMAILER:x\r\nX-UNKNOWN;A=b:c\r\n",
        "CLASS:PRIVATE\r\nMAILER:x\r\nX-UNKNOWN;A=b:c\r\n" },
};

TEST(card_lines_of_3_and_4)
{
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        const char *in3 = arena_printf(arena, N3 "%s", twins[i].in3);
        const char *in4 = arena_printf(arena, N3 "%s", twins[i].in4);
        CHECK_TEXT(converted(arena, HEAD3, in3, 4), in4);
        CHECK_TEXT(converted(arena, HEAD4, in4, 3), in3);
    }
    arena_free(arena);
}

/* What 3.0 may write in several ways comes back as the usual one; what 4.0 alone has stays. */
TEST(card_lines_that_change_one_way)
{
    static const struct {
        int to;
        const char *from, *want;
    } cases[] = {
        { 4, "BDAY;VALUE=date:19900415\r\n", "BDAY:19900415\r\n" },
        { 4, "BDAY:--04-15\r\n", "BDAY:--0415\r\n" },
        { 4, "BDAY:gestern\r\n", "BDAY:gestern\r\n" },
        { 4, "PHOTO;BASE64:/9j/4A AQ\r\n", "PHOTO;TYPE=BASE64;VALUE=text:/9j/4A AQ\r\n" },
        { 4, "PHOTO;ENCODING=BASE64:/9j/4A\r\n  AQ\r\n",
            "PHOTO:data:image/jpeg;base64,/9j/4AAQ\r\n" },
        { 4, "PHOTO;ENCODING=b:???\r\n", "PHOTO;ENCODING=b:???\r\n" },
        { 4, "TEL;TYPE=\"voice,pref\":1\r\n", "TEL;TYPE=voice;PREF=1:1\r\n" },
        { 3, "TEL;VALUE=uri;TYPE=\"voice,home\":tel:+49-361;ext=5\r\n",
            "TEL;TYPE=voice,home:+49-361\\;ext=5\r\n" },
        { 3, "TEL;PREF=2:1\r\n", "TEL;PREF=2:1\r\n" },
        { 3, "GENDER:F\r\nLANG;PREF=1:de\r\n", "GENDER:F\r\nLANG;TYPE=pref:de\r\n" },
        { 3, "RELATED;TYPE=friend:urn:uuid:7\r\n", "RELATED;TYPE=friend:urn:uuid:7\r\n" },
        { 3, "BDAY:1990-04\r\nTZ;VALUE=uri:https://example.org\r\n",
            "BDAY:1990-04\r\nTZ;VALUE=uri:https://example.org\r\n" },
        { 3, "PHOTO:data:image/svg+xml,%3Csvg/%3E\r\n",
            "PHOTO;VALUE=uri:data:image/svg+xml,%3Csvg/%3E\r\n" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(converted(arena, cases[i].to == 4 ? HEAD3 : HEAD4,
                       arena_printf(arena, N3 "%s", cases[i].from), cases[i].to),
            arena_printf(arena, N3 "%s", cases[i].want));
    arena_free(arena);
}

TEST(card_names_that_are_sorted_and_missing)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(converted(arena, HEAD3, "N:van Beek;Anna;;;\r\nSORT-STRING:Beek\\, van\r\n", 4),
        "N;SORT-AS=\"Beek, van\":van Beek;Anna;;;\r\n");
    CHECK_TEXT(converted(arena, HEAD4, "N;SORT-AS=\"Beek, van\":van Beek;Anna;;;\r\n", 3),
        "N:van Beek;Anna;;;\r\nSORT-STRING:Beek\\, van\r\n");
    CHECK_TEXT(converted(arena, HEAD4, "NOTE:x\r\n", 3), "NOTE:x\r\nN:Anna Müller;;;;\r\n");
    CHECK_TEXT(converted(arena, HEAD3, "NOTE:x\r\n", 4), "NOTE:x\r\n");
    arena_free(arena);
}

/* RFC 6352, 10.4: properties that are asked for, in the version that is */
TEST(card_choices)
{
    static const struct ical_wanted choices[] = { { "TEL", true }, { "KIND", false } };
    struct arena *arena = arena_new();
    struct buf same = buf_new(arena, KB(4)), other = buf_new(arena, KB(4)),
               whole = buf_new(arena, KB(4));
    const char *text = "BEGIN:VCARD\nVERSION:3.0\nUID:1\nitem1.TEL;type=home:1\nFN:a\n"
                       "X-ADDRESSBOOKSERVER-KIND:group\nEND:VCARD\n";
    struct card card;

    if (CHECK(read_card(arena, text, &card) == NULL)) {
        card_write(&same, &card, 3, choices, 2);
        CHECK_TEXT(
            buf_string(&same), "BEGIN:VCARD\r\nVERSION:3.0\r\nitem1.TEL;TYPE=home:\r\n" TAIL);
        card_write(&other, &card, 4, choices, 2);
        CHECK_TEXT(buf_string(&other),
            "BEGIN:VCARD\r\nVERSION:4.0\r\nitem1.TEL;TYPE=home:\r\nKIND:group\r\n" TAIL);
        card_write(&whole, &card, 3, NULL, 0);
        CHECK_TEXT(buf_string(&whole), text);
    }
    arena_free(arena);
}
