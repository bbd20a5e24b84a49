#include "ical/card.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"
#include "html/lang.h"

const struct condition CARD_UNSUPPORTED = { 403, "urn:ietf:params:xml:ns:carddav",
    "supported-address-data", N_("Contacts are kept as vCard 3.0 or 4.0 here.") };

const struct ical_limits card_limits = {
    .line = CARD_SIZE,
    .depth = 1,
    .lines = 5000,
    .params = 100,
    .values = 500,
    .attendees = 100,
    .zones = 0,
    .observances = 0,
    .alarm_repeats = 0,
};

/* ---------------------------------------------------------------- parts of lines */

int
card_parts(struct arena *arena, const char *value, const char *part[], int most)
{
    int n = 0;

    for (const char *p = value, *from = value;; p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        } else if (*p == '\0' || (*p == ';' && n + 1 < most)) {
            part[n++] = ical_text(arena, arena_copy(arena, from, (size_t)(p - from)));
            if (*p == '\0')
                return n;
            from = p + 1;
        }
    }
}

static bool
in_list(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (;;) {
        size_t part = strcspn(list, ",");
        if (part == n && strncasecmp(list, word, n) == 0)
            return true;
        if (list[part] == '\0')
            return false;
        list += part + 1;
    }
}

bool
card_has_type(const struct ical_line *line, const char *type)
{
    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, "TYPE") == 0)
            for (int k = 0; k < line->param[i].n; k++)
                if (in_list(line->param[i].value[k], type))
                    return true;
    return false;
}

/* ---------------------------------------------------------------- a card */

/* "Anna Müller" of "Müller;Anna;;;"; "" of nothing. */
static const char *
name_of_parts(struct arena *arena, const char *value)
{
    const char *part[5];
    int n = card_parts(arena, value, part, 5);

    return n < 2 || *part[1] == '\0' ? part[0]
           : *part[0] == '\0'        ? part[1]
                                     : arena_printf(arena, "%s %s", part[1], part[0]);
}

/* FN is what people read; programs that fill it with nothing are helped out. */
static const char *
display_name(struct arena *arena, const struct ical_component *vcard)
{
    static const char *const others[] = { "ORG", "NICKNAME", "EMAIL", "TEL" };
    const char *value = ical_value(vcard, "FN"), *name;

    name = text_trim(arena, ical_text(arena, value));
    if (*name == '\0' && (value = ical_value(vcard, "N")) != NULL)
        name = text_trim(arena, name_of_parts(arena, value));
    for (size_t i = 0; *name == '\0' && i < COUNT_OF(others); i++)
        if ((value = ical_value(vcard, others[i])) != NULL) {
            const char *part[2];
            card_parts(arena, value, part, 2);
            name = text_trim(arena, part[0]);
        }
    return name;
}

static const char *
kind_value(const struct ical_component *vcard)
{
    const char *kind = ical_value(vcard, "KIND");

    return kind != NULL ? kind : ical_value(vcard, "X-ADDRESSBOOKSERVER-KIND");
}

static fallible
check_version(
    struct arena *arena, const struct lang *lang, const struct ical_component *vcard, int *version)
{
    const char *value = ical_value(vcard, "VERSION");

    if (value == NULL)
        return FAIL(arena, CARD_MALFORMED, tr(lang, "The contact has no VERSION."));
    value = text_trim(arena, value);
    if (strcmp(value, "3.0") != 0 && strcmp(value, "4.0") != 0)
        return FAIL(arena, CARD_UNSUPPORTED,
            tr(lang, "This contact is in another version of vCard. Set the program to 3.0 or "
                     "4.0."));
    *version = *value - '0';
    return NULL;
}

fallible
card_read(
    struct arena *arena, const struct lang *lang, const char *bytes, size_t n, struct card *card)
{
    struct ical_component *vcard;
    const char *kind, *uid;
    int version;

    TRY(ical_read(arena, lang, &ical_card, &card_limits, bytes, n, &vcard));
    if (vcard->next != NULL)
        return FAIL(arena, CARD_MALFORMED,
            tr(lang, "There is more than one contact in it. Send each by itself."));
    TRY(check_version(arena, lang, vcard, &version));
    uid = ical_value(vcard, "UID");
    uid = uid == NULL ? "" : text_trim(arena, ical_text(arena, uid));
    if (*uid == '\0')
        return FAIL(arena, CARD_MALFORMED,
            tr(lang, "The contact has no UID, by which programs know it again."));
    if (ical_find(vcard, "FN") == NULL)
        return FAIL(arena, CARD_MALFORMED, tr(lang, "The contact has no name (FN)."));
    kind = kind_value(vcard);
    *card = (struct card){ .bytes = bytes,
        .n = n,
        .vcard = vcard,
        .version = version,
        .uid = uid,
        .name = display_name(arena, vcard),
        .group = kind != NULL && text_same_nocase(kind, "group") };
    return NULL;
}

/* ---------------------------------------------------------------- groups */

int
card_members(struct arena *arena, const struct card *card, const char *const **uids)
{
    const struct ical_component *vcard = card->vcard;
    const char **uid = NEW_ARRAY(arena, const char *, (size_t)vcard->n_lines + 1);
    int n = 0;

    for (int i = 0; i < vcard->n_lines; i++)
        if (strcmp(vcard->line[i].name, "MEMBER") == 0 ||
            strcmp(vcard->line[i].name, "X-ADDRESSBOOKSERVER-MEMBER") == 0) {
            const char *value = text_trim(arena, vcard->line[i].value);
            uid[n++] = strncasecmp(value, "urn:uuid:", 9) == 0 ? value + 9 : value;
        }
    *uids = uid;
    return n;
}
