#include <stdio.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "webdav/conditions.h"
#include "webdav/principal.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/store.h"
#include "webdav/xml.h"

/* The live properties that every node has: RFC 4918, 3744 (read side), 3253, 4331, 5397, 6578. */

#define GETTER(name)                                                                               \
    static fallible name(struct request *rq UNUSED, const struct dav_node *node UNUSED,            \
        struct xml_out *x UNUSED, enum dav_got *got UNUSED)

/* Not by printf, for the same reason as time_http(). */
static void
write_number(struct xml_out *x, int64_t v)
{
    char digits[24], *p = digits + sizeof digits - 1;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;

    *p = '\0';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (v < 0)
        *--p = '-';
    xml_text(x, p);
}

/* The value, or absent when there is none. */
static fallible
text_or_absent(struct xml_out *x, const char *text, enum dav_got *got)
{
    if (text == NULL)
        *got = DAV_ABSENT;
    xml_text(x, text);
    return NULL;
}

/* ---- RFC 4918 ---- */

GETTER(get_resourcetype)
{
    if (node->collection)
        xml_leaf(x, NS_DAV, "collection", NULL);
    if (node->kind->type != NULL)
        xml_leaf(x, node->kind->type->ns, node->kind->type->name, NULL);
    return NULL;
}

/* What a client set it to, else the name. */
GETTER(get_displayname)
{
    const struct dav_batch *batch = dav_state(rq)->batch;
    const struct dead_property *dead =
        batch == NULL ? NULL : dead_find(batch, node->id, NS_DAV, "displayname");

    if (dead != NULL && node->id != 0)
        xml_raw(x, dead->value);
    else
        xml_text(x, node->display_name != NULL ? node->display_name : node->name);
    return NULL;
}

static fallible
set_displayname(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    return dead_set(rq, node, &(struct prop_name){ NS_DAV, "displayname" }, value);
}

GETTER(get_length)
{
    write_number(x, node->length);
    return NULL;
}

GETTER(get_type)
{
    return text_or_absent(x, node->type, got);
}

GETTER(get_etag)
{
    if (node->etag == NULL)
        return text_or_absent(x, NULL, got);
    xml_text(x, "\"");
    xml_text(x, node->etag);
    xml_text(x, "\"");
    return NULL;
}

GETTER(get_modified)
{
    return text_or_absent(
        x, node->modified == 0 ? NULL : time_http(rq->arena, node->modified), got);
}

/* Kept from clients: what they copy stays as old as it is. Removing it means nothing. */
static fallible
set_modified(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    int64_t us;

    if (value == NULL || node->collection)
        return REFUSE(rq->arena, PROTECTED_PROPERTY);
    if (!time_from_http(text_trim(rq->arena, value->text), &us))
        return REFUSE(rq->arena, CONFLICT);
    return store_set_modified(rq, node, us);
}

GETTER(get_created)
{
    return text_or_absent(
        x, node->created == 0 ? NULL : time_rfc3339(rq->arena, node->created), got);
}

static void
write_lock_entry(struct xml_out *x, const char *scope)
{
    xml_open(x, NS_DAV, "lockentry");
    xml_open(x, NS_DAV, "lockscope");
    xml_leaf(x, NS_DAV, scope, NULL);
    xml_close(x);
    xml_open(x, NS_DAV, "locktype");
    xml_leaf(x, NS_DAV, "write", NULL);
    xml_close(x);
    xml_close(x);
}

GETTER(get_supportedlock)
{
    if (node->id == 0)
        return NULL;
    write_lock_entry(x, "exclusive");
    write_lock_entry(x, "shared");
    return NULL;
}

GETTER(get_lockdiscovery)
{
    const struct dav_batch *batch = dav_state(rq)->batch;
    struct lock_list locks;

    if (batch != NULL)
        locks = batch->locks;
    else
        TRY(lock_load(rq, node, 1, &locks));
    lock_write_discovery(rq, x, &locks, node);
    return NULL;
}

/* ---- RFC 4331 ---- */

