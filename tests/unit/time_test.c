#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/zone.h"
#include "tests/check.h"

#define S INT64_C(1000000)

TEST(time_of_http)
{
    struct arena *a = arena_new();

    CHECK_TEXT(time_http(a, 784111777 * S), "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK_TEXT(time_http(a, 784111777 * S + 999999), "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK_TEXT(time_http(a, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK_TEXT(time_http(a, -1), "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK_TEXT(time_rfc3339(a, 784111777 * S), "1994-11-06T08:49:37Z");
    CHECK(strlen(time_http(a, INT64_MAX)) > 0 && strlen(time_http(a, INT64_MIN)) > 0);
    arena_free(a);
}

/* RFC 9110, 5.6.7: three spellings of one time. */
TEST(time_from_http_reads_all_three_forms)
{
    static const char *const same[] = { "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" };
    int64_t us;

    for (size_t i = 0; i < COUNT_OF(same); i++)
        CHECK(time_from_http(same[i], &us) && us == 784111777 * S);
    CHECK(time_from_http("Sun Nov 16 08:49:37 1994", &us) && us == (784111777 + 864000) * S);
    CHECK(time_from_http("Thu, 29 Feb 2024 00:00:00 GMT", &us) && us == 1709164800 * S);
    CHECK(time_from_http("Sat, 31 Dec 2016 23:59:60 GMT", &us) && us == 1483228800 * S);
}

TEST(time_from_http_two_digits_of_a_year)
{
    struct arena *a = arena_new();
    int64_t us;

    /* Never more than fifty years ahead; which century that is, the clock decides. */
    CHECK(time_from_http("Sunday, 06-Nov-99 08:49:37 GMT", &us));
    CHECK(us < time_now() + INT64_C(51) * 366 * 86400 * S);
    CHECK(strstr(time_rfc3339(a, us), "99-11-06T08:49:37Z") != NULL);
    arena_free(a);
}

TEST(time_from_http_refuses)
{
    static const char *const bad[] = { "", "0", "yesterday", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 00:00:00 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun Nov  6 08:49:37 94",
        "Sun, 06 Nov 11994 08:49:37 GMT", "Sun, 32 Dec 1994 00:00:00 GMT", "1994-11-06T08:49:37Z" };
    int64_t us;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK(!time_from_http(bad[i], &us)))
            CHECK_TEXT(bad[i], "refused");
}

TEST(time_http_and_back)
{
    struct arena *a = arena_new();
    int64_t us;

    for (int64_t s = 0; s < 4000000000; s += 9999991)
        CHECK(time_from_http(time_http(a, s * S), &us) && us == s * S);
    arena_free(a);
}

TEST(time_for_people)
{
    struct arena *a = arena_new();
    int64_t us = 1795204800 * S; /* 2026-11-20T20:00:00Z */

    CHECK_TEXT(time_people(a, us, "Europe/Berlin", "de"), "20. November 2026, 21:00");
    CHECK_TEXT(time_people(a, us, "Europe/Berlin", "en"), "20 November 2026, 21:00");
    CHECK_TEXT(time_people(a, us, "America/New_York", "en"), "20 November 2026, 15:00");
    CHECK_TEXT(time_people(a, us, "UTC", "en"), "20 November 2026, 20:00");
    CHECK_TEXT(time_people(a, us, "Nowhere/At_All", "en"), "20 November 2026, 20:00");
    arena_free(a);
}

/* Both edges of summer time, before and after the last transition that the file lists. */
TEST(zone_offsets_at_the_edges)
{
    static const struct {
        const char *zone;
        int64_t when;
        int offset;
    } cases[] = {
        { "Europe/Berlin", 1774745999, 3600 }, /* 2026-03-29T00:59:59Z */
        { "Europe/Berlin", 1774746000, 7200 },
        { "Europe/Berlin", 1792889999, 7200 }, /* 2026-10-25T00:59:59Z */
        { "Europe/Berlin", 1792890000, 3600 },
        { "Europe/Berlin", 2752707599, 3600 }, /* 2057-03-25T00:59:59Z */
        { "Europe/Berlin", 2752707600, 7200 },
        { "Europe/Berlin", 4102444800, 3600 }, /* 2100-01-01 */
        { "Europe/Berlin", 4118083200, 7200 }, /* 2100-07-01 */
        { "Australia/Sydney", 4102444800, 39600 },
        { "Australia/Sydney", 4118083200, 36000 },
        { "Asia/Kolkata", 4102444800, 19800 },
        { "America/St_Johns", 4118083200, -9000 },
        { "Europe/Dublin", 4118083200, 3600 }, /* its winter is the "daylight" time */
        { "Europe/Dublin", 4102444800, 0 },
        { "Etc/GMT+3", 0, -10800 },
        { "UTC", 1774746000, 0 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (!CHECK_INT(zone_offset(cases[i].zone, cases[i].when), cases[i].offset))
            CHECK_TEXT(cases[i].zone, "as expected");
}

TEST(zone_names)
{
    CHECK(zone_exists("Europe/Berlin"));
    CHECK(zone_exists("America/Argentina/Buenos_Aires"));
    CHECK(!zone_exists(""));
    CHECK(!zone_exists("Europe"));
    CHECK(!zone_exists("Europe/Atlantis"));
    CHECK(!zone_exists("../../../etc/passwd"));
    CHECK(!zone_exists("/etc/passwd"));
    CHECK(!zone_exists("tzdata.zi"));
}
