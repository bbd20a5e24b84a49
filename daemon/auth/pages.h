#ifndef AUTH_PAGES_H
#define AUTH_PAGES_H

#include <stdbool.h>

#include "html/view.h"

struct out;

/* What the sign-in page shows. */
struct login_form {
    const char *token;
    const char *next;    /* where to go afterwards */
    const char *user;    /* as typed before; "" at first */
    const char *problem; /* why it did not work, or NULL */
};

void page_login(struct out *, const struct view *, const struct login_form *);

/* A browser where she is signed in; all texts of these structs are ready to show. */
struct session_row {
    const char *id, *created, *used;
    bool here;
};

/* Of her own audit entries. */
struct account_event {
    const char *when, *text;
};

struct account_sheet {
    const struct account_event *event; /* the newest first */
    int n_events;
    bool chairs; /* some chapter */
    const char *uid, *mail; /* mail may be NULL */
    const struct session_row *session;
    int n;
};

void page_account(struct out *, const struct view *, const struct account_sheet *);

/* An app password. */
struct device_row {
    const char *id, *name, *areas, *created;
    const char *used;    /* NULL: not yet */
    const char *expires; /* NULL: never */
    bool over;
};

/* What an app password can be for, as a box to tick. */
struct area_choice {
    const char *name;  /* of the field */
    const char *title; /* msgid */
    bool ticked;
};

/* The addresses of this installation in the forms that programs ask for, and the login name. */
struct drive {
    const char *url, *gnome, *kde, *uid;
};

struct devices_sheet {
    const struct device_row *device;
    int n, most;
    const struct area_choice *area;
    int n_areas;
    const char *once;    /* number of the form, which counts once */
    const char *name;    /* as typed before; "" at first */
    int days;            /* as chosen before; 0: until taken back */
    const char *problem; /* why it did not work, or NULL */
    const struct drive *drive;
};

void page_devices(struct out *, const struct view *, const struct devices_sheet *);
/* Right after one was made: the only page that ever shows a password. */
void page_device_made(struct out *, const struct view *, const char *name, const char *password,
    const struct drive *);
/* Step by step for each system. Part of both. */
void page_device_steps(struct out *, const struct view *, const struct drive *);

/* Every part of pages; wrong: the form was sent without a name. */
struct patterns_sheet {
    const char *here;
    const char *typed, *wrong; /* wrong may be NULL */
    const struct qr *qr;
};
void page_patterns(struct out *, const struct view *, const struct patterns_sheet *);

#endif
