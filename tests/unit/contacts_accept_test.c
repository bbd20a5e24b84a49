#include "modules/contacts/accept.h"

#include "base/macros.h"
#include "tests/check.h"

/* RFC 6352, 5.1.1 */
TEST(accept_asks_for_a_version_of_vcard)
{
    static const struct {
        const char *header;
        int version;
    } cases[] = {
        { NULL, ACCEPT_ANY },
        { "", ACCEPT_ANY },
        { "*/*", ACCEPT_ANY },
        { "text/html, */*;q=0.1", ACCEPT_ANY },
        { "text/vcard", ACCEPT_ANY },
        { "text/vcard;version=3.0", 3 },
        { "Text/vCard; charset=utf-8; Version=\"4.0\"", 4 },
        { "text/vcard;version=2.1, text/vcard;version=4.0", 4 },
        { "text/vcard;version=2.1, */*", ACCEPT_ANY },
        { "text/vcard;version=2.1", ACCEPT_NONE },
        { "text/html", ACCEPT_ANY },
        { ", ,text/vcard;version=3.0", 3 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_INT(accept_version(cases[i].header), cases[i].version);
}
