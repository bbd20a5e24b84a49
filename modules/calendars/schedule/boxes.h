#ifndef CALENDARS_BOXES_H
#define CALENDARS_BOXES_H

#include "webdav/dav.h"

/*
 * Where messages come to somebody and where she sends them (RFC 6638, 2): two collections of her
 * own beside her calendars. What is in the inbox she can read and delete; it goes by itself after
 * some months. In the outbox there is never anything.
 */
extern const struct dav_kind inbox_kind, inbox_item_kind, outbox_kind;

/* For schedule-inbox-URL and schedule-outbox-URL of her own principal (2.2.1, 2.1.1). */
fallible box_get_url(struct request *, const struct dav_node *, const char *box, struct xml_out *,
    enum dav_got *);

/* schedule-calendar-transp of a calendar (9.1). */
fallible transp_get(
    struct request *, const struct dav_node *, struct xml_out *, enum dav_got *);
fallible transp_set(struct request *, const struct dav_node *, const struct xml_in *value);

/* schedule-tag of an object (9.3). */
fallible tag_ask(struct request *, const struct dav_node *, const struct xml_in *, void **);
fallible tag_prepare(struct request *, const struct dav_node *, int n, void *asked);
fallible tag_get(struct request *, const struct dav_node *, struct xml_out *, enum dav_got *);

#endif
