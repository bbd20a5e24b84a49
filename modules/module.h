#ifndef MODULES_MODULE_H
#define MODULES_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct db;
struct job;
struct json_t;
struct out;
struct principal;
struct request;
struct route;

/*
 * The doors of a module (design 10): how modules serve each other without
 * including each other. Every module fills every door; one that has nothing
 * behind a door names the *_none function, so that leaving it out is a
 * decision somebody wrote down. A NULL door ends the start.
 */

/* What another module may show of an object. */
struct ref {
    const char *title, *state, *href;
};

/* One hit of a search. */
struct search_hit {
    const char *title, *href, *snippet;
    int64_t modified;
    float rank;
};
struct search_hits {
    const struct search_hit *hit;
    int n;
};

/* What waits for somebody in a chapter: a sentence in her language, and where it leads. */
struct notice {
    const char *text, *href;
};
struct notices {
    const struct notice *notice;
    int n;
};

/* An object another module wants to have made: a task from a resolution, an event from a poll. */
struct publication {
    const char *collection; /* slug of the module's collection in the chapter, or NULL for its usual one */
    const char *type;       /* media type */
    const char *name;       /* proposed last part of the address */
    const char *bytes;
    int64_t length;
};

/* Writes one file of an export: relative path and content. */
struct export_sink {
    fallible (*file)(struct export_sink *, struct arena *, const char *path, const char *bytes,
        int64_t n);
    fallible (*blob)(struct export_sink *, struct arena *, const char *path, int64_t blob_id);
};
/* Reads one file of an import; *path NULL at the end. */
struct import_source {
    fallible (*next)(struct import_source *, struct arena *, const char **path, const char **bytes,
        int64_t *n);
};

struct module_doors {
    /* id -> title, state, address, for somebody who may see it; NOT_FOUND otherwise. */
    fallible (*ref)(struct request *, int64_t id, struct ref *);
    /* Puts an object into the module's tree with the rights of rq->who; *href is its address. */
    fallible (*publish)(struct request *, int64_t chapter, const struct publication *,
        const char **href);
    /* Hits for rq->who, best first, at most `limit`. */
    fallible (*search)(struct request *, const char *words, int limit, struct search_hits *);
    /* What waits for rq->who in the chapter of the route. */
    fallible (*notices)(struct request *, struct notices *);
    /* All that the module knows of a person, and its end. */
    fallible (*person_export)(const struct app *, struct db *, struct arena *, int64_t person,
        struct export_sink *);
    fallible (*person_erase)(const struct app *, struct db *, struct arena *, int64_t person);
    /* All of a chapter's content, out and in. */
    fallible (*chapter_export)(const struct app *, struct db *, struct arena *, int64_t chapter,
        struct export_sink *);
    fallible (*chapter_import)(const struct app *, struct db *, struct arena *, int64_t chapter,
        struct import_source *);
    /* Removes what has outlived its purpose; *removed counts. Run daily. */
    fallible (*retention)(const struct app *, struct db *, struct arena *, int64_t *removed);
    /* What a new chapter starts with. */
    fallible (*chapter_made)(const struct app *, struct db *, struct arena *, int64_t chapter);
};

/* One part of the groupware. A NULL table is an empty one; doors have no NULL. */
struct module {
    const char *name;
    const struct route *routes;
    const struct job *jobs;
    struct module_doors doors;
};

/*
 * An export of collections of a kind whose members are small: each member becomes the file
 * {folder}/{collection}/{member} (modules/tell.c). One of chapter and person is NULL.
 */
struct told {
    const char *kind, *folder;
    const int64_t *chapter, *person;
};
fallible tell_members(struct db *, struct arena *, const struct told *, struct export_sink *);

/* For doors with nothing behind them (modules/none.c). */
fallible ref_none(struct request *, int64_t, struct ref *);
fallible publish_none(struct request *, int64_t, const struct publication *, const char **);
fallible search_none(struct request *, const char *, int, struct search_hits *);
fallible notices_none(struct request *, struct notices *);
fallible person_export_none(const struct app *, struct db *, struct arena *, int64_t,
    struct export_sink *);
fallible person_erase_none(const struct app *, struct db *, struct arena *, int64_t);
fallible chapter_export_none(const struct app *, struct db *, struct arena *, int64_t,
    struct export_sink *);
fallible chapter_import_none(const struct app *, struct db *, struct arena *, int64_t,
    struct import_source *);
fallible retention_none(const struct app *, struct db *, struct arena *, int64_t *);
fallible chapter_made_none(const struct app *, struct db *, struct arena *, int64_t);

/* All modules in the order in which they are asked, NULL last: daemon/modules.c. */
extern const struct module *const modules[];

#endif
