#ifndef WEBDAV_HOME_H
#define WEBDAV_HOME_H

#include "base/error.h"
#include "webdav/dav.h"
#include "webdav/store.h"

/*
 * Homes: the collections of one kind (calendars, address books) of all chapters that somebody is
 * in, and her own, side by side under {prefix}/{uid}/, since clients look into one place alone
 * (Apple, DAVx5). There a chapter's is called "{slug}.{name}", her own "{name}". So one collection
 * has an address for each person: whatever is remembered of it goes by its number.
 */
struct home {
    struct store_tree tree;       /* prefix without the uid; flat */
    const struct dav_kind *kind;  /* of the homes; .children is home_children */
    const struct dav_kind *above; /* of {prefix}/ itself; .children is home_list */
};

/* For mounts: their scope and find. Homes of others are NOT_FOUND. */
void home_scope(struct request *, const struct path *below, const char **slugs);
fallible home_find(
    struct request *, const struct home *, const struct path *below, struct dav_node *);

/* Operations of the kinds `kind` and `above` of a home. */
fallible home_children(
    struct request *, const struct dav_node *, const char *from, struct dav_list *);
fallible home_list(struct request *, const struct dav_node *, const char *from, struct dav_list *);

/* The home of the asking person, encoded. */
const char *home_href(struct request *, const struct home *);
/*
 * For a home set among a mount's principal_properties: exactly one address, since Apple's programs read
 * the first alone, and of herself alone. Whose app password is for another area has none.
 */
fallible home_get_set(struct request *, const struct home *, unsigned area,
    const struct dav_node *, struct xml_out *, enum dav_got *);

/*
 * DAV:displayname of a collection in a home: a chapter's begins with its chapter, since lists in
 * clients say nothing of chapters. What is set loses that again.
 */
#define HOME_DISPLAYNAME                                                                           \
    {                                                                                              \
        NS_DAV, "displayname", ON_ALL | IN_ALLPROP, .get = home_get_displayname,                   \
                                                    .set = home_set_displayname                    \
    }
fallible home_get_displayname(
    struct request *, const struct dav_node *, struct xml_out *, enum dav_got *);
fallible home_set_displayname(
    struct request *, const struct dav_node *, const struct xml_in *value);

/* How the asking person wants to see it: calendar-color and calendar-order, as her client wrote
 * them (at most CHOICE_MAX bytes each). */
#define CHOICE_MAX 100
struct home_choice {
    const char *color, *order; /* NULL: as it is for all */
};
/* Of a calendar or address book; those that home_children() has listed bring it along (as `own`). */
fallible home_choice(struct request *, const struct dav_node *, struct home_choice *);
fallible home_choose(struct request *, const struct dav_node *, const struct home_choice *);

#endif
