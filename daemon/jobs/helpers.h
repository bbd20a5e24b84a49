#ifndef JOBS_HELPERS_H
#define JOBS_HELPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct arena;
struct buf;

/*
 * Parsers of hostile input run in helper processes that have one open socket
 * and nothing else: no file, no network, no database, no further process
 * (sandbox.h). A helper that takes too long or dies is replaced, and only the
 * request that gave it the input is refused.
 *
 * Helpers are forked by the zygote, a process that main starts first thing,
 * while there is one thread and no secret in memory: forking from the threaded
 * daemon would copy locks in whatever state other threads hold them.
 */

/* Something a helper can do. Runs in the helper. */
struct helper_task {
    const char *name;
    /*
     * From n bytes of input (a NUL stands behind them) to what is added to
     * `out`. False when the input is refused: `out` may then say why.
     * May crash, spin or eat memory; may not wait for anything.
     */
    bool (*run)(struct arena *, const char *in, size_t n, struct buf *out);
};

/* All tasks, NULL last: constant, since the zygote has a copy. */
extern const struct helper_task *const helper_tasks[];
/* Gives back its input: for the self-check and /healthz. */
extern const struct helper_task helper_echo;

#define HELPER_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of an input, and of an answer */
#define HELPER_WALL_MS   2000
#define HELPER_CPU_MS    1000

/* The input took more than HELPER_WALL_MS or HELPER_CPU_MS (403), or killed the helper (400). */
extern const struct condition HELPER_OVERRAN, HELPER_DIED;

struct helpers;

/*
 * Starts the zygote and n helpers for these tasks. Called before any thread is
 * started and any secret read. NULL when that fails, with a line on `report`.
 */
struct helpers *helpers_start(const struct helper_task *const *tasks, int n, FILE *report);
/* Ends the helpers and the zygote. No call may be under way. */
void helpers_stop(struct helpers *);

struct helper_answer {
    const char *p; /* in the arena, a NUL behind it */
    size_t n;
    bool refused;
};

/*
 * Has a helper run the task; from any thread. HELPER_OVERRAN, HELPER_DIED,
 * TOO_LARGE for an input over HELPER_BYTES_MAX, TRY_LATER when no helper can
 * be had within HELPER_WALL_MS.
 */
fallible helper_call(struct helpers *, struct arena *, const struct helper_task *, const char *in,
    size_t n, struct helper_answer *);

/*
 * The extractor is a program (daemon/extract) that the zygote starts when it is asked for, with the
 * libraries that read documents; it locks itself in like a helper before it sees one. There is one at
 * a time. What it says is the text of the document in UTF-8, or why there is none (`refused`, a word of
 * the column document_text.problem). HELPER_OVERRAN, HELPER_DIED: it was killed, by this document;
 * TOO_LARGE; TRY_LATER: it does not start, whatever the document.
 */
#define EXTRACT_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define EXTRACT_WALL_MS   20000
#define EXTRACT_CPU_MS    5000
fallible helper_extract(
    struct helpers *, struct arena *, const char *in, size_t n, struct helper_answer *);
/*
 * The same for a picture: what it says is a small JPEG, which is as little to be trusted as what was
 * given (daemon/extract/extract.h), or why there is none.
 */
fallible helper_picture(
    struct helpers *, struct arena *, const char *in, size_t n, struct helper_answer *);
/*
 * The same for a page of a PDF that somebody waits for (extract_page() in daemon/extract/extract.h).
 * TRY_LATER when other documents are read for longer than HELPER_PAGE_MS. Whoever has to fetch the
 * document first asks before that, and says when it is over: false, HELPER_LOOKERS are at it.
 */
#define HELPER_PAGE_MS 5000
#define HELPER_LOOKERS 3
bool helper_page_begin(struct helpers *);
fallible helper_page(
    struct helpers *, struct arena *, const char *in, size_t n, struct helper_answer *);
void helper_page_end(struct helpers *);
/* Ends it, after the last document for some time. */
void helper_extract_end(struct helpers *);

/*
 * Is the zygote there? When it ends or does not answer, the process gets a SIGCHLD. It cannot be
 * replaced: the daemon has to be started again, by whoever has started it.
 */
bool helpers_can_be_made(struct helpers *);

/* Does a helper answer? Also true while all of them are busy. */
bool helpers_answer(struct helpers *);

/* How many helpers had to be replaced because they overran or died. */
int64_t helpers_replaced(const struct helpers *);

#endif
