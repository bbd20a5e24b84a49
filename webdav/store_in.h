#ifndef WEBDAV_STORE_IN_H
#define WEBDAV_STORE_IN_H

/* Private to webdav/store_*.c: rows of dav_node as nodes. */
#include "auth/access.h"
#include "webdav/store.h"

/* What queries tell of a node. kind NULL: that of the parent's members. */
struct node_columns {
    int64_t id, policy_id, chapter, person;
    int16_t read_level, write_level;
    bool inherits, gone;
    const char *kind, *name, *name_key, *display, *type, *etag;
    int64_t size, created, modified;
};

/* Filled from the generated struct of any query that lists members of `parent`. */
#define NODE_COLUMNS(row, parent)                                                                  \
    ((struct node_columns){ .id = (row).id,                                                        \
        .policy_id = (row).policy_id_is_null ? (parent)->policy_id : (row).policy_id,              \
        .chapter = (parent)->policy.chapter,                                                       \
        .person = (parent)->policy.person,                                                         \
        .inherits = (row).read_level_is_null,                                                      \
        .read_level = (row).read_level,                                                            \
        .write_level = (row).write_level,                                                          \
        .kind = (row).kind,                                                                        \
        .name = (row).name,                                                                        \
        .name_key = (row).name_key != NULL ? (row).name_key : (row).name,                          \
        .display = (row).display,                                                                  \
        .type = (row).type,                                                                        \
        .etag = (row).etag,                                                                        \
        .size = (row).size,                                                                        \
        .created = (row).created,                                                                  \
        .modified = (row).modified })

/* The kind of that name among those that can be in a tree of `root`; NULL when there is none. */
const struct dav_kind *store_kind(const struct dav_kind *root, const char *name);

/* Refuses with LOST_RACE when the sweep has taken a part; those that are there it leaves alone until the end. */
fallible store_check_parts(struct request *, struct blob_owner, const struct blob_content *);

/* A row as a member of `parent`. false: its kind is none that the parent can hold. */
bool store_node(struct request *, const struct dav_node *parent, const struct node_columns *,
    struct dav_node *);

/* Notes what a member holds; bytes NULL: it is in the store. */
void store_keep_content(struct request *, struct dav_node *, int64_t blob_id, struct bytes sha256,
    const char *bytes);

/* The ancestors of what is in `parent`. */
void store_ancestors_of_member(
    struct arena *, const struct dav_node *parent, const int64_t **ancestors, int *n);

/* The name as members are found by. */
const char *store_name_key(struct request *, const char *name);

/* store_copy() without its checks, also for moves to another tree. */
fallible store_copy_rows(
    struct request *, const struct dav_node *, const struct dav_node *to, bool deep);

/*
 * A document stays where it was found, whose levels have been asked, while it is moved, copied or
 * removed; LOST_RACE later when it is not there any more. A collection needs it not: who changes
 * those has the tree to himself.
 */
fallible store_hold(struct request *, const struct dav_node *);

/* CONFLICT (somebody else took the name) means: run again and see. */
fallible store_lost_race(struct request *, struct error *);

#endif
