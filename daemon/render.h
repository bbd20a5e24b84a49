#ifndef RENDER_H
#define RENDER_H

struct error;
struct request;
struct response;

/*
 * How a failure looks to this client: a DAV:error element where DAV is spoken,
 * JSON (RFC 9457) for who asks for it, a page in plain language for all others.
 */
void render_error(struct request *, struct response *, const struct error *);

#endif
