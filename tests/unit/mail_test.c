#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/address.h"
#include "mail/mark.h"
#include "mail/message.h"
#include "tests/check.h"

static const char *
address_of(struct arena *arena, const char *typed)
{
    const char *address;

    return mail_address(arena, typed, &address) ? address : NULL;
}

TEST(addresses_that_are_written_to)
{
    struct arena *a = arena_new();

    CHECK_TEXT(address_of(a, " Anna.Muster+liste@Verband.EXAMPLE.org "),
        "Anna.Muster+liste@verband.example.org");
    CHECK_TEXT(address_of(a, "o'hara@a-b.de"), "o'hara@a-b.de");
    CHECK_TEXT(address_of(a, "x@1und1.de"), "x@1und1.de");
    const char *longest = arena_printf(a, "%064d@%063d.%063d.%058d.de", 1, 1, 1, 1);
    CHECK_INT((int64_t)strlen(longest), MAIL_ADDRESS_MAX);
    CHECK_TEXT(address_of(a, longest), longest);
    arena_free(a);
}

TEST(addresses_that_are_not)
{
    static const char *const bad[] = { "", "@", "a@", "@b.de", "a@b", "a@@b.de", "a@b@c.de",
        "a b@c.de", "<a@b.de>", "a@b.de>", "\"a b\"@c.de", "a@[127.0.0.1]", "a@127.0.0.1",
        "a@b..de", "a@.de", "a@b.de.", "a@-b.de", "a@b-.de", ".a@b.de", "a.@b.de", "a..b@c.de",
        "a@b.de\r\nRCPT TO:<c@d.de>", "a\nb@c.de", "a@b.de,c@d.de", "a@b.de;c@d.de", "a\t@b.de",
        "\303\244@b.de", "a@\303\274.de", "a(x)@b.de", "a:b@c.de", "a\\b@c.de" };
    struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(address_of(a, bad[i]) == NULL);
    CHECK(address_of(a, arena_printf(a, "%065d@b.de", 1)) == NULL);
    CHECK(address_of(a, arena_printf(a, "a@%064d.de", 1)) == NULL);
    CHECK(address_of(a, arena_printf(a, "%064d@%063d.%063d.%059d.de", 1, 1, 1, 1)) == NULL);
    arena_free(a);
}

TEST(calendar_addresses)
{
    struct arena *a = arena_new();
    const char *address;

    CHECK(mail_address_of_uri(a, "MailTo:anna%2Bx@example.org?subject=y", &address));
    CHECK_TEXT(address, "anna+x@example.org");
    CHECK(!mail_address_of_uri(a, "http://example.org", &address));
    CHECK(!mail_address_of_uri(a, "mailto:", &address));
    CHECK(!mail_address_of_uri(a, "mailto:a@b.de%0d%0aBcc:c@d.de", &address));
    CHECK(!mail_address_of_uri(a, "mail", &address));
    arena_free(a);
}

static const char *
written(struct arena *arena, const struct mail_message *m)
{
    struct buf out = buf_new(arena, 1 << 16);

    mail_write(&out, m);
    return buf_string(&out);
}

static struct mail_message
message(void)
{
    return (struct mail_message){
        .id = "1@example.org",
        .time = INT64_C(1795266000000000),
        .language = "de",
        .from = "chapters@example.org",
        .from_name = "Jena",
        .to = "anna@example.org",
        .to_name = "Anna \"A\" Muster",
        .subject = "Hallo",
        .text = "Text",
    };
}

TEST(a_plain_mail_byte_for_byte)
{
    struct arena *a = arena_new();
    const struct mail_message m = message();

    CHECK_TEXT(written(a, &m), "Date: Sat, 21 Nov 2026 13:00:00 +0000\r\n"
                               "From: \"Jena\"\r\n <chapters@example.org>\r\n"
                               "To: \"Anna \\\"A\\\" Muster\"\r\n <anna@example.org>\r\n"
                               "Subject: Hallo\r\n"
                               "Message-ID: <1@example.org>\r\n"
                               "Content-Language: de\r\n"
                               "Auto-Submitted: auto-generated\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "Content-Transfer-Encoding: quoted-printable\r\n"
                               "\r\n"
                               "Text\r\n");
    arena_free(a);
}

