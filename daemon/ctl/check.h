#ifndef CTL_CHECK_H
#define CTL_CHECK_H

/* Private to chapterctl check: its parts, and how they report. */

#include <stdbool.h>

#include "ctl/ctl.h"

/* NOTE is worth knowing and no reason to worry; WRONG must be mended. */
enum verdict { GOOD, NOTE, WRONG };

struct checks {
    struct ctl *ctl;
    const struct config *config;
    json_t *list; /* NULL without --json */
    bool wrong;
};

/* One line of the report: what about which part; remedy, NULL when GOOD, says how to mend it. */
void check_tell(struct checks *, enum verdict, const char *part, const char *remedy,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A failure as a line of the report. */
void check_tell_error(struct checks *, const char *part, const char *remedy, const struct error *);

/* Server, role, schema, settings, connections, clock. False when it cannot be reached. */
bool check_database(struct checks *);
void check_store(struct checks *);
/* with_database: also looks for every group that gives a role in a chapter. */
void check_directory(struct checks *, bool with_database);
/* The mail server, and what could not be sent. */
void check_mail(struct checks *, bool with_database);
void check_listeners(struct checks *);
/* The files of the certificate, when there are any. */
void check_tls(struct checks *);
/* Sends a question over TLS, reads what comes until the end: bytes of the answer, 0 for none. */
size_t check_ask_tls(int fd, const char *question, char *answer, size_t max);

#endif
