#include "ical/card_rule.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/card_value.h"
#include "ical/write.h"

/* ---------------------------------------------------------------- days */

#define OMIT_YEAR "X-APPLE-OMIT-YEAR" /* how Apple's programs leave the year out in 3.0 */

static void
date_to_4(struct card_line *l)
{
    const char *omit = card_line_param(l, OMIT_YEAR), *value = card_line_param(l, "VALUE");
    struct card_date d;

    if ((value != NULL && text_same_nocase(value, "text")) || !card_date_read(l->line.value, &d))
        return;
    if (omit != NULL && !d.timed && strcmp(omit, arena_printf(l->arena, "%d", d.year)) == 0) {
        d.year = -1;
        card_line_unset(l, OMIT_YEAR, "1604");
    }
    card_line_unset(l, "VALUE", "date");
    card_line_unset(l, "VALUE", "date-time");
    l->line.value = card_date_basic(l->arena, &d);
}

static void
date_to_3(struct card_line *l)
{
    const char *omit = card_line_param(l, OMIT_YEAR), *value = card_line_param(l, "VALUE");
    struct card_date d;
    int64_t year = 1604;

    if ((value != NULL && text_same_nocase(value, "text")) || !card_date_read(l->line.value, &d) ||
        (d.year < 0 && d.timed))
        return;
    if (d.year < 0 && (omit == NULL || text_to_int(omit, 9999, &year))) {
        d.year = (int)year;
        card_line_set(l, OMIT_YEAR, arena_printf(l->arena, "%d", d.year));
    }
    card_line_unset(l, "VALUE", "date-and-or-time");
    if (d.timed)
        card_line_set(l, "VALUE", "date-time");
    l->line.value = card_date_extended(l->arena, &d);
}

/* REV: a time in both, and never said to be one */
static void
time_to_4(struct card_line *l)
{
    struct card_date d;

    if (card_date_read(l->line.value, &d))
        l->line.value = card_date_basic(l->arena, &d);
}

static void
time_to_3(struct card_line *l)
{
    struct card_date d;

    if (card_date_read(l->line.value, &d))
        l->line.value = card_date_extended(l->arena, &d);
}

/* ---------------------------------------------------------------- zones and places */

static void
zone_to_4(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE");
    const char *basic = card_offset_basic(l->arena, l->line.value);

    if (basic != NULL && (value == NULL || text_same_nocase(value, "utc-offset"))) {
        l->line.value = basic;
        card_line_set(l, "VALUE", "utc-offset");
    } else {
        card_line_unset(l, "VALUE", "text");
    }
}

static void
zone_to_3(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE"), *extended;

    if (value == NULL) {
        card_line_set(l, "VALUE", "text");
    } else if (text_same_nocase(value, "utc-offset")) {
        extended = card_offset_extended(l->arena, l->line.value);
        if (extended != NULL) {
            l->line.value = extended;
            card_line_set(l, "VALUE", NULL);
        }
    }
}

static void
place_to_4(struct card_line *l)
{
    const char *uri = card_geo_uri(l->arena, l->line.value);

    if (uri != NULL)
        l->line.value = uri;
}

static void
place_to_3(struct card_line *l)
{
    const char *pair = card_geo_pair(l->arena, l->line.value);

    if (pair != NULL) {
        l->line.value = pair;
        card_line_unset(l, "VALUE", "uri");
    }
}

/* ---------------------------------------------------------------- pictures, sounds, keys */

/* The names that TYPE has for media types in 3.0. Of several for one the first is written. */
static const struct media {
    const char *type, *media;
} medias[] = {
    { "JPEG", "image/jpeg" },
    { "JPG", "image/jpeg" },
    { "PNG", "image/png" },
    { "GIF", "image/gif" },
    { "WEBP", "image/webp" },
    { "BMP", "image/bmp" },
    { "TIFF", "image/tiff" },
    { "HEIC", "image/heic" },
    { "SVG", "image/svg+xml" },
    { "BASIC", "audio/basic" },
    { "WAVE", "audio/wav" },
    { "MP3", "audio/mpeg" },
    { "OGG", "audio/ogg" },
    { "PGP", "application/pgp-keys" },
    { "X509", "application/pkix-cert" },
};

#define ANY_MEDIA "application/octet-stream"

/* Takes the media type out of TYPE; NULL: none is there. */
static const char *
take_media(struct card_line *l)
{
    for (int i = 0; i < l->line.n_params; i++)
        if (strcmp(l->param[i].name, "TYPE") == 0)
            for (int k = 0; k < l->param[i].n; k++) {
                const char *type = l->param[i].value[k];
                const char *media = strchr(type, '/') != NULL ? type : NULL;
                for (size_t m = 0; media == NULL && m < COUNT_OF(medias); m++)
                    if (text_same_nocase(medias[m].type, type))
                        media = medias[m].media;
                if (media != NULL && card_line_take_type(l, type))
                    return media;
            }
    return NULL;
}

static void
add_media(struct card_line *l, const char *media)
{
    for (size_t m = 0; m < COUNT_OF(medias); m++)
        if (text_same_nocase(medias[m].media, media)) {
            card_line_add_type(l, medias[m].type);
            return;
        }
    card_line_add_type(l, media);
}

/* Does it begin with the scheme of a URI? */
static bool
is_uri(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return n > 1 && s[n] == ':';
}

static bool
is_base64(const char *encoding)
{
    return encoding != NULL &&
           (text_same_nocase(encoding, "b") || text_same_nocase(encoding, "base64"));
}

