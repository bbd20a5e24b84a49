#ifndef HTTP_WORKER_H
#define HTTP_WORKER_H

#include <stdbool.h>

struct app;
struct db_news;
struct exchange;
struct workers;

/* n threads that run handlers, each with a connection to the database. FIFO. */
struct workers *workers_start(
    const struct app *, int n, struct db_news *, void (*done)(struct exchange *));
/* Takes an exchange in step ADMITTING or RUNNING; false when the queue is full or ends. */
bool workers_take(struct workers *, struct exchange *);
/* Queued exchanges are answered with 503, running ones come to their end. */
void workers_stop(struct workers *);
void workers_free(struct workers *);

int workers_busy(struct workers *);
int workers_queued(struct workers *);

#endif
