#include "ical/card_fields.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "html/lang.h"
#include "ical/card_csv.h"
#include "tests/check.h"

#define NOW INT64_C(1795262400000000) /* 2026-11-21T12:00:00Z */

static bool
read_card(struct arena *arena, const char *text, struct card *card)
{
    return CHECK(card_read(arena, lang_find("en"), text, strlen(text), card) == NULL);
}

static const char *
changed(struct arena *arena, const char *text, enum card_field field, const char *value)
{
    struct buf out = buf_new(arena, CARD_SIZE);
    struct card_fields fields;
    struct card card;

    if (!read_card(arena, text, &card))
        return "";
    card_fields_read(arena, &card, &fields);
    fields.value[field] = value;
    card_fields_change(&out, &card, &fields, NOW);
    return buf_string(&out);
}

static const char SENT[] =
    "BEGIN:VCARD\nVERSION:3.0\nUID:1\nN:Müller;Anna;B.,C.;Dr.;\nFN:Dr. Anna Müller\n"
    "ORG:Zeitung\\; GmbH;Lokales\nitem1.EMAIL;type=INTERNET:a@example.org\n"
    "item1.X-ABLabel:Redaktion\nEMAIL:b@example.org\nTEL;type=CELL:+49 170 1\n"
    "TEL;type=WORK;type=FAX:+49 361 9\nTEL;type=WORK:+49 361 1\nTEL;type=HOME:2\nTEL:3\n"
    "ADR;TYPE=work:PF 1;;Anger 1;Erfurt;;99084;\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\n"
    "CATEGORIES:Presse,Funk\nNOTE:a\\nb\nX-OWN;a=b:c\nPHOTO;ENCODING=b:AAAA\n\t AAAA\n"
    "REV:2020-01-01T00:00:00Z\nEND:VCARD\n";

TEST(card_fields_of_a_card)
{
    static const struct {
        enum card_field field;
        const char *value;
    } want[] = {
        { CARD_FAMILY, "Müller" },
        { CARD_MIDDLE, "B.,C." },
        { CARD_ORG, "Zeitung; GmbH" },
        { CARD_UNIT, "Lokales" },
        { CARD_EMAIL, "a@example.org" },
        { CARD_EMAIL_2, "b@example.org" },
        { CARD_EMAIL_3, "" },
        { CARD_MOBILE, "+49 170 1" },
        { CARD_FAX, "+49 361 9" },
        { CARD_WORK_PHONE, "+49 361 1" },
        { CARD_HOME_PHONE, "2" },
        { CARD_OTHER_PHONE, "3" },
        { CARD_WORK_STREET, "Anger 1" },
        { CARD_WORK_CODE, "99084" },
        { CARD_HOME_CITY, "" },
        { CARD_BIRTHDAY, "--04-15" },
        { CARD_CATEGORIES, "Presse,Funk" },
        { CARD_NOTE, "a\nb" },
    };
    struct arena *arena = arena_new();
    struct card_fields fields;
    struct card card;

    if (read_card(arena, SENT, &card)) {
        card_fields_read(arena, &card, &fields);
        for (size_t i = 0; i < COUNT_OF(want); i++)
            CHECK_TEXT(fields.value[want[i].field], want[i].value);
        CHECK_TEXT(card_fields_name(arena, &fields), "Dr. Anna Müller");
    }
    arena_free(arena);
}

