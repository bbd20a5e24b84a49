#include "mail/message.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/token.h"

#define LINE_MAX_ 76 /* RFC 2045, 6.7 and 6.8; with a header's name a little more */
#define WORD_BYTES                                                                                 \
    42 /* of text in one encoded word of at most 75 (RFC 2047, 2): 56 of base64 and "=?utf-8?B??=" \
        */
#define CALENDAR_LINE 57 /* bytes in a line of 76 letters of base64 */

/* ---------------------------------------------------------------- headers */

static bool
is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Can it stand as it is: printable ASCII, nothing that looks like an encoded word? */
static bool
is_plain(const char *s)
{
    for (const char *c = s; *c != '\0'; c++)
        if (is_control(*c) || (unsigned char)*c >= 0x80)
            return false;
    return strstr(s, "=?") == NULL;
}

/* One line, without blanks at its ends. */
static const char *
one_line(struct arena *arena, const char *s)
{
    char *line = arena_copy(arena, s, strlen(s));
    char *end = line + strlen(line);

    for (char *c = line; *c != '\0'; c++)
        if (is_control(*c))
            *c = ' ';
    while (end > line && end[-1] == ' ')
        *--end = '\0';
    return line + strspn(line, " ");
}

/* How many of the n bytes fit into `most` without cutting a character in two. */
static size_t
whole_characters(const char *s, size_t n, size_t most)
{
    size_t end = n < most ? n : most;

    while (end > 0 && end < n && ((unsigned char)s[end] & 0xc0) == 0x80)
        end--;
    return end > 0 ? end : n < most ? n : most;
}

/* Encoded words, one a line. */
static void
add_encoded(struct buf *out, const char *s)
{
    size_t n = strlen(s);

    for (size_t at = 0; at < n;) {
        size_t piece = whole_characters(s + at, n - at, WORD_BYTES);
        buf_printf(out, "%s=?utf-8?B?%s?=", at == 0 ? "" : "\r\n ",
            base64_encode(out->arena, s + at, piece));
        at += piece;
    }
}

/* "name: " and what anybody wrote. */
static void
add_text(struct buf *out, const char *name, const char *value)
{
    const char *line = one_line(out->arena, value);

    buf_printf(out, "%s: ", name);
    if (is_plain(line) && strlen(name) + 2 + strlen(line) <= LINE_MAX_)
        buf_text(out, line);
    else
        add_encoded(out, line);
    buf_text(out, "\r\n");
}

/* As a quoted string (RFC 5322, 3.2.4); NULL when it is none, or too long for a line. */
static const char *
quoted(struct arena *arena, const char *name)
{
    struct buf out = buf_new(arena, LINE_MAX_ / 2);

    if (!is_plain(name))
        return NULL;
    buf_char(&out, '"');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buf_char(&out, '\\');
        buf_char(&out, *c);
    }
    buf_char(&out, '"');
    return out.over ? NULL : buf_string(&out);
}

/* A name before an address (RFC 5322, 3.4), quoted or encoded. */
static void
add_name(struct buf *out, const char *value)
{
    const char *name = one_line(out->arena, value), *as_is = quoted(out->arena, name);

    if (*name == '\0')
        return;
    if (as_is != NULL)
        buf_text(out, as_is);
    else
        add_encoded(out, name);
    buf_text(out, "\r\n ");
}

static void
add_mailbox(struct buf *out, const char *header, const char *name, const char *address)
{
    buf_printf(out, "%s: ", header);
    add_name(out, name);
    buf_printf(out, "<%s>\r\n", address);
}

/* "Fri, 20 Nov 2026 20:00:00 +0000": the form of HTTP but for the zone. */
static void
add_date(struct buf *out, int64_t time)
{
    buf_printf(out, "Date: %.25s +0000\r\n", time_http(out->arena, time));
}

static void
add_head(struct buf *out, const struct mail_message *m)
{
    add_date(out, m->time);
    add_mailbox(out, "From", m->from_name, m->from);
    add_mailbox(out, "To", m->to_name, m->to);
    if (m->reply_to != NULL)
        add_mailbox(out, "Reply-To", m->from_name, m->reply_to);
    add_text(out, "Subject", m->subject);
    buf_printf(out, "Message-ID: <%s>\r\n", m->id);
    buf_printf(out, "Content-Language: %s\r\n", m->language);
    buf_text(out, "Auto-Submitted: auto-generated\r\n"); /* RFC 3834: no out-of-office answers */
    if (m->stop_url != NULL)
        buf_printf(out,
            "List-Unsubscribe: <%s>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            m->stop_url);
    buf_text(out, "MIME-Version: 1.0\r\n");
}

/* ---------------------------------------------------------------- bodies */

/* Is what stands at s the end of a line? Then how long it is. */
static size_t
line_end(const char *s)
{
    return s[0] == '\r' ? s[1] == '\n' ? 2 : 1 : s[0] == '\n' ? 1 : 0;
}

/*
 * Quoted-printable (RFC 2045, 6.7). A dot or "From " at the beginning of a line are encoded, too:
 * they mean something on the way.
 */
static void
add_quoted(struct buf *out, const char *s)
{
    size_t column = 0;

    for (; *s != '\0'; s++) {
        size_t end = line_end(s);
        if (end > 0) {
            buf_text(out, "\r\n");
            column = 0;
            s += end - 1;
            continue;
        }
        if (is_control(*s) && *s != '\t')
            continue;
        bool last = s[1] == '\0' || line_end(s + 1) > 0;
        bool quoted = (unsigned char)*s >= 0x80 || *s == '=' || *s == '\t' || (*s == ' ' && last) ||
                      (column == 0 && (*s == '.' || strncmp(s, "From ", 5) == 0));
        size_t width = quoted ? 3 : 1;
        if (column + width > LINE_MAX_ - 1) {
            buf_text(out, "=\r\n");
            column = 0;
            quoted = quoted || *s == '.' || *s == 'F';
            width = quoted ? 3 : 1;
        }
        if (quoted)
            buf_printf(out, "=%02X", (unsigned)(unsigned char)*s);
        else
            buf_char(out, *s);
        column += width;
    }
    if (column > 0)
        buf_text(out, "\r\n");
}

static void
add_plain_part(struct buf *out, const struct mail_message *m)
{
    buf_text(out, "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    add_quoted(out, m->text);
}

/* In base64, so that no server on the way changes a line's end or folds one. */
static void
add_calendar_part(struct buf *out, const struct mail_message *m)
{
    const char *bytes = m->calendar;

    buf_printf(out,
        "Content-Type: text/calendar; charset=utf-8; method=%s\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n",
        m->method);
    for (size_t at = 0; at < m->n_calendar; at += CALENDAR_LINE) {
        size_t n = m->n_calendar - at < CALENDAR_LINE ? m->n_calendar - at : CALENDAR_LINE;
        buf_printf(out, "%s\r\n", base64_encode(out->arena, bytes + at, n));
    }
}

void
mail_write(struct buf *out, const struct mail_message *m)
{
    add_head(out, m);
    if (m->calendar == NULL) {
        add_plain_part(out, m);
        return;
    }
    /* a boundary may not stand in a part: neither encoding writes "=_" */
    const char *boundary = arena_printf(out->arena, "=_%.40s", m->id);
    buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", boundary);
    buf_printf(out, "--%s\r\n", boundary);
    add_plain_part(out, m);
    buf_printf(out, "--%s\r\n", boundary);
    add_calendar_part(out, m);
    buf_printf(out, "--%s--\r\n", boundary);
}
