#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "html/lang.h"
#include "tests/fuzz/fuzz.h"
#include "webdav/query.h"
#include "webdav/xml.h"

static const struct xml_limits limits = { .depth = 32, .attributes = 64, .elements = 2000 };

static const char event[] =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART;TZID=Europe/Berlin:20270301T180000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=9\r\n"
    "SUMMARY:A\\,B\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n";
static const char card[] =
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Rosa\r\nitem1.TEL;TYPE=HOME:1\r\nEND:VCARD\r\n";

static const struct ical_component *
object(struct arena *arena, const struct ical_format *format, const char *text)
{
    struct ical_component *first;

    MUST(ical_read(arena, lang_find("en"), format, &ical_limits, text, strlen(text), &first) ==
         NULL);
    return first;
}

static void
answer(struct arena *arena, const struct ical_select *select, const struct ical_component *of,
    const char *bytes)
{
    struct buf to = buf_new(arena, MB(1));
    int instances = 100;

    if (ical_select_write(arena, select, of, bytes, NULL, &instances, &to))
        MUST(instances >= 0 && !to.over);
}

/* Whatever is asked for: it is refused, or it can be looked for and answered. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const struct ical_component *calendar = object(arena, &ical_calendar, event),
                                *contact = object(arena, &ical_card, card);
    const struct xml_in *root;
    struct ical_filter filter;
    struct ical_select select;

    if (xml_parse(arena, (const char *)data, n, &limits, &root) != NULL)
        return;
    if (query_read_filter(arena, root, &filter) == NULL)
        ical_filter_matches(arena, &filter, calendar, NULL);
    if (query_read_card_filter(arena, root, &filter) == NULL)
        ical_filter_matches(arena, &filter, contact, NULL);
    if (query_read_calendar_data(arena, root, &select) == NULL)
        answer(arena, &select, calendar, event);
    if (query_read_address_data(arena, root, &select) == NULL)
        answer(arena, &select, contact, card);
}
