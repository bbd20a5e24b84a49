#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "blob/blob.h"
#include "http/range.h"

struct MHD_Response;
struct app;
struct db_news;
struct exchange;
struct response_source;
struct stream;
struct streams;

/*
 * Replies whose bytes come from somewhere slow (the S3 store) or are made on the way: fetched after the
 * commit by a few threads, a piece ahead of the client. A slow client holds two
 * pieces of memory, but no thread. The first piece is there before the head is sent,
 * so that a store that is down gives a status; an error later cuts the connection.
 */
struct streams *streams_start(const struct app *, struct db_news *, int threads);
/* Ends the threads. Connections that wait are resumed and cut. */
void streams_stop(struct streams *);
void streams_free(struct streams *);

/* The body of a reply: this range of a content. TRY_LATER when there are too many at once. */
fallible stream_new(struct streams *, struct exchange *, struct blob_owner,
    const struct blob_part *parts, int n_parts, const struct range *, struct stream **);
/* The same of what a source makes, which the stream then ends. TRY_LATER as above: then it is still
 * the caller's. */
fallible stream_of(
    struct streams *, struct exchange *, const struct response_source *, struct stream **);
/* A reply of the library's that sends it. It keeps the stream until it is destroyed. */
struct MHD_Response *stream_reply(struct stream *);
/* Fetches the first piece, then calls `ready` with the exchange; ex->reply is an error's when it
 * could not. The connection is suspended until then. */
void stream_begin(struct stream *, void (*ready)(struct exchange *));

#endif
