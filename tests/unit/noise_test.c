#include "tests/check.h"
#include "webdav/noise.h"

TEST(noise_of_programs)
{
    CHECK(noise_name("._Haushalt.ods"));
    CHECK(noise_name("._"));
    CHECK(noise_name(".DS_Store"));
    CHECK(noise_name(".ds_store"));
    CHECK(noise_name("thumbs.db"));
    CHECK(noise_name("Desktop.ini"));
    CHECK(noise_name("~$Antrag.docx"));
    CHECK(noise_name(".~lock.Haushalt.ods#"));
}

TEST(noise_is_nothing_else)
{
    CHECK(!noise_name(""));
    CHECK(!noise_name("."));
    CHECK(!noise_name(".hidden"));
    CHECK(!noise_name("~"));
    CHECK(!noise_name("$~a"));
    CHECK(!noise_name("Thumbs.db.txt"));
    CHECK(!noise_name("desktop.ini "));
    CHECK(!noise_name(".~lock.Haushalt.ods"));
    CHECK(!noise_name(".~lock."));
    CHECK(!noise_name("a.~lock.x#"));
}
