#ifndef CALENDARS_SCHEDULE_IN_H
#define CALENDARS_SCHEDULE_IN_H

#include "modules/calendars/schedule/schedule_plan.h"

struct buf;
struct request;

/* Private to schedule_*.c: one change of one object. */
struct planning {
    struct request *rq;
    const struct dav_node *node;
    struct schedule_plan *plan;
    struct calendar_self self; /* who asks; the owner of a calendar of a person */
    const char *now;           /* for DTSTAMP */
    const struct itip_parts *before; /* that it had a role; or NULL */
    size_t n_before;
    struct itip_parts after; /* of a removal: what is removed */
    const char *organizer, *attendee, *attendee_before; /* addresses, or NULL */
    struct itip_status *status; /* room for all who are invited, and the organizer */
    int n_status;
    int room, room_groups; /* for messages */
    int counted;
    size_t bytes_sent;
};

struct planning planning_of(struct request *, const struct dav_node *, struct schedule_plan *);

/* schedule_plan.c */
void plan_message(struct planning *, const struct schedule_message *);
void plan_status(struct planning *, const char *address, const char *status);
fallible plan_reread(struct planning *, const char *bytes, size_t n);

/* schedule_organizer.c, schedule_attendee.c: fill the plan. */
fallible plan_organizer(struct planning *);
fallible plan_cancel(struct planning *);
fallible plan_attendee(struct planning *);
fallible plan_decline(struct planning *);

/*
 * schedule_group.c: a message for all who are in a group (REQUEST or CANCEL as for its address), once
 * it is clear who is told by herself. quiet: nobody needs to hear of it now, but who joins later.
 */
fallible plan_group(struct planning *, const struct calendar_user *, const char *address,
    enum itip_method, const struct buf *, bool quiet, const char **status);
void plan_group_besides(struct planning *, const struct calendar_user *, int n);

/* May the server send in place of her program (SCHEDULE-AGENT, RFC 6638, 7.1)? */
bool schedule_is_server_s(const struct ical_line *);
/* SCHEDULE-FORCE-SEND of a line (7.2), or NULL. */
bool schedule_is_forced(const struct ical_line *, const char *method);

#endif
