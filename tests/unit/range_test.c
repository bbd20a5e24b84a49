#include "base/macros.h"
#include "http/range.h"
#include "tests/check.h"

TEST(range_reads_one_range)
{
    static const struct {
        const char *header;
        int64_t size;
        enum range_kind kind;
        int64_t first, last;
    } cases[] = {
        { "bytes=0-0", 10, RANGE_ONE, 0, 0 },
        { "bytes=2-5", 10, RANGE_ONE, 2, 5 },
        { "bytes=9-", 10, RANGE_ONE, 9, 9 },
        { "bytes=5-100", 10, RANGE_ONE, 5, 9 },
        { "bytes=-3", 10, RANGE_ONE, 7, 9 },
        { "bytes=-30", 10, RANGE_ONE, 0, 9 },
        { "Bytes= 1-2 ", 10, RANGE_ONE, 1, 2 },
        { "bytes=0-99999999999999999999999", 10, RANGE_ONE, 0, 9 },
        { "bytes=10-", 10, RANGE_BEYOND, 0, 0 },
        { "bytes=99999999999999999999-", 10, RANGE_BEYOND, 0, 0 },
        { "bytes=-0", 10, RANGE_BEYOND, 0, 0 },
        { "bytes=-1", 0, RANGE_BEYOND, 0, 0 },
        { "bytes=0-", 0, RANGE_BEYOND, 0, 0 },
        { "bytes=5-4", 10, RANGE_NONE, 0, 0 },
        { "bytes=0-1,3-4", 10, RANGE_NONE, 0, 0 },
        { "bytes=-", 10, RANGE_NONE, 0, 0 },
        { "bytes=", 10, RANGE_NONE, 0, 0 },
        { "bytes=1", 10, RANGE_NONE, 0, 0 },
        { "bytes=a-b", 10, RANGE_NONE, 0, 0 },
        { "bytes=1-2x", 10, RANGE_NONE, 0, 0 },
        { "bytes=1-2 x", 10, RANGE_NONE, 0, 0 },
        { "bytes=+1-2", 10, RANGE_NONE, 0, 0 },
        { "bytes=--1", 10, RANGE_NONE, 0, 0 },
        { "items=0-1", 10, RANGE_NONE, 0, 0 },
        { "", 10, RANGE_NONE, 0, 0 },
        { NULL, 10, RANGE_NONE, 0, 0 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct range range = { 0, 0 };
        CHECK_INT(range_read(cases[i].header, cases[i].size, &range), cases[i].kind);
        if (cases[i].kind == RANGE_ONE) {
            CHECK_INT(range.first, cases[i].first);
            CHECK_INT(range.last, cases[i].last);
        }
    }
}
