/* What an entry of the directory says of somebody. */
#include "auth/ldap_in.h"

#include <string.h>

#include "auth/ldap_escape.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/token.h"

const char *
directory_group_key(struct arena *arena, const char *dn)
{
    LDAPDN parts = NULL;
    char *text = NULL;
    const char *key = NULL;

    if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || parts == NULL)
        return NULL;
    if (ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS) {
        char *lower = arena_copy(arena, text, strlen(text));
        for (char *c = lower; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c + ('a' - 'A'));
        key = lower;
    }
    ldap_memfree(text);
    ldap_dnfree(parts);
    return key;
}

/* The first value that is a text; NULL when there is none. */
static const char *
text_of(struct arena *arena, LDAP *ld, LDAPMessage *entry, const char *attribute)
{
    struct berval **values = attribute == NULL ? NULL : ldap_get_values_len(ld, entry, attribute);
    const char *text = NULL;

    for (int i = 0; values != NULL && values[i] != NULL && text == NULL; i++)
        if (values[i]->bv_len > 0 && text_is_name(values[i]->bv_val, values[i]->bv_len))
            text = arena_copy(arena, values[i]->bv_val, values[i]->bv_len);
    ldap_value_free_len(values);
    return text;
}

/* The stable identity: a text (entryUUID) or bytes (Active Directory's objectGUID). */
static const char *
id_of(struct arena *arena, LDAP *ld, LDAPMessage *entry, const char *attribute)
{
    struct berval **values = ldap_get_values_len(ld, entry, attribute);
    const char *id = NULL;

    if (values != NULL && values[0] != NULL && values[0]->bv_len > 0)
        id = text_is_name(values[0]->bv_val, values[0]->bv_len)
                 ? arena_copy(arena, values[0]->bv_val, values[0]->bv_len)
                 : hex_encode(arena, values[0]->bv_val, values[0]->bv_len);
    ldap_value_free_len(values);
    return id;
}

static void
set_groups(const struct directory *d, struct directory_person *p, const char **keys, int n)
{
    p->groups = (struct texts){ keys, n };
    p->groups_known = true;
    p->state_admin = false;
    for (int i = 0; i < n; i++)
        if (d->state_admins != NULL && strcmp(keys[i], d->state_admins) == 0)
            p->state_admin = true;
}

static void
read_member_of(const struct directory *d, struct arena *arena, LDAP *ld, LDAPMessage *entry,
    struct directory_person *p)
{
    struct berval **values = ldap_get_values_len(ld, entry, "memberOf");
    int n = ldap_count_values_len(values), found = 0;

    if (n == 0)
        return;
    const char **keys = NEW_ARRAY(arena, const char *, (size_t)n);
    for (int i = 0; i < n; i++) {
        const char *dn = arena_copy(arena, values[i]->bv_val, values[i]->bv_len);
        const char *key = directory_group_key(arena, dn);
        if (key != NULL)
            keys[found++] = key;
    }
    ldap_value_free_len(values);
    set_groups(d, p, keys, found);
}

bool
person_read(const struct directory *d, struct arena *arena, LDAP *ld, LDAPMessage *entry,
    struct directory_person *p)
{
    const struct config *config = d->config;
    char *dn = ldap_get_dn(ld, entry);

    *p = (struct directory_person){ .dn = dn == NULL ? NULL : arena_copy(arena, dn, strlen(dn)),
        .id = id_of(arena, ld, entry, config->ldap_id),
        .uid = text_of(arena, ld, entry, config->ldap_uid),
        .name = text_of(arena, ld, entry, config->ldap_name),
        .mail = text_of(arena, ld, entry, config->ldap_mail) };
    ldap_memfree(dn);
    /* "~" begins the names of those who wait for a new one, see people_refresh in SQL. */
    if (p->dn == NULL || p->id == NULL || p->uid == NULL || p->uid[0] == '~')
        return false;
    if (p->name == NULL)
        p->name = p->uid;
    read_member_of(d, arena, ld, entry, p);
    return true;
}

int
person_search_groups(struct directory *d, struct handle *h, int64_t deadline, struct arena *arena,
    struct directory_person *p)
{
    static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };
    const char *filter = arena_printf(arena, "(&%s(member=%s))", d->config->ldap_group_filter,
        filter_escape(arena, p->dn, strlen(p->dn)));
    LDAPMessage *found;
    int n = 0;

    if (d->config->ldap_group_base == NULL) {
        set_groups(d, p, NULL, 0);
        return LDAP_SUCCESS;
    }
    int rc = handle_search(
        d, h, deadline, d->config->ldap_group_base, LDAP_SCOPE_SUBTREE, filter, nothing, 0, &found);
    if (rc == LDAP_SUCCESS) {
        const char **keys =
            NEW_ARRAY(arena, const char *, (size_t)ldap_count_entries(h->ld, found) + 1);
        for (LDAPMessage *e = ldap_first_entry(h->ld, found); e != NULL;
             e = ldap_next_entry(h->ld, e)) {
            char *dn = ldap_get_dn(h->ld, e);
            const char *key = dn == NULL ? NULL : directory_group_key(arena, dn);
            if (key != NULL)
                keys[n++] = key;
            ldap_memfree(dn);
        }
        set_groups(d, p, keys, n);
    }
    ldap_msgfree(found);
    return rc;
}

const char *const *
person_attributes(const struct config *config, struct arena *arena)
{
    const char **a = NEW_ARRAY(arena, const char *, 6);
    int n = 0;

    a[n++] = config->ldap_id;
    a[n++] = config->ldap_uid;
    a[n++] = config->ldap_name;
    if (config->ldap_mail != NULL)
        a[n++] = config->ldap_mail;
    a[n++] = "memberOf";
    return a;
}
