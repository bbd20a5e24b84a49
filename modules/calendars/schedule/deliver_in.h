#ifndef CALENDARS_DELIVER_IN_H
#define CALENDARS_DELIVER_IN_H

#include "ical/itip.h"
#include "modules/calendars/schedule/deliver.h"
#include "q/schedule.h"

/* Private to deliver*.c: a message that is being worked in. */
struct delivering {
    const struct app *app;
    struct db *db;
    struct arena *arena;
    const struct schedule_take_row *row;
    struct itip_message message;
    const char *organizer; /* her address, or NULL */
};

/* An object as it is stored somewhere, and what it becomes. */
struct amended {
    int64_t node, collection; /* node 0: it is new */
    const char *name_key, *etag;
    int role;
    const char *tag; /* NULL: that of the new content */
    int64_t organizer_node;
    const char *bytes;
    size_t n;
};
/* Stores it with all that is derived of it. */
fallible deliver_store(struct delivering *, const struct amended *);
/* Puts the message itself into the inbox of who receives it, if that is a person. */
fallible deliver_note(struct delivering *);
fallible deliver_read(
    struct delivering *, const char *bytes, size_t n, struct itip_parts *);

/* Each works one kind of message in: deliver.c, deliver_reply.c. */
fallible deliver_reply(struct delivering *);

#endif
