#include "mail/address.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/uri.h"

#define LOCAL_MAX 64
#define LABEL_MAX 63

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

/* A dot-atom (RFC 5322, 3.2.3). */
static bool
is_local(const char *s, size_t n)
{
    static const char atext[] = LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~";

    for (size_t i = 0; i < n; i++)
        if (s[i] == '.' ? i == 0 || i == n - 1 || s[i - 1] == '.' : strchr(atext, s[i]) == NULL)
            return false;
    return n > 0 && n <= LOCAL_MAX;
}

static bool
is_label(const char *s, size_t n)
{
    return n > 0 && n <= LABEL_MAX && s[0] != '-' && s[n - 1] != '-' &&
           strspn(s, LETTERS DIGITS "-") >= n;
}

/* Labels with dots between them; the last is no number, so it is no address of a machine. */
static bool
is_domain(const char *s)
{
    int labels = 0;

    for (;; s++) {
        size_t n = strcspn(s, ".");
        if (!is_label(s, n))
            return false;
        labels++;
        if (s[n] == '\0')
            return labels > 1 && strspn(s, DIGITS) < n;
        s += n;
    }
}

bool
mail_address(struct arena *arena, const char *typed, const char **address)
{
    char *s = arena_printf(arena, "%s", text_trim(arena, typed));
    char *at = strchr(s, '@');

    if (at == NULL || strlen(s) > MAIL_ADDRESS_MAX || !is_local(s, (size_t)(at - s)) ||
        !is_domain(at + 1))
        return false;
    for (char *c = at + 1; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    *address = s;
    return true;
}

bool
mail_address_of_uri(struct arena *arena, const char *uri, const char **address)
{
    static const char scheme[] = "mailto:";
    const size_t n = sizeof scheme - 1;

    if (strlen(uri) < n || !text_same_nocase(arena_copy(arena, uri, n), scheme))
        return false;
    const char *decoded = uri_decode(arena, uri + n, strcspn(uri + n, "?"), false);
    return decoded != NULL && mail_address(arena, decoded, address);
}