static void
media_to_4(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE"), *media, *base64;

    if (is_base64(card_line_param(l, "ENCODING"))) {
        base64 = card_base64(l->arena, l->line.value);
        if (base64 == NULL)
            return;
        media = take_media(l);
        if (media == NULL)
            media = card_sniff(base64);
        l->line.value =
            arena_printf(l->arena, "data:%s;base64,%s", media == NULL ? ANY_MEDIA : media, base64);
        card_line_set(l, "ENCODING", NULL);
        card_line_unset(l, "VALUE", "binary");
    } else if (value == NULL ? is_uri(l->line.value) : text_same_nocase(value, "uri")) {
        card_line_set(l, "VALUE", NULL);
        media = take_media(l);
        if (media != NULL)
            card_line_set(l, "MEDIATYPE", media);
    } else if (value == NULL) {
        card_line_set(l, "VALUE", "text");
    }
}

static void
media_to_3(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE"), *media, *base64;

    if (value != NULL && !text_same_nocase(value, "uri"))
        return;
    base64 = card_data_uri(l->arena, l->line.value, &media);
    if (base64 != NULL) {
        l->line.value = base64;
        card_line_set(l, "VALUE", NULL);
        card_line_set(l, "ENCODING", "b");
        card_line_unset(l, "MEDIATYPE", media);
        if (*media != '\0' && !text_same_nocase(media, ANY_MEDIA))
            add_media(l, media);
        return;
    }
    card_line_set(l, "VALUE", "uri");
    media = card_line_param(l, "MEDIATYPE");
    if (media != NULL) {
        add_media(l, media);
        card_line_set(l, "MEDIATYPE", NULL);
    }
}

/* ---------------------------------------------------------------- the rest */

static void
phone_to_3(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE");

    if (value == NULL || !text_same_nocase(value, "uri") ||
        strncasecmp(l->line.value, "tel:", 4) != 0)
        return;
    card_line_set(l, "VALUE", NULL);
    l->line.value = ical_escape(l->arena, l->line.value + 4);
}

/* RFC 6350, A.2: who acts for someone is related to her */
static void
agent_to_4(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE");

    if (value != NULL && text_same_nocase(value, "uri"))
        card_line_set(l, "VALUE", NULL);
    else if (value == NULL)
        card_line_set(l, "VALUE", "text");
    l->line.name = "RELATED";
    card_line_add_type(l, "agent");
}

static void
agent_to_3(struct card_line *l)
{
    const char *value = card_line_param(l, "VALUE");

    if (!card_line_take_type(l, "agent"))
        return;
    l->line.name = "AGENT";
    if (value == NULL)
        card_line_set(l, "VALUE", "uri");
    else if (text_same_nocase(value, "text"))
        card_line_set(l, "VALUE", NULL);
}

/* What is preferred is a type in 3.0 and a rank in 4.0; ranks below the first stay what they are.
 */
static void
preferred(struct card_line *l, int version)
{
    if (version == 4 && card_line_param(l, "PREF") == NULL && card_line_take_type(l, "pref"))
        card_line_set(l, "PREF", "1");
    if (version == 3 && card_line_param(l, "PREF") != NULL &&
        strcmp(card_line_param(l, "PREF"), "1") == 0) {
        card_line_set(l, "PREF", NULL);
        card_line_add_type(l, "pref");
    }
}

/* Several types in one pair of quotes, as RFC 6350 shows, are not known to 3.0. */
static void
part_types(struct card_line *l)
{
    for (int i = 0; i < l->line.n_params; i++)
        if (strcmp(l->param[i].name, "TYPE") == 0 && l->param[i].n == 1 &&
            strchr(l->param[i].value[0], ',') != NULL) {
            const char *const *part;
            int n = text_split(l->arena, l->param[i].value[0], ",", &part);
            if (n > 0)
                l->param[i] = (struct ical_param){ .name = "TYPE", .value = part, .n = n };
        }
}

/* ---------------------------------------------------------------- lines */

static const struct rule {
    const char *in3, *in4; /* its names; by the other one it is not known and stays */
    void (*to4)(struct card_line *), (*to3)(struct card_line *); /* NULL: only the name differs */
} rules[] = {
    { "BDAY", "BDAY", date_to_4, date_to_3 },
    { "ANNIVERSARY", "ANNIVERSARY", date_to_4, date_to_3 },
    { "REV", "REV", time_to_4, time_to_3 },
    { "TZ", "TZ", zone_to_4, zone_to_3 },
    { "GEO", "GEO", place_to_4, place_to_3 },
    { "PHOTO", "PHOTO", media_to_4, media_to_3 },
    { "LOGO", "LOGO", media_to_4, media_to_3 },
    { "SOUND", "SOUND", media_to_4, media_to_3 },
    { "KEY", "KEY", media_to_4, media_to_3 },
    { "TEL", "TEL", NULL, phone_to_3 },
    { "AGENT", "RELATED", agent_to_4, agent_to_3 },
    { "X-ADDRESSBOOKSERVER-KIND", "KIND", NULL, NULL },
    { "X-ADDRESSBOOKSERVER-MEMBER", "MEMBER", NULL, NULL },
};

void
card_rule_apply(struct card_line *l, int version)
{
    if (version == 3)
        part_types(l);
    preferred(l, version);
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule *rule = &rules[i];
        if (!text_same_nocase(l->line.name, version == 4 ? rule->in3 : rule->in4))
            continue;
        void (*change)(struct card_line *) = version == 4 ? rule->to4 : rule->to3;
        if (change != NULL)
            change(l);
        else if (strcmp(rule->in3, rule->in4) != 0)
            l->line.name = version == 4 ? rule->in4 : rule->in3;
        return;
    }
}
