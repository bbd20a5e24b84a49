#ifndef HTTP_MHD_H
#define HTTP_MHD_H

/* libmicrohttpd, for front.c and reply.c alone. */
#include <microhttpd.h>

struct exchange;

/* Queues ex->reply. Event thread, in the first or the last call for a request. */
enum MHD_Result reply_send(struct exchange *);

#endif