static fallible
get_quota(struct request *rq, const struct dav_node *node, int64_t *used, int64_t *available,
    enum dav_got *got)
{
    *got = DAV_ABSENT;
    if (node->kind->quota == NULL)
        return NULL;
    *got = DAV_VALUE;
    return node->kind->quota(rq, node, used, available);
}

GETTER(get_quota_available)
{
    int64_t used = 0, available = 0;

    TRY(get_quota(rq, node, &used, &available, got));
    write_number(x, available < 0 ? 0 : available);
    return NULL;
}

GETTER(get_quota_used)
{
    int64_t used = 0, available = 0;

    TRY(get_quota(rq, node, &used, &available, got));
    write_number(x, used);
    return NULL;
}

/* ---- RFC 3744 and 5397 ---- */

GETTER(get_current_user_principal)
{
    if (rq->who->person == 0)
        xml_leaf(x, NS_DAV, "unauthenticated", NULL);
    else
        xml_href(x, principal_self(rq));
    return NULL;
}

static void
write_privilege_of(struct xml_out *x, const char *ns, const char *name)
{
    xml_open(x, NS_DAV, "privilege");
    xml_leaf(x, ns, name, NULL);
    xml_close(x);
}

static void
write_privilege(struct xml_out *x, const char *name)
{
    write_privilege_of(x, NS_DAV, name);
}

/* Spelled out: clients look for the single ones and ignore "all" (cl-C12). */
GETTER(get_privileges)
{
    static const char *const writing[] = { "write", "write-properties", "write-content", "bind",
        "unbind", "unlock" };

    if (node->rights & MAY_MANAGE)
        write_privilege(x, "all");
    write_privilege(x, "read");
    for (const struct dav_privilege *p = node->kind->privileges; p != NULL && p->name != NULL; p++)
        write_privilege_of(x, p->ns, p->name);
    write_privilege(x, "read-current-user-privilege-set");
    for (size_t i = 0; (node->rights & MAY_WRITE) && i < COUNT_OF(writing); i++)
        write_privilege(x, writing[i]);
    return NULL;
}

static void
open_supported_of(
    struct xml_out *x, const char *ns, const char *privilege, const char *description)
{
    xml_open(x, NS_DAV, "supported-privilege");
    write_privilege_of(x, ns, privilege);
    xml_open(x, NS_DAV, "description");
    xml_attribute(x, "xml:lang", "en");
    xml_text(x, description);
    xml_close(x);
}

static void
open_supported(struct xml_out *x, const char *privilege, const char *description)
{
    open_supported_of(x, NS_DAV, privilege, description);
}

static void
supported(struct xml_out *x, const char *privilege, const char *description)
{
    open_supported(x, privilege, description);
    xml_close(x);
}

/* Those of a kind that `in` holds, with those that they hold. */
static void
supported_own(struct xml_out *x, const struct dav_privilege *all, const char *in)
{
    for (const struct dav_privilege *p = all; p != NULL && p->name != NULL; p++) {
        if ((p->in == NULL) != (in == NULL) || (in != NULL && strcmp(p->in, in) != 0))
            continue;
        open_supported_of(x, p->ns, p->name, p->is);
        supported_own(x, all, p->name);
        xml_close(x);
    }
}

GETTER(get_supported_privileges)
{
    open_supported(x, "all", "Everything");
    open_supported(x, "read", "Read");
    supported_own(x, node->kind->privileges, NULL);
    xml_close(x);
    supported(x, "read-current-user-privilege-set", "See one's own rights");
    open_supported(x, "write", "Write");
    supported(x, "write-properties", "Change properties");
    supported(x, "write-content", "Change content");
    supported(x, "bind", "Add members");
    supported(x, "unbind", "Remove members");
    xml_close(x);
    supported(x, "unlock", "Remove one's own locks");
    xml_close(x);
    return NULL;
}

GETTER(get_owner)
{
    const char *href;

    TRY(principal_owner(rq, &node->policy, &href));
    if (href == NULL)
        *got = DAV_ABSENT;
    else
        xml_href(x, href);
    return NULL;
}

