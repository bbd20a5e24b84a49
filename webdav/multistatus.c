#include "webdav/multistatus.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "http/request.h"
#include "http/response.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 204, "No Content" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 409, "Conflict" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 415, "Unsupported Media Type" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 500, "Internal Server Error" },
    { 503, "Service Unavailable" },
    { 507, "Insufficient Storage" },
};

struct xml_out *
dav_xml(struct request *rq, struct response *rs, int status)
{
    response_status(rs, status);
    dav_headers(rq, rs);
    return xml_write(rq->arena, response_text(rs, "application/xml; charset=utf-8"));
}

struct xml_out *
multistatus_begin(struct request *rq, struct response *rs)
{
    struct xml_out *x = dav_xml(rq, rs, 207);

    xml_open(x, NS_DAV, "multistatus");
    return x;
}

void
multistatus_end(struct xml_out *x)
{
    xml_close(x);
    xml_end(x);
}

void
multistatus_status(struct xml_out *x, int status)
{
    char line[64];
    const char *phrase = "Error";

    if (status == 200) { /* nearly all of them */
        xml_leaf(x, NS_DAV, "status", "HTTP/1.1 200 OK");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (phrases[i].status == status)
            phrase = phrases[i].phrase;
    snprintf(line, sizeof line, "HTTP/1.1 %d %s", status, phrase);
    xml_leaf(x, NS_DAV, "status", line);
}

void
multistatus_response(struct xml_out *x, const char *href, int status, const struct condition *cond)
{
    xml_open(x, NS_DAV, "response");
    xml_href(x, href);
    multistatus_status(x, status);
    if (cond != NULL)
        multistatus_error(x, cond, NULL, NULL);
    xml_close(x);
}

/* Of elements that no RFC has. */
#define NS_OURS "urn:chapterd"

/* RFC 3744, 7.1.1: what is missing, and where. */
static void
write_privilege(struct xml_out *x, const char *href, const char *privilege)
{
    xml_open(x, NS_DAV, "resource");
    xml_href(x, href);
    xml_open(x, NS_DAV, "privilege");
    xml_leaf(x, NS_DAV, privilege, NULL);
    xml_close(x);
    xml_close(x);
}

void
multistatus_error(
    struct xml_out *x, const struct condition *cond, const char *href, const char *detail)
{
    const char *ns = cond->ns, *name = cond->name;

    if (cond == &STORAGE_FULL) { /* RFC 4331, 6 */
        ns = NS_DAV;
        name = "quota-not-exceeded";
    }
    if (name == NULL)
        return;
    xml_open(x, NS_DAV, "error");
    xml_open(x, ns, name);
    if (href != NULL && (cond == &NEED_WRITE || cond == &NEED_READ))
        write_privilege(x, href, cond == &NEED_WRITE ? "write" : "read");
    else if (href != NULL)
        xml_href(x, href);
    xml_close(x);
    if (detail != NULL)
        xml_leaf(x, NS_OURS, "detail", detail);
    xml_close(x);
}
