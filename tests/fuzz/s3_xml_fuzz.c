#include <string.h>

#include "blob/s3.h"
#include "tests/fuzz/fuzz.h"

/* Whatever a store answers: elements are found in order, and keys that are taken are ours. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n), *at = text, *key;
    unsigned char hash[SHA256_SIZE];
    struct blob_owner owner;
    int64_t us;

    while ((key = s3_element(arena, &at, "Key")) != NULL) {
        MUST(at > text && at <= text + strlen(text) && strchr(key, '\0') != NULL);
        if (s3_key_parse(arena, key, &owner, hash)) {
            struct blob_place place = blob_place(owner, hash);
            MUST(strcmp(s3_key(arena, &place) + 1, key) == 0);
        }
    }
    at = text;
    if ((key = s3_element(arena, &at, "LastModified")) != NULL && s3_time(key, &us))
        MUST(us > INT64_C(-70000000000000000) && us < INT64_C(300000000000000000));
}
