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

TEST(noise_until_it_has_its_name)
{
    CHECK(noise_name("~WRD0001.tmp") && noise_name("~wrl1234.TMP"));
    CHECK(noise_name("~DF2A.tmp") && noise_name("ppt5F.tmp") && noise_name("5C3F1A00.tmp"));
    CHECK(noise_name("lu12345abcd.tmp"));
    CHECK(noise_name(".goutputstream-A1B2C3") && noise_name(".fuse_hidden0000002a00000001"));
    CHECK(noise_name(".nfs0000000000a") && noise_name(".Protokoll.md.swp") && noise_name("..swo"));
    CHECK(!noise_name("a.tmp") && !noise_name(".tmp") && !noise_name("~WRD001.tmp"));
    CHECK(!noise_name("~WRD00010.tmp") && !noise_name("~W") && !noise_name("5C3F1A0.tmp"));
    CHECK(!noise_name("5C3F1A0g.tmp") && !noise_name("pptx.tmp") && !noise_name("lu1.tmp"));
    CHECK(!noise_name("Liste.swp") && !noise_name(".swp") && !noise_name(".goutputstream-"));
    CHECK(!noise_name(".nfs1 x") && !noise_name("5C3F1A00"));
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
