#include "ical/card_csv.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "html/lang.h"

static const char MARK[] = "\xef\xbb\xbf";

/* Columns that say a part of a field; they follow the fields. */
enum { BIRTH_YEAR = CARD_FIELDS, BIRTH_MONTH, BIRTH_DAY, COLUMNS };

/* ---------------------------------------------------------------- names of columns */

/* By what name a field is written: as Thunderbird has it. */
static const char *const names[CARD_FIELDS] = {
    [CARD_PREFIX] = "Name Prefix",
    [CARD_GIVEN] = "First Name",
    [CARD_MIDDLE] = "Middle Name",
    [CARD_FAMILY] = "Last Name",
    [CARD_SUFFIX] = "Name Suffix",
    [CARD_DISPLAY] = "Display Name",
    [CARD_NICKNAME] = "Nickname",
    [CARD_ORG] = "Organization",
    [CARD_UNIT] = "Department",
    [CARD_TITLE] = "Job Title",
    [CARD_EMAIL] = "Primary Email",
    [CARD_EMAIL_2] = "Secondary Email",
    [CARD_EMAIL_3] = "Third Email",
    [CARD_MOBILE] = "Mobile Number",
    [CARD_WORK_PHONE] = "Work Phone",
    [CARD_HOME_PHONE] = "Home Phone",
    [CARD_FAX] = "Fax Number",
    [CARD_OTHER_PHONE] = "Other Phone",
    [CARD_WORK_STREET] = "Work Address",
    [CARD_WORK_CITY] = "Work City",
    [CARD_WORK_REGION] = "Work State",
    [CARD_WORK_CODE] = "Work ZipCode",
    [CARD_WORK_COUNTRY] = "Work Country",
    [CARD_HOME_STREET] = "Home Address",
    [CARD_HOME_CITY] = "Home City",
    [CARD_HOME_REGION] = "Home State",
    [CARD_HOME_CODE] = "Home ZipCode",
    [CARD_HOME_COUNTRY] = "Home Country",
    [CARD_URL] = "Web Page 1",
    [CARD_BIRTHDAY] = "Birthday",
    [CARD_CATEGORIES] = "Categories",
    [CARD_NOTE] = "Notes",
};

