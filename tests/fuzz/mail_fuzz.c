#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/mark.h"
#include "mail/message.h"
#include "tests/fuzz/fuzz.h"

/* An address that was taken has nothing in it that means anything on the way, and is taken again as
 * it is. */
static void
check_address(struct arena *arena, const char *text)
{
    const char *address, *again;

    if (!mail_address(arena, text, &address))
        return;
    MUST(strlen(address) <= MAIL_ADDRESS_MAX && strpbrk(address, " \t\r\n<>\"\\,;:()[]") == NULL);
    MUST(mail_address(arena, address, &again) && strcmp(again, address) == 0);
    MUST(mail_address_of_uri(arena, "mailto:a@b.de?subject=x", &again));
}

/* Lines end in CRLF and nothing else, are short, ASCII, and none begins with a dot. */
static void
check_lines(const char *p, size_t n)
{
    size_t line = 0;

    for (size_t i = 0; i < n; i++) {
        MUST((unsigned char)p[i] < 0x80 && p[i] != '\0');
        MUST(!(line == 0 && p[i] == '.'));
        MUST((p[i] == '\n') == (i > 0 && p[i - 1] == '\r'));
        line = p[i] == '\n' ? 0 : line + 1;
        MUST(line <= 78 + 1);
    }
    MUST(n > 2 && p[n - 1] == '\n');
}

/* Nothing of the name or the subject becomes a header. */
static void
check_head(const char *p)
{
    static const char *const known[] = { "Date:", "From:", "To:", "Reply-To:", "Subject:",
        "Message-ID:", "Content-Language:", "Auto-Submitted:", "MIME-Version:", "Content-Type:",
        "Content-Transfer-Encoding:", " ", NULL };
    bool found = true;

    for (; strncmp(p, "\r\n", 2) != 0; p = strstr(p, "\r\n") + 2) {
        found = false;
        for (const char *const *k = known; *k != NULL; k++)
            found = found || text_starts(p, *k);
        MUST(found);
    }
}

static void
check_message(struct arena *arena, const char *text, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, 1 << 20);

    mail_write(&out, &(struct mail_message){
                         .id = "1@example.org",
                         .language = "de",
                         .from = "a@example.org",
                         .from_name = text,
                         .to = "b@example.org",
                         .to_name = text,
                         .reply_to = "c@example.org",
                         .subject = text,
                         .text = text,
                         .method = n % 2 == 0 ? NULL : "REQUEST",
                         .calendar = n % 2 == 0 ? NULL : data,
                         .n_calendar = n % 2 == 0 ? 0 : n,
                     });
    MUST(!out.over);
    check_lines(out.p, out.n);
    check_head(out.p);
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    struct mail_stop stop;

    check_address(arena, text);
    check_message(arena, text, data, n);
    MUST(!mail_stop_read(arena, (struct bytes){ "key", 3 }, text, &stop) ||
         strlen(text) > MAIL_MARK_DIGITS);
}