/* One line changes, and the REV; everything else is byte for byte what it was. */
TEST(card_fields_change_their_line_only)
{
    static const struct {
        enum card_field field;
        const char *value, *old, *new; /* the line; NULL: none */
    } cases[] = {
        { CARD_EMAIL, "neu@example.org", "item1.EMAIL;type=INTERNET:a@example.org\n",
            "item1.EMAIL;TYPE=INTERNET:neu@example.org\r\n" },
        { CARD_EMAIL, "", "item1.EMAIL;type=INTERNET:a@example.org\nitem1.X-ABLabel:Redaktion\n",
            NULL },
        { CARD_UNIT, "Kultur", "ORG:Zeitung\\; GmbH;Lokales\n", "ORG:Zeitung\\; GmbH;Kultur\r\n" },
        { CARD_WORK_CITY, "Jena, Nord", "ADR;TYPE=work:PF 1;;Anger 1;Erfurt;;99084;\n",
            "ADR;TYPE=work:PF 1;;Anger 1;Jena\\, Nord;;99084;\r\n" },
        { CARD_BIRTHDAY, "1990-04-15", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\n",
            "BDAY:1990-04-15\r\n" },
        { CARD_BIRTHDAY, "im Mai", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\n",
            "BDAY;VALUE=text:im Mai\r\n" },
        { CARD_CATEGORIES, " Presse , Rund;funk,,\n", "CATEGORIES:Presse,Funk\n",
            "CATEGORIES:Presse,Rund\\;funk\r\n" },
        { CARD_NOTE, "", "NOTE:a\\nb\n", NULL },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *at = strstr(SENT, cases[i].old), *rev = strstr(SENT, "REV:");
        const char *behind = at + strlen(cases[i].old);
        CHECK_TEXT(changed(arena, SENT, cases[i].field, cases[i].value),
            arena_printf(arena,
                "BEGIN:VCARD\r\n%.*s%s%.*sREV:2026-11-21T12:00:00Z\r\nEND:VCARD\r\n",
                (int)(at - SENT - 12), SENT + 12, cases[i].new == NULL ? "" : cases[i].new,
                (int)(rev - behind), behind));
    }
    arena_free(arena);
}

TEST(card_names_follow_what_they_were_made_of)
{
    static const char text[] = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Anna "
                               "Müller\r\nN:Müller;Anna;;;\r\nEND:VCARD\r\n";
    struct arena *arena = arena_new();

    CHECK(strstr(changed(arena, text, CARD_FAMILY, "Maier"), "FN:Anna Maier\r\n") != NULL);
    CHECK(strstr(changed(arena, text, CARD_DISPLAY, "Änne"), "FN:Änne\r\nN:Müller;Anna") != NULL);
    CHECK(strstr(changed(arena, text, CARD_BIRTHDAY, "--04-15"),
              "BDAY:--0415\r\nREV:20261121T120000Z\r\n") != NULL);
    arena_free(arena);
}

/* Whatever is typed, it stays in its value. */
TEST(card_fields_cannot_add_lines)
{
    static const char evil[] = "x\r\nEND:VCARD\r\nBEGIN:VCARD\rUID:2\nX-EVIL:1";
    struct arena *arena = arena_new();
    struct card_fields fields, back;
    struct card card;

    for (int i = 0; i < CARD_FIELDS; i++)
        fields.value[i] = evil;
    struct buf out = buf_new(arena, CARD_SIZE);
    card_fields_new(&out, "u", &fields, NOW);
    if (read_card(arena, buf_string(&out), &card)) {
        CHECK_TEXT(card.uid, "u");
        CHECK(ical_find(card.vcard, "X-EVIL") == NULL && strstr(buf_string(&out), "\rUID") == NULL);
        card_fields_read(arena, &card, &back);
        CHECK_TEXT(back.value[CARD_NOTE], "x\nEND:VCARD\nBEGIN:VCARD\nUID:2\nX-EVIL:1");
        CHECK_INT(card.vcard->n_lines, 3 + 19);
    }
    arena_free(arena);
}

/* ---------------------------------------------------------------- tables */

static bool
read_csv(struct arena *arena, const char *text, struct card_csv *csv)
{
    return CHECK(card_csv_read(arena, lang_find("en"), text, strlen(text), csv) == NULL);
}

