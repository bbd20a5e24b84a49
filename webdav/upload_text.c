#include "webdav/upload_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static bool
is_plain(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < ' ' || p[i] == 0x7f)
            return false;
    return true;
}

const char *
metadata_value(struct arena *arena, const char *header, const char *key)
{
    const char *const *pair;
    int n = text_split(arena, header, ",", &pair);

    for (int i = 0; i < n; i++) {
        const char *word = text_trim(arena, pair[i]);
        size_t length = strcspn(word, " "), size;
        if (length != strlen(key) || strncmp(word, key, length) != 0)
            continue;
        const unsigned char *value = base64_decode(arena, text_trim(arena, word + length), &size);
        if (value == NULL || !is_plain(value, size))
            return NULL;
        return arena_copy(arena, (const char *)value, size);
    }
    return NULL;
}

/* One member of the dictionary: "key=:base64:", perhaps with parameters. */
static bool
read_member(struct arena *arena, const char *member, unsigned char sha256[SHA256_SIZE], bool *found)
{
    size_t key = strcspn(member, "="), size;

    if (key == 0 || member[key] == '\0' || member[key + 1] != ':')
        return false;
    const char *value = member + key + 2;
    size_t n = strcspn(value, ":");
    if (value[n] != ':' || (value[n + 1] != '\0' && value[n + 1] != ';'))
        return false;
    const unsigned char *digest = base64_decode(arena, arena_copy(arena, value, n), &size);
    if (digest == NULL)
        return false;
    if (key != strlen("sha-256") || strncmp(member, "sha-256", key) != 0)
        return true;
    if (size != SHA256_SIZE)
        return false;
    memcpy(sha256, digest, SHA256_SIZE);
    *found = true;
    return true;
}

bool
digest_read(struct arena *arena, const char *header, unsigned char sha256[SHA256_SIZE], bool *found)
{
    const char *const *member;
    int n = text_split(arena, header, ",", &member);

    *found = false;
    for (int i = 0; i < n; i++)
        if (!read_member(arena, text_trim(arena, member[i]), sha256, found))
            return false;
    return n > 0;
}
