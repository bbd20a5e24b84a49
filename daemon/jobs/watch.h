#ifndef JOBS_WATCH_H
#define JOBS_WATCH_H

struct app;

/*
 * What processes tell each other through the database (NOTIFY). fn runs on the
 * watcher's thread; payload is NULL when notifications may have been missed, so
 * that everything remembered must be dropped. Channel names are plain words.
 */
struct watched {
    const char *channel;
    void (*fn)(const struct app *, const char *payload);
};

/*
 * The table ends with a NULL channel and has at most 7 rows. Subscribes, tells everybody that all
 * is to be dropped, and starts one thread: who starts to remember after it misses nothing.
 */
struct watch;
struct watch *watch_start(const struct app *, const struct watched *);
void watch_stop(struct watch *);

#endif