TEST(D25_line_ends_in_a_subject)
{
    struct arena *a = arena_new();
    struct mail_message m = message();

    m.subject = "Neu\r\nBcc: all@example.org\r\rX";
    CHECK(strstr(written(a, &m), "Subject: Neu  Bcc: all@example.org  X\r\n") != NULL);
    m.subject = "\r\n";
    CHECK(strstr(written(a, &m), "Subject: \r\n") != NULL);
    m.subject = "=?utf-8?B?eA==?=";
    CHECK(strstr(written(a, &m), "Subject: =?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=\r\n") != NULL);
    arena_free(a);
}

TEST(encoded_words_cut_no_character)
{
    struct arena *a = arena_new();
    struct mail_message m = message();

    /* 41 bytes, then a character of two */
    m.subject = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\303\244y";
    CHECK(strstr(written(a, &m),
              "Subject: =?utf-8?B?eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=?=\r\n"
              " =?utf-8?B?w6R5?=\r\n") != NULL);
    arena_free(a);
}

TEST(names_that_would_be_long_in_quotes_are_encoded)
{
    struct arena *a = arena_new();
    struct mail_message m = message();

    m.to_name = "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"; /* found by fuzzing */
    CHECK(strstr(written(a, &m),
              "To: =?utf-8?B?XFxcXFxcXFxcXFxcXFxcXFxcXFw=?=\r\n <anna@example.org>\r\n") != NULL);
    arena_free(a);
}

static const char *
body(struct arena *arena, const char *text)
{
    struct mail_message m = message();

    m.text = text;
    return strstr(written(arena, &m), "\r\n\r\n") + 4;
}

TEST(quoted_printable)
{
    struct arena *a = arena_new();

    CHECK_TEXT(body(a, ""), "");
    CHECK_TEXT(body(a, "a\nb\rc\r\nd"), "a\r\nb\r\nc\r\nd\r\n");
    CHECK_TEXT(body(a, ".\n..\nFrom x\nFroh"), "=2E\r\n=2E.\r\n=46rom x\r\nFroh\r\n");
    CHECK_TEXT(body(a, "x \n\ty="), "x=20\r\n=09y=3D\r\n");
    CHECK_TEXT(body(a, "a\001\033b\177"), "ab\r\n");
    const char *line = body(a, arena_printf(a, "%080d", 0));
    CHECK_INT((int64_t)strcspn(line, "\r"), 76);
    CHECK_TEXT(line + 75, "=\r\n00000\r\n");
    CHECK_TEXT(body(a, arena_printf(a, "%075d.", 0)) + 75, "=\r\n=2E\r\n");
    arena_free(a);
}

TEST(links_for_no_more_mails)
{
    const struct bytes key = { "key", 3 }, other = { "kez", 3 };
    struct arena *a = arena_new();
    const char *mark = mail_mark(a, key, "Anna@Example.org");
    struct mail_stop stop = { .chapter = 12, .purpose = "invitation", .mark = mark }, read;

    CHECK_TEXT(mark, mail_mark(a, key, "anna@example.org"));
    CHECK(strcmp(mark, mail_mark(a, other, "anna@example.org")) != 0);
    CHECK_INT((int64_t)strlen(mark), MAIL_MARK_DIGITS);
    const char *code = mail_stop_write(a, key, &stop);
    if (CHECK(mail_stop_read(a, key, code, &read))) {
        CHECK_INT(read.chapter, 12);
        CHECK_INT(read.person, 0);
        CHECK_TEXT(read.purpose, "invitation");
        CHECK_TEXT(read.mark, mark);
    }
    CHECK(!mail_stop_read(a, other, code, &read));
    CHECK(!mail_stop_read(a, key, code + 1, &read));
    stop = (struct mail_stop){ .person = 5, .purpose = "scheduling", .mark = mark };
    if (CHECK(mail_stop_read(a, key, mail_stop_write(a, key, &stop), &read))) {
        CHECK_INT(read.chapter, 0);
        CHECK_INT(read.person, 5);
    }
    arena_free(a);
}
