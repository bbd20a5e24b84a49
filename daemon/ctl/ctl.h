#ifndef CTL_CTL_H
#define CTL_CTL_H

/* Shared by the files of chapterctl. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "db/db.h"
#include "http/app.h"

struct arena;
struct config;
struct ctl;

/* What the program ends with. The last three tell a mail server what to do (sysexits.h): refuse the
 * mail, say that nobody has this address, try again later. */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_BAD_MAIL = 65,
    CTL_NOBODY = 67,
    CTL_LATER = 75
};

/* "--until DATE", or a flag when it has no value. Tables end with a NULL name. */
struct ctl_option {
    const char *name;
    const char *value; /* what to call it in the help; NULL: a flag */
    const char *help;
    bool required;
};

#define CTL_MANY 1000 /* as most arguments: as many as one likes */

/* Tables end with a NULL name. */
struct ctl_command {
    const char *name;                 /* "chapter add" */
    const char *args;                 /* "SLUG KEY=VALUE..." */
    int least, most;                  /* number of arguments */
    const struct ctl_option *options; /* may be NULL */
    const char *help;                 /* one line; begins with a small letter */
    const char *more;                 /* further lines for its own --help; may be NULL */
    bool without_config;              /* runs even when the configuration is bad */
    enum ctl_exit failed;             /* what to end with when it fails; 0: CTL_FAILED, CTL_USAGE */
    fallible (*run)(struct ctl *);
};

extern const struct ctl_command migrate_commands[], check_commands[], chapter_commands[],
    role_commands[], group_commands[], apply_commands[], device_commands[], sync_commands[],
    verify_commands[], blobs_commands[], backup_commands[], restore_commands[], cache_commands[],
    audit_commands[], mail_commands[],
    mail_receive_commands[];

/* One run of the program. */
struct ctl {
    struct arena *arena;
    const struct ctl_command *command;
    const char *config_path;
    const struct config *config; /* NULL only where without_config */
    bool json;
    const char *const *arg;
    int n_args;
    const char *const *value; /* of the command's options, in their order; NULL: not given */
    struct db *db;
    struct app app;
    enum ctl_exit end; /* what to end with when run() succeeds */
};

/* What was given for an option of the command ("" for a flag), or NULL. */
const char *ctl_option(const struct ctl *, const char *name);

/* ---- arguments (args.c) ---- */

/* The command line, taken apart. */
struct ctl_line {
    const char *const *word; /* neither options nor their values */
    int n_words;
    const struct ctl_command *command; /* NULL: see words */
    const char *config_path;
    const char **value; /* of the command's options */
    bool json, help, version;
};

/* Reads the command line; false after it has said what is wrong with it. */
bool ctl_read_line(struct arena *, int argc, char **argv, struct ctl_line *);
/* All commands; those of one group when it is not NULL; or all about one command. */
void ctl_help(FILE *, const char *group);
void ctl_help_command(FILE *, const struct ctl_command *);
/* The tables of all groups, NULL last. */
extern const struct ctl_command *const ctl_groups[];

/* ---- transactions (work.c) ---- */

/* Opens ctl->db, if it is not open yet. CONFLICT when the schema is not ours. */
fallible ctl_connect(struct ctl *);

/*
 * Runs step in a transaction of the run-time role that may touch every chapter,
 * the archived ones included; again when it lost a race. own is step's.
 */
fallible ctl_work(struct ctl *, enum tx, fallible (*step)(struct ctl *, void *own), void *own);

/* The same for what belongs to one person, and no chapter. */
fallible ctl_work_as(
    struct ctl *, enum tx, int64_t person, fallible (*step)(struct ctl *, void *own), void *own);

/* ---- the directory (sync.c) ---- */

/* Fills ctl->app so that the directory can be asked; CONFLICT after saying what is missing. */
fallible ctl_open_directory(struct ctl *);
struct directory_person;
/* What the directory says of a login name that nobody here has had yet; else *found is NULL. */
fallible ctl_look_up(struct ctl *, const char *uid, const struct directory_person **found);
/* "--until DATE" */
extern const struct ctl_option ctl_until_options[];

/* ---- output (print.c) ---- */

/* Prints and takes the object: the only thing on standard output with --json. */
void ctl_json(json_t *);
/* A text, or JSON null. */
json_t *ctl_json_text(const char *s);
/* A time as RFC 3339, or JSON null for 0. */
json_t *ctl_json_time(struct arena *, int64_t us);

/* Says what was done; nothing with --json. */
void ctl_say(const struct ctl *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says why it did not work: on standard error, and as an object with --json. */
void ctl_complain(const struct ctl *, const struct error *);

/* Columns side by side, the first row as the head; NULL cells are empty. */
void ctl_table(struct arena *, const char *const *cells, int rows, int columns);

/* A line on the terminal that the next overwrites; none when nobody watches. "" clears it. */
void ctl_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