/* Other names that programs have for them: Outlook, Google, Thunderbird and Excel in German. */
static const struct alias {
    const char *name;
    int column;
} aliases[] = {
    { "Given Name", CARD_GIVEN },
    { "Vorname", CARD_GIVEN },
    { "Additional Name", CARD_MIDDLE },
    { "Weitere Vornamen", CARD_MIDDLE },
    { "Zweiter Vorname", CARD_MIDDLE },
    { "Family Name", CARD_FAMILY },
    { "Surname", CARD_FAMILY },
    { "Nachname", CARD_FAMILY },
    { "Familienname", CARD_FAMILY },
    { "Title", CARD_PREFIX },
    { "Anrede", CARD_PREFIX },
    { "Titel", CARD_PREFIX },
    { "Suffix", CARD_SUFFIX },
    { "Name", CARD_DISPLAY },
    { "Full Name", CARD_DISPLAY },
    { "File As", CARD_DISPLAY },
    { "Anzeigename", CARD_DISPLAY },
    { "Spitzname", CARD_NICKNAME },
    { "Company", CARD_ORG },
    { "Organization Name", CARD_ORG },
    { "Organization 1 - Name", CARD_ORG },
    { "Organisation", CARD_ORG },
    { "Firma", CARD_ORG },
    { "Verein", CARD_ORG },
    { "Organization Department", CARD_UNIT },
    { "Abteilung", CARD_UNIT },
    { "Organization Title", CARD_TITLE },
    { "Organization 1 - Title", CARD_TITLE },
    { "Position", CARD_TITLE },
    { "Funktion", CARD_TITLE },
    { "Email", CARD_EMAIL },
    { "E-mail", CARD_EMAIL },
    { "E-mail Address", CARD_EMAIL },
    { "Email Address", CARD_EMAIL },
    { "E-mail 1 - Value", CARD_EMAIL },
    { "E-Mail-Adresse", CARD_EMAIL },
    { "Primäre E-Mail-Adresse", CARD_EMAIL },
    { "E-mail 2 Address", CARD_EMAIL_2 },
    { "E-mail 2 - Value", CARD_EMAIL_2 },
    { "E-Mail 2: Adresse", CARD_EMAIL_2 },
    { "Sekundäre E-Mail-Adresse", CARD_EMAIL_2 },
    { "E-mail 3 Address", CARD_EMAIL_3 },
    { "E-mail 3 - Value", CARD_EMAIL_3 },
    { "E-Mail 3: Adresse", CARD_EMAIL_3 },
    { "Mobile Phone", CARD_MOBILE },
    { "Mobile", CARD_MOBILE },
    { "Mobil", CARD_MOBILE },
    { "Handy", CARD_MOBILE },
    { "Mobiltelefon", CARD_MOBILE },
    { "Business Phone", CARD_WORK_PHONE },
    { "Telefon geschäftlich", CARD_WORK_PHONE },
    { "Telefon dienstlich", CARD_WORK_PHONE },
    { "Dienstlich", CARD_WORK_PHONE },
    { "Telefon privat", CARD_HOME_PHONE },
    { "Telefon (privat)", CARD_HOME_PHONE },
    { "Privat", CARD_HOME_PHONE },
    { "Business Fax", CARD_FAX },
    { "Fax", CARD_FAX },
    { "Fax geschäftlich", CARD_FAX },
    { "Phone", CARD_OTHER_PHONE },
    { "Telephone", CARD_OTHER_PHONE },
    { "Telefon", CARD_OTHER_PHONE },
    { "Phone 1 - Value", CARD_OTHER_PHONE },
    { "Business Street", CARD_WORK_STREET },
    { "Straße geschäftlich", CARD_WORK_STREET },
    { "Business City", CARD_WORK_CITY },
    { "Ort geschäftlich", CARD_WORK_CITY },
    { "Business State", CARD_WORK_REGION },
    { "Business Postal Code", CARD_WORK_CODE },
    { "Postleitzahl geschäftlich", CARD_WORK_CODE },
    { "Business Country/Region", CARD_WORK_COUNTRY },
    { "Business Country", CARD_WORK_COUNTRY },
    { "Land/Region geschäftlich", CARD_WORK_COUNTRY },
    { "Home Street", CARD_HOME_STREET },
    { "Address 1 - Street", CARD_HOME_STREET },
    { "Street", CARD_HOME_STREET },
    { "Straße", CARD_HOME_STREET },
    { "Straße privat", CARD_HOME_STREET },
    { "Address 1 - City", CARD_HOME_CITY },
    { "City", CARD_HOME_CITY },
    { "Ort", CARD_HOME_CITY },
    { "Stadt", CARD_HOME_CITY },
    { "Ort privat", CARD_HOME_CITY },
    { "Address 1 - Region", CARD_HOME_REGION },
    { "Bundesland", CARD_HOME_REGION },
    { "Home Postal Code", CARD_HOME_CODE },
    { "Address 1 - Postal Code", CARD_HOME_CODE },
    { "PLZ", CARD_HOME_CODE },
    { "Postleitzahl", CARD_HOME_CODE },
    { "Postleitzahl privat", CARD_HOME_CODE },
    { "Home Country/Region", CARD_HOME_COUNTRY },
    { "Address 1 - Country", CARD_HOME_COUNTRY },
    { "Country", CARD_HOME_COUNTRY },
    { "Land", CARD_HOME_COUNTRY },
    { "Web Page", CARD_URL },
    { "Website", CARD_URL },
    { "Website 1 - Value", CARD_URL },
    { "Webseite", CARD_URL },
    { "Webseite 1", CARD_URL },
    { "Geburtstag", CARD_BIRTHDAY },
    { "Geburtsdatum", CARD_BIRTHDAY },
    { "Labels", CARD_CATEGORIES },
    { "Group Membership", CARD_CATEGORIES },
    { "Kategorien", CARD_CATEGORIES },
    { "Note", CARD_NOTE },
    { "Notiz", CARD_NOTE },
    { "Notizen", CARD_NOTE },
    { "Bemerkung", CARD_NOTE },
    { "Birth Year", BIRTH_YEAR },
    { "Geburtsjahr", BIRTH_YEAR },
    { "Birth Month", BIRTH_MONTH },
    { "Geburtsmonat", BIRTH_MONTH },
    { "Birth Day", BIRTH_DAY },
    { "Geburtstag (Tag)", BIRTH_DAY },
};

/* -1: not known */
static int
column_of(const char *name)
{
    for (int i = 0; i < CARD_FIELDS; i++)
        if (text_same_nocase(names[i], name))
            return i;
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (text_same_nocase(aliases[i].name, name))
            return aliases[i].column;
    return -1;
}

/* ---------------------------------------------------------------- writing */

/* Where it would begin to count, behind apostrophes that are its own; NULL: it would not. */
static const char *
formula(const char *value)
{
    const char *p = value + strspn(value, "'");

    return *p != '\0' && strchr("=+-@\t\r", *p) != NULL ? p : NULL;
}

/* "+49 (361) 12-34": a spreadsheet makes at most another number of it. */
static bool
is_phone(const char *value)
{
    return *value == '+' && value[1] != '\0' &&
           value[1 + strspn(value + 1, "0123456789 ()/.-")] == '\0';
}

