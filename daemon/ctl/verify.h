#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H

/* Private to chapterctl verify. */

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"

struct blob_store;

/* One run. */
struct verify {
    struct ctl *ctl;
    struct blob_store *store;
    int64_t last;   /* content that was there when it began: who goes on writing does not keep us */
    int64_t person; /* whose rows are looked at; 0: those of all chapters */
    json_t *damage; /* array of what was found */
    int64_t n_damage;
    int64_t inline_contents, stored_contents, bytes, nodes, chapters;
    bool recount; /* put right what is counted */
    int64_t recounted;
    int64_t rubbish, rubbish_bytes, old_rubbish;
};

/*
 * Notes damage: kind is a word for programs, chapter NULL where it is a person's
 * or nobody's, id of the node or content (0: none); the text says what to do.
 */
void verify_damage(struct verify *, const char *kind, const char *chapter, int64_t id,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Runs one question in a transaction that sees what belongs to verify->person. */
fallible verify_ask(struct verify *, fallible (*step)(struct ctl *, void *own), void *own);

/* All of it: fills in v->damage and the counts, and leaves the process as the owner of the store. */
fallible verify_all(struct verify *);

/* Becomes the owner of the store's folder and opens it, the S3 store included. */
fallible verify_open_store(struct ctl *, struct blob_store **);

/* Re-hashes every content, in the database and in the store. */
fallible verify_contents(struct verify *);
/* Looks for files in the store that nothing knows of. */
fallible verify_files(struct verify *);
/* Looks at names, parents, levels, sizes; and at chapters and what is counted for them. */
fallible verify_tree(struct verify *);
fallible verify_chapters(struct verify *);

#endif
