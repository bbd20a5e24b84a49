#ifndef HTTP_SPOOL_H
#define HTTP_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct blob_store;
struct blob_writer;
struct exchange;
struct spool;
struct upload;

/*
 * Threads that write uploads to the store and hash them, so that the event
 * threads never wait for a disk. What the event threads copy is at most 1 MiB an
 * upload; past that the connection is suspended until there is room.
 */
struct spool *spool_start(struct blob_store *, int threads, void (*suspend)(struct exchange *),
    void (*resume)(struct exchange *), void (*complete)(struct exchange *));
/* Writes what is queued, ends the threads. Later uploads fail with TRY_LATER. */
void spool_stop(struct spool *);
void spool_free(struct spool *);

/* NULL when there are so many uploads already that their pieces would fill the memory. */
struct upload *upload_new(struct spool *, struct exchange *);
/* Copies up to n bytes and returns how many. Fewer: `suspend` has been called, `resume` will be. */
size_t upload_take(struct upload *, const char *p, size_t n);
/* What went wrong so far, in the arena; NULL. */
fallible upload_error(struct upload *, struct arena *);
/* No more bytes will come. The connection is suspended; `complete` is called when all is written.
 */
void upload_end(struct upload *);
/* After `complete`: the writer, which stays the upload's. */
struct blob_writer *upload_writer(struct upload *);
/* At any time. */
void upload_free(struct upload *);

#endif
