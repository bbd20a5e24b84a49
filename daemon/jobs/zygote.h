#ifndef JOBS_ZYGOTE_H
#define JOBS_ZYGOTE_H

#include <stdint.h>
#include <sys/types.h>

#include "jobs/helpers.h"

/* Private to helpers and the extractor: what daemon, zygote and helpers say to each other. */

/* To the zygote: one packet an order, answered by one of the same form. */
struct order {
    /* MAKE and MAKE_EXTRACTOR come with the helper's end of a pair of sockets. */
    enum { MAKE, END, MAKE_EXTRACTOR } what;
    pid_t pid;  /* of END, and in the answer to MAKE; 0: it failed */
    int status; /* in the answer to END: as waitpid() gives it */
};

/* To a helper, before n bytes of input. */
struct request_head {
    uint32_t task, n;
};

/* From a helper, before n bytes of answer. */
enum verdict { TAKEN = 1, REFUSED = 2, TOO_LONG = 3 };
struct answer_head {
    uint32_t magic, verdict, n;
    uint32_t last; /* 1: it ends now, of old age */
};
#define ANSWER_MAGIC 0x63686170u

/* A helper ends after so many requests: what leaks in parsers goes with it. */
#define HELPER_LIFE 200

#define HELPERS_MAX 64

#define HELPER_SOCKET 0 /* the one descriptor of a helper */

/* Of one request: bytes of input, and how long it may compute. */
struct helper_limits {
    size_t bytes;
    int cpu_ms;
};

/* Answers until the other end is closed or it is old. In a process that is locked in. */
_Noreturn void helper_serve(const struct helper_task *const *tasks, const struct helper_limits *);

/* Runs until the other end of `control` is closed. In a process of its own, with one thread. */
_Noreturn void zygote_run(int control, const struct helper_task *const *tasks);

#endif
