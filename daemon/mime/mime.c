#include "mime/mime.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <gmime/gmime.h>

#include "base/macros.h"

#define DEPTH_MAX     8   /* multiparts in one another */
#define PARTS_MAX     100 /* of one multipart */
#define ADDRESSES_MAX 100

/* ---------------------------------------------------------------- charsets */

/* What mail programs write calendars in. Converters are files, so they are opened before. */
static const char *const charsets[] = { "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16" };

void
mime_begin(void)
{
    /* Open as long as the process: what nobody has open is unloaded. */
    static iconv_t volatile kept[COUNT_OF(charsets)] UNUSED;

    g_mime_init();
    for (size_t i = 0; i < COUNT_OF(charsets); i++)
        kept[i] = g_mime_iconv_open("utf-8", charsets[i]);
}

static bool
is_utf8(const char *charset)
{
    return charset == NULL || strcasecmp(charset, "utf-8") == 0 ||
           strcasecmp(charset, "us-ascii") == 0;
}

/* ---------------------------------------------------------------- telling */

struct teller {
    int out;
    bool broken;
    int addresses;
};

static void
tell(struct teller *t, const char *p, size_t n)
{
    while (n > 0 && !t->broken) {
        ssize_t done = write(t->out, p, n);
        t->broken = done <= 0;
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
}

/* An address with a blank or a control character is none that we gave out. */
static void
tell_address(struct teller *t, const char *address)
{
    if (address == NULL || t->addresses >= ADDRESSES_MAX)
        return;
    for (const char *c = address; *c != '\0'; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
            return;
    t->addresses++;
    tell(t, "to ", 3);
    tell(t, address, strlen(address));
    tell(t, "\n", 1);
}

static void
tell_list(struct teller *t, InternetAddressList *list, int depth)
{
    int n = list == NULL ? 0 : internet_address_list_length(list);

    for (int i = 0; i < n && t->addresses < ADDRESSES_MAX; i++) {
        InternetAddress *one = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_MAILBOX(one))
            tell_address(t, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one)));
        else if (INTERNET_ADDRESS_IS_GROUP(one) && depth == 0)
            tell_list(t, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), 1);
    }
}

/* ---------------------------------------------------------------- the head */

static bool
names_receivers(const char *header)
{
    static const char *const names[] = { "Envelope-To", "Delivered-To", "X-Original-To", "To",
        "Cc" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasecmp(header, names[i]) == 0)
            return true;
    return false;
}

static void
tell_head(struct teller *t, GMimeHeaderList *headers)
{
    int n = g_mime_header_list_get_count(headers);
    bool alone = false;

    for (int i = 0; i < n; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
        const char *name = g_mime_header_get_name(header),
                   *value = g_mime_header_get_raw_value(header);
        if (name == NULL || value == NULL)
            continue;
        value += strspn(value, " \t\r\n");
        if (names_receivers(name)) {
            InternetAddressList *list = internet_address_list_parse(NULL, value);
            tell_list(t, list, 0);
            if (list != NULL)
                g_object_unref(list);
        }
        alone = alone ||
                (strcasecmp(name, "Auto-Submitted") == 0 && strncasecmp(value, "no", 2) != 0) ||
                (strcasecmp(name, "Return-Path") == 0 && strncmp(value, "<>", 2) == 0);
    }
    if (alone)
        tell(t, "alone\n", 6);
}

/* ---------------------------------------------------------------- its calendar part */

static bool
is_calendar(GMimeObject *part)
{
    GMimeContentType *type = g_mime_object_get_content_type(part);

    return GMIME_IS_PART(part) && type != NULL &&
           (g_mime_content_type_is_type(type, "text", "calendar") ||
               g_mime_content_type_is_type(type, "application", "ics"));
}

/* Mails that were attached are other mails; their parts answer nothing. */
static GMimePart *
find_calendar(GMimeObject *part, int depth)
{
    if (part == NULL || is_calendar(part))
        return GMIME_PART(part);
    if (!GMIME_IS_MULTIPART(part) || depth >= DEPTH_MAX)
        return NULL;
    int n = g_mime_multipart_get_count(GMIME_MULTIPART(part));
    for (int i = 0; i < n && i < PARTS_MAX; i++) {
        GMimePart *found =
            find_calendar(g_mime_multipart_get_part(GMIME_MULTIPART(part), i), depth + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void
tell_calendar(struct teller *t, GMimePart *part)
{
    const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *memory = g_mime_stream_mem_new();
    GMimeStream *to = g_mime_stream_filter_new(memory);
    char head[40];

    GMimeFilter *filter = is_utf8(charset) ? NULL : g_mime_filter_charset_new(charset, "utf-8");
    if (filter != NULL)
        g_mime_stream_filter_add(GMIME_STREAM_FILTER(to), filter);
    if (content != NULL && g_mime_data_wrapper_write_to_stream(content, to) >= 0 &&
        g_mime_stream_flush(to) == 0) {
        GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
        int n = snprintf(head, sizeof head, "calendar %u\n", bytes->len);
        tell(t, head, (size_t)n);
        tell(t, (const char *)bytes->data, bytes->len);
    }
    if (filter != NULL)
        g_object_unref(filter);
    g_object_unref(to);
    g_object_unref(memory);
}

void
mime_tell(const char *mail, size_t n, int out)
{
    struct teller t = { .out = out };
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, n);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

    if (message != NULL) {
        tell_head(&t, g_mime_object_get_header_list(GMIME_OBJECT(message)));
        GMimePart *part = find_calendar(g_mime_message_get_mime_part(message), 0);
        if (part != NULL)
            tell_calendar(&t, part);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
}