TEST(csv_comes_back_as_it_was)
{
    static const char *const values[] = { "plain", "=1+1", "+49 361 (0) 1", "+1|cmd", "-2+3", "@a",
        "'=x", "''", "'+49 1", "\tx", "a,b;c\td", "\"q\"", "two\nlines", "a\r\nb", " x ", "Müller",
        "\xf0\x9f\x8c\xb9", "-", "+" };
    struct arena *arena = arena_new();
    struct buf out = buf_new(arena, CARD_SIZE);
    struct card_fields fields = { 0 };
    struct card_csv csv;

    card_csv_head(&out);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        for (int f = 0; f < CARD_FIELDS; f++) {
            fields.value[f] = values[(i + (size_t)f) % COUNT_OF(values)];
            if (f == CARD_FIELDS - 1)
                card_csv_row(&out, &fields);
        }
    CHECK(strstr(buf_string(&out), ",\"'=1+1\",") != NULL);
    CHECK(strstr(buf_string(&out), ",\"+49 361 (0) 1\",") != NULL);
    CHECK(strstr(buf_string(&out), "\"=") == NULL && strstr(buf_string(&out), "\"@") == NULL);
    if (read_csv(arena, buf_string(&out), &csv) && CHECK_INT(csv.n, COUNT_OF(values)))
        for (int i = 0; i < csv.n; i++)
            for (int f = 0; f < CARD_FIELDS; f++)
                CHECK_TEXT(csv.row[i].value[f], values[(i + f) % (int)COUNT_OF(values)]);
    arena_free(arena);
}

TEST(csv_of_other_programs)
{
    struct arena *arena = arena_new();
    struct card_csv csv;

    /* Excel in German: semicolons, Windows-1252 */
    if (read_csv(arena,
            "sep=;\r\nVorname;Nachname;Stra\xdf"
            "e;Ort;Partei;Geburtsdatum\r\n"
            "J\xfcrgen;\"M\xf6"
            "ller; Dr.\";\x80 1;Jena;x;5.4.1990\r\n;;;;;\r\n",
            &csv) &&
        CHECK_INT(csv.n, 1)) {
        CHECK_TEXT(csv.row[0].value[CARD_GIVEN], "Jürgen");
        CHECK_TEXT(csv.row[0].value[CARD_FAMILY], "Möller; Dr.");
        CHECK_TEXT(csv.row[0].value[CARD_HOME_STREET], "€ 1");
        CHECK_TEXT(csv.row[0].value[CARD_BIRTHDAY], "1990-04-05");
        CHECK_INT(csv.n_ignored, 1);
        CHECK_TEXT(csv.ignored[0], "Partei");
    }
    /* Thunderbird: a birthday in three columns */
    if (read_csv(arena,
            "First Name,Last Name,Birth Year,Birth Month,Birth Day,Custom 1\n"
            "Anna,B,1990,4,15,\nC,,,12,1,",
            &csv) &&
        CHECK_INT(csv.n, 2)) {
        CHECK_TEXT(csv.row[0].value[CARD_BIRTHDAY], "1990-04-15");
        CHECK_TEXT(csv.row[1].value[CARD_BIRTHDAY], "--12-01");
        CHECK_INT(csv.n_ignored, 0);
    }
    /* Outlook; lines end in CR alone; a quotation mark that is not closed */
    if (read_csv(arena, "Title,First Name,E-mail Address\rFrau,Anna,\"a@example.org", &csv) &&
        CHECK_INT(csv.n, 1))
        CHECK_TEXT(csv.row[0].value[CARD_EMAIL], "a@example.org");
    arena_free(arena);
}

TEST(csv_that_is_refused)
{
    struct arena *arena = arena_new();
    struct card_csv csv;

    CHECK(card_csv_read(arena, lang_find("en"), "", 0, &csv) != NULL);
    CHECK(card_csv_read(arena, lang_find("en"), "a,b\nc,d\n", 8, &csv) != NULL);
    CHECK(card_csv_read(arena, lang_find("en"), "N\0a\0", 4, &csv) != NULL);
    CHECK(card_csv_read(arena, lang_find("en"), "Name\n\x01\n", 7, &csv) != NULL);
    struct buf many = buf_new(arena, MB(1));
    buf_text(&many, "Name\n");
    for (int i = 0; i < CSV_ROWS; i++)
        buf_text(&many, "a\n");
    CHECK(card_csv_read(arena, lang_find("en"), buf_string(&many), many.n, &csv) == NULL);
    buf_text(&many, "a\n");
    CHECK(card_csv_read(arena, lang_find("en"), buf_string(&many), many.n, &csv) != NULL);
    arena_free(arena);
}
