#ifndef CALENDARS_SCHEDULE_PLAN_H
#define CALENDARS_SCHEDULE_PLAN_H

#include "modules/calendars/object.h"
#include "modules/calendars/schedule/group.h"
#include "modules/calendars/schedule/schedule.h"
#include "webdav/dav.h"

/*
 * What follows for others when somebody stores or removes an object (RFC 6638, 3.2): found out
 * before anything is written, then put into the queue behind it, in the same transaction. PUT, COPY
 * and MOVE, and pages, all come by here.
 */

/* Preconditions of RFC 6638, 3.2.4, and limits of ours. */
extern const struct condition UNIQUE_SCHEDULING_OBJECT, SAME_ORGANIZER, ORGANIZER_CHANGE,
    ATTENDEE_CHANGE, TOO_MANY_INVITED;

/* What is known of the object that is there. */
struct schedule_known {
    enum schedule_role role;
    const char *tag;        /* NULL: none */
    int64_t organizer_node; /* 0: unknown */
};
fallible schedule_known(struct request *, int64_t node, struct schedule_known *);

struct schedule_plan {
    struct schedule_known now;
    const char *bytes; /* what is to be stored, and whether that is not what was sent */
    size_t n;
    bool altered;
    struct schedule_message *message;
    int n_messages;
    struct group_telling groups;
};

/*
 * Of an object (n bytes, read as `new`) that is about to be stored at node. before: what is there
 * and has a role, or NULL; known: of that. Preconditions as above.
 */
struct schedule_write {
    const struct dav_node *node;
    const struct schedule_known *known;
    const char *before;
    size_t n_before;
    const struct calendar_object *new;
    const char *bytes;
    size_t n;
};
fallible schedule_plan_write(
    struct request *, const struct schedule_write *, struct schedule_plan *);

/* Of one that is removed; what is there has a role. */
fallible schedule_plan_remove(struct request *, const struct dav_node *,
    const struct schedule_known *, const char *bytes, size_t n, struct schedule_plan *);

/* Behind the write: notes what it is now, and sends the messages. */
fallible schedule_carry_out(
    struct request *, const struct dav_node *, const struct schedule_plan *);

/* The same of a copy that has been made as it was (its etag), at a free name. */
fallible schedule_arrive(struct request *, const struct dav_node *, const char *etag,
    const struct schedule_plan *);

/* The precondition If-Schedule-Tag-Match (8.3), for struct dav_kind. */
fallible schedule_precondition(struct request *, const struct dav_node *);

#endif