GETTER(get_principal_collections)
{
    xml_href(x, "/dav/principals/");
    return NULL;
}

/* ---- RFC 3253, 6578, 5842 and CalendarServer ---- */

static void
write_report(struct xml_out *x, const struct dav_report *r)
{
    xml_open(x, NS_DAV, "supported-report");
    xml_open(x, NS_DAV, "report");
    xml_leaf(x, r->ns, r->name, NULL);
    xml_close(x);
    xml_close(x);
}

GETTER(get_reports)
{
    for (const struct dav_report *r = reports_common; r->name != NULL; r++)
        if (report_applies(r, node))
            write_report(x, r);
    for (const struct dav_report *r = node->kind->reports; r != NULL && r->name != NULL; r++)
        write_report(x, r);
    return NULL;
}

/* Clients ask for its token and its tag together. */
static fallible
stands(struct request *rq, const struct dav_node *node, const struct dav_changes **changes)
{
    struct dav_stands *last = dav_state(rq)->batch->stands;

    if (last->node == 0 || last->node != node->id) {
        last->changes = (struct dav_changes){ .token = NULL };
        if (node->kind->changes != NULL)
            TRY(node->kind->changes(rq, node, NULL, 0, &last->changes));
        last->node = node->id;
    }
    *changes = &last->changes;
    return NULL;
}

GETTER(get_sync_token)
{
    const struct dav_changes *changes;

    TRY(stands(rq, node, &changes));
    return text_or_absent(x, changes->token, got);
}

GETTER(get_ctag)
{
    const struct dav_changes *changes;

    TRY(stands(rq, node, &changes));
    return text_or_absent(x, changes->ctag, got);
}

GETTER(get_resource_id)
{
    if (node->id == 0)
        *got = DAV_ABSENT;
    else
        xml_href(x, arena_printf(rq->arena, "urn:chapterd:node:%lld", (long long)node->id));
    return NULL;
}

const struct dav_property props_common[] = {
    { NS_DAV, "resourcetype", ON_ALL | IN_ALLPROP, .get = get_resourcetype },
    { NS_DAV, "displayname", ON_ALL | IN_ALLPROP, .get = get_displayname, .set = set_displayname },
    { NS_DAV, "getcontentlength", ON_MEMBER | IN_ALLPROP, .get = get_length },
    { NS_DAV, "getcontenttype", ON_MEMBER | IN_ALLPROP, .get = get_type },
    { NS_DAV, "getetag", ON_ALL | IN_ALLPROP, .get = get_etag },
    { NS_DAV, "getlastmodified", ON_ALL | IN_ALLPROP, .get = get_modified, .set = set_modified },
    { NS_DAV, "creationdate", ON_ALL | IN_ALLPROP, .get = get_created },
    { NS_DAV, "supportedlock", ON_ALL | IN_ALLPROP, .get = get_supportedlock },
    { NS_DAV, "lockdiscovery", ON_ALL | IN_ALLPROP, .get = get_lockdiscovery },
    { NS_DAV, "quota-available-bytes", ON_COLLECTION, .get = get_quota_available },
    { NS_DAV, "quota-used-bytes", ON_COLLECTION, .get = get_quota_used },
    { NS_DAV, "current-user-principal", ON_ALL, .get = get_current_user_principal },
    { NS_DAV, "current-user-privilege-set", ON_ALL, .get = get_privileges },
    { NS_DAV, "supported-privilege-set", ON_ALL, .get = get_supported_privileges },
    { NS_DAV, "owner", ON_ALL, .get = get_owner },
    { NS_DAV, "principal-collection-set", ON_ALL, .get = get_principal_collections },
    { NS_DAV, "supported-report-set", ON_ALL, .get = get_reports },
    { NS_DAV, "sync-token", ON_COLLECTION, .get = get_sync_token },
    { NS_DAV, "resource-id", ON_ALL, .get = get_resource_id },
    { NS_CS, "getctag", ON_COLLECTION, .get = get_ctag },
    { .name = NULL },
};
