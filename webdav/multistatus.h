#ifndef WEBDAV_MULTISTATUS_H
#define WEBDAV_MULTISTATUS_H

#include "base/error.h"

struct arena;
struct request;
struct response;
struct xml_out;

/* An XML reply of any status, with the DAV header (cl-B2). End it with xml_end(). */
struct xml_out *dav_xml(struct request *, struct response *, int status);

/* 207: opens <multistatus>; the caller closes it and calls xml_end(). */
struct xml_out *multistatus_begin(struct request *, struct response *);
void multistatus_end(struct xml_out *);

/* <D:status>HTTP/1.1 404 Not Found</D:status>: clients compare the whole line (cl-C1). */
void multistatus_status(struct xml_out *, int status);
/* A <response> that is a status alone: no propstat (cl-C10). cond may be NULL. */
void multistatus_response(
    struct xml_out *, const char *href, int status, const struct condition *cond);
/* <D:error><D:name/></D:error>, with what RFC 3744 and 4918 want inside; nothing when cond has no
 * name. detail: a sentence for people beside it, which programs show or pass over (RFC 4918, 16);
 * may be NULL. */
void multistatus_error(
    struct xml_out *, const struct condition *cond, const char *href, const char *detail);

#endif