static void
put_value(struct buf *to, const char *value)
{
    bool escaped = formula(value) != NULL && !is_phone(value);

    buf_char(to, '"');
    if (escaped)
        buf_char(to, '\'');
    for (size_t n; *value != '\0'; value += n) {
        n = strcspn(value, "\"");
        buf_add(to, value, n);
        if (value[n] == '"') {
            buf_text(to, "\"\"");
            n++;
        }
    }
    buf_char(to, '"');
}

void
card_csv_head(struct buf *to)
{
    buf_text(to, MARK);
    for (int i = 0; i < CARD_FIELDS; i++) {
        if (i > 0)
            buf_char(to, ',');
        buf_text(to, names[i]);
    }
    buf_text(to, "\r\n");
}

void
card_csv_row(struct buf *to, const struct card_fields *fields)
{
    for (int i = 0; i < CARD_FIELDS; i++) {
        const char *value = fields->value[i];
        if (i > 0)
            buf_char(to, ',');
        if (value != NULL && *value != '\0')
            put_value(to, value);
    }
    buf_text(to, "\r\n");
}

/* ---------------------------------------------------------------- letters */

/* Windows-1252 as UTF-8: what spreadsheets in German still write. */
static const char *
from_windows(struct arena *arena, const char *bytes, size_t n)
{
    static const char *const above[32] = { "€", "?", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š",
        "‹", "Œ", "?", "Ž", "?", "?", "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ",
        "?", "ž", "Ÿ" };
    struct buf text = buf_new(arena, 3 * n + 1);

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x80) {
            buf_char(&text, (char)c);
        } else if (c < 0xa0) {
            buf_text(&text, above[c - 0x80]);
        } else {
            buf_char(&text, (char)(0xc0 | c >> 6));
            buf_char(&text, (char)(0x80 | (c & 0x3f)));
        }
    }
    return buf_string(&text);
}

/* ---------------------------------------------------------------- reading */

struct reading {
    struct arena *arena;
    const char *p;
    char between;
    const char *cell[CSV_COLUMNS];
    int n;
};

/* What stands most often between the names of the columns. */
static char
separator(const char *text)
{
    static const char known[] = ",;\t";
    int counts[3] = { 0 };
    int most = 0;

    for (bool quoted = false; *text != '\0' && (quoted || (*text != '\n' && *text != '\r'));
         text++) {
        const char *which = strchr(known, *text);
        if (*text == '"')
            quoted = !quoted;
        else if (!quoted && which != NULL)
            counts[which - known]++;
    }
    for (int i = 1; i < 3; i++)
        if (counts[i] > counts[most])
            most = i;
    return known[most];
}

/* A value, up to what separates it from the next; what stands behind a quotation mark that ends
 * it belongs to it, too. */
static const char *
next_cell(struct reading *r)
{
    struct buf cell = buf_new(r->arena, CARD_SIZE);
    bool quoted = *r->p == '"';

    for (r->p += quoted; *r->p != '\0'; r->p++) {
        if (quoted && *r->p == '"' && r->p[1] == '"')
            r->p++;
        else if (quoted && *r->p == '"') {
            quoted = false;
            continue;
        } else if (!quoted && (*r->p == r->between || *r->p == '\n' || *r->p == '\r'))
            break;
        buf_char(&cell, *r->p);
    }
    return buf_string(&cell);
}

/* False at the end. Cells beyond the last that there may be are counted and not kept. */
static bool
next_row(struct reading *r)
{
    r->n = 0;
    if (*r->p == '\0')
        return false;
    for (;; r->p++) {
        const char *cell = next_cell(r);
        if (r->n < CSV_COLUMNS)
            r->cell[r->n] = cell;
        r->n++;
        if (*r->p != r->between)
            break;
    }
    if (*r->p == '\r')
        r->p++;
    if (*r->p == '\n')
        r->p++;
    return true;
}

static const char *
unescaped(const char *value)
{
    return *value == '\'' && formula(value) != NULL ? value + 1 : value;
}

/* Three columns that make a birthday, when none says it whole. */
static void
put_birthday(struct arena *arena, const char *const value[COLUMNS], struct card_fields *row)
{
    int64_t year, month, day;

    if (*row->value[CARD_BIRTHDAY] != '\0' || !text_to_int(value[BIRTH_MONTH], 12, &month) ||
        !text_to_int(value[BIRTH_DAY], 31, &day) || month == 0 || day == 0)
        return;
    row->value[CARD_BIRTHDAY] =
        text_to_int(value[BIRTH_YEAR], 9999, &year) && year > 0
            ? arena_printf(arena, "%04d-%02d-%02d", (int)year, (int)month, (int)day)
            : arena_printf(arena, "--%02d-%02d", (int)month, (int)day);
}

