/* Media types. */
#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "modules/documents/documents.h"

#define TYPE_UNKNOWN "application/octet-stream"

/* What people of an association keep, and what their programs ask for. */
static const struct {
    const char *suffix, *type;
} types[] = {
    { "7z", "application/x-7z-compressed" },
    { "avi", "video/x-msvideo" },
    { "avif", "image/avif" },
    { "bmp", "image/bmp" },
    { "css", "text/css; charset=utf-8" },
    { "csv", "text/csv; charset=utf-8" },
    { "doc", "application/msword" },
    { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "eml", "message/rfc822" },
    { "epub", "application/epub+zip" },
    { "flac", "audio/flac" },
    { "gif", "image/gif" },
    { "gpx", "application/gpx+xml" },
    { "gz", "application/gzip" },
    { "heic", "image/heic" },
    { "htm", "text/html; charset=utf-8" },
    { "html", "text/html; charset=utf-8" },
    { "ics", "text/calendar; charset=utf-8" },
    { "jpeg", "image/jpeg" },
    { "jpg", "image/jpeg" },
    { "js", "text/javascript; charset=utf-8" },
    { "json", "application/json" },
    { "key", "application/vnd.apple.keynote" },
    { "m4a", "audio/mp4" },
    { "md", "text/markdown; charset=utf-8" },
    { "mkv", "video/x-matroska" },
    { "mov", "video/quicktime" },
    { "mp3", "audio/mpeg" },
    { "mp4", "video/mp4" },
    { "mpeg", "video/mpeg" },
    { "numbers", "application/vnd.apple.numbers" },
    { "odg", "application/vnd.oasis.opendocument.graphics" },
    { "odp", "application/vnd.oasis.opendocument.presentation" },
    { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
    { "odt", "application/vnd.oasis.opendocument.text" },
    { "oga", "audio/ogg" },
    { "ogg", "audio/ogg" },
    { "opus", "audio/ogg" },
    { "otf", "font/otf" },
    { "ott", "application/vnd.oasis.opendocument.text-template" },
    { "pages", "application/vnd.apple.pages" },
    { "pdf", "application/pdf" },
    { "png", "image/png" },
    { "ppt", "application/vnd.ms-powerpoint" },
    { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { "ps", "application/postscript" },
    { "rtf", "application/rtf" },
    { "sql", "application/sql" },
    { "svg", "image/svg+xml" },
    { "tar", "application/x-tar" },
    { "tgz", "application/gzip" },
    { "tif", "image/tiff" },
    { "tiff", "image/tiff" },
    { "ttf", "font/ttf" },
    { "txt", "text/plain; charset=utf-8" },
    { "vcf", "text/vcard; charset=utf-8" },
    { "wav", "audio/wav" },
    { "webm", "video/webm" },
    { "webp", "image/webp" },
    { "xhtml", "application/xhtml+xml" },
    { "xls", "application/vnd.ms-excel" },
    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "xml", "application/xml" },
    { "xz", "application/x-xz" },
    { "yaml", "application/yaml" },
    { "yml", "application/yaml" },
    { "zip", "application/zip" },
    { "zst", "application/zstd" },
};

const char *
type_by_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (dot == NULL || dot == name)
        return TYPE_UNKNOWN;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (text_same_nocase(dot + 1, types[i].suffix))
            return types[i].type;
    return TYPE_UNKNOWN;
}

/* Programs name these when they do not know. */
static bool
says_nothing(const char *type)
{
    static const char *const vague[] = { TYPE_UNKNOWN, "binary/octet-stream",
        "application/x-www-form-urlencoded" };

    for (size_t i = 0; i < COUNT_OF(vague); i++)
        if (text_same_nocase(type, vague[i]))
            return true;
    return false;
}

const char *
type_choose(const char *sent, const char *name)
{
    return sent == NULL || says_nothing(sent) ? type_by_name(name) : sent;
}
