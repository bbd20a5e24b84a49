#ifndef CALENDARS_DELIVER_H
#define CALENDARS_DELIVER_H

#include "base/error.h"
#include "db/db.h"

struct app;
struct arena;

/*
 * Works waiting messages (schedule.h) into the calendars of those they are for. Each daemon has a
 * thread for it; they share the queue. A message is one transaction in the scope of its receiver,
 * which ends with the message: whatever dies in between, it is worked in once. Those to one receiver
 * go in their order; one that fails is tried again later and holds up no others.
 */
struct delivery;
struct delivery *delivery_start(const struct app *);
/* Waits for the message that is being worked in. NULL is allowed. */
void delivery_stop(struct delivery *);

/* What waits for one receiver, at most some; outside of a transaction. For the thread. */
fallible deliver_to(
    const struct app *, struct db *, struct arena *, const char *slug, int64_t person);

#endif