/* "15.4.1990", as it is written in German, as a day; else what it was. */
static const char *
german_day(struct arena *arena, const char *text)
{
    const char *const *part;
    int64_t year, month, day;

    if (text_split(arena, text, ".", &part) == 3 && text_to_int(part[0], 31, &day) &&
        text_to_int(part[1], 12, &month) && text_to_int(part[2], 9999, &year) && year > 999 &&
        month > 0 && day > 0)
        return arena_printf(arena, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
    return text;
}

/* The fields of a row; false when it says nothing. */
static bool
take_row(const struct reading *r, const int *column, int columns, struct card_fields *row)
{
    const char *value[COLUMNS];
    bool any = false;

    for (int i = 0; i < COLUMNS; i++)
        value[i] = "";
    for (int i = 0; i < r->n && i < columns; i++)
        if (column[i] >= 0 && *value[column[i]] == '\0')
            value[column[i]] = unescaped(r->cell[i]);
    memcpy(row->value, value, sizeof row->value);
    row->value[CARD_BIRTHDAY] = german_day(r->arena, row->value[CARD_BIRTHDAY]);
    put_birthday(r->arena, value, row);
    for (int i = 0; i < CARD_FIELDS; i++)
        any |= *row->value[i] != '\0';
    return any;
}

/* Which columns are not known, though something stands in them. */
static void
note_ignored(const struct reading *r, const int *column, int columns, bool *says)
{
    for (int i = 0; i < r->n && i < columns; i++)
        says[i] |= column[i] < 0 && *r->cell[i] != '\0';
}

static const char *
text_of_bytes(struct arena *arena, const char *bytes, size_t n)
{
    size_t mark = n >= 3 && memcmp(bytes, MARK, 3) == 0 ? 3 : 0;

    if (memchr(bytes, '\0', n) != NULL)
        return NULL;
    return text_is_utf8(bytes, n) ? arena_copy(arena, bytes + mark, n - mark)
                                  : from_windows(arena, bytes, n);
}

/* "sep=;": what Excel writes before the table. */
static void
skip_separator_line(struct reading *r)
{
    if (text_starts(r->p, "sep=") && r->p[4] != '\0') {
        r->between = r->p[4];
        r->p += 5 + strspn(r->p + 5, "\r\n");
    } else {
        r->between = separator(r->p);
    }
}

/* At least as many rows as there are, up to what is taken. */
static size_t
room(const char *text)
{
    size_t n = 1;

    for (; *text != '\0' && n < CSV_ROWS; text++)
        n += *text == '\n' || *text == '\r';
    return n;
}

static fallible
take_head(struct reading *r, const struct lang *lang, int *column, const char **head, int *columns)
{
    int known = 0;

    skip_separator_line(r);
    if (!next_row(r) || r->n > CSV_COLUMNS)
        return FAIL(r->arena, BAD_REQUEST, tr(lang, "The table has no columns, or too many."));
    *columns = r->n;
    for (int i = 0; i < r->n; i++) {
        head[i] = text_trim(r->arena, r->cell[i]);
        column[i] = column_of(head[i]);
        known += column[i] >= 0;
    }
    if (known == 0)
        return FAIL(r->arena, BAD_REQUEST,
            tr(lang, "None of the table's columns is known. The first row must name them, such as "
                     "\"First Name\" or \"Primary Email\"."));
    return NULL;
}

fallible
card_csv_read(
    struct arena *arena, const struct lang *lang, const char *bytes, size_t n, struct card_csv *csv)
{
    struct reading r = { .arena = arena, .p = text_of_bytes(arena, bytes, n) };
    const char **head = NEW_ARRAY(arena, const char *, CSV_COLUMNS);
    int column[CSV_COLUMNS], columns = 0;
    bool says[CSV_COLUMNS] = { false };

    *csv = (struct card_csv){ .row = NULL };
    if (r.p == NULL || !text_is_xml(r.p, strlen(r.p)))
        return FAIL(arena, BAD_REQUEST,
            tr(lang, "This is no table that can be read. Save it as CSV in UTF-8."));
    TRY(take_head(&r, lang, column, head, &columns));
    csv->row = NEW_ARRAY(arena, struct card_fields, room(r.p));
    while (next_row(&r)) {
        struct card_fields row;
        if (!take_row(&r, column, columns, &row))
            continue;
        if (csv->n == CSV_ROWS)
            return FAIL(arena, BAD_REQUEST,
                tr(lang, "There are too many contacts in it. %d are taken at once."), CSV_ROWS);
        csv->row[csv->n++] = row;
        note_ignored(&r, column, columns, says);
    }
    for (int i = 0; i < columns; i++)
        if (says[i])
            head[csv->n_ignored++] = head[i];
    csv->ignored = head;
    return NULL;
}
