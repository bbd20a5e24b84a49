#ifndef AUTH_PAGES_H
#define AUTH_PAGES_H

#include <stdbool.h>

#include "html/qr.h"
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
    bool chairs;            /* some chapter */
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
    unsigned areas; /* AREA_...: what there is to be set up */
    const char *host, *dav;
    const char *url, *gnome, *kde; /* of the documents */
    const char *uid;
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
/* Of a list of facts: what is to be typed as the address. */
void page_device_addresses(struct out *, const struct view *, const struct drive *);
/* Step by step for each system. Part of both. */
void page_device_steps(struct out *, const struct view *, const struct drive *);
void page_drive_steps(struct out *, const struct view *, const struct drive *);
void page_sync_steps(struct out *, const struct view *, const struct drive *);

/* A phone that is to be set up: what is asked for. */
struct setup_form {
    const char *once, *name; /* as of devices_sheet */
    const struct area_choice *area;
    int n_areas;
    bool apple;
    const char *problem; /* why it did not work, or NULL */
};
void page_setup(struct out *, const struct view *, const struct setup_form *);

/* The address that it is to open, shown once. */
struct setup_code {
    const char *address;
    struct qr qr;
    const char *areas;
    bool apple;
    bool no_documents; /* asked for, but that system cannot be given them */
};
void page_setup_code(struct out *, const struct view *, const struct setup_code *);

/* What opens there: what the button does; afterwards the password for Android. */
struct setup_offer {
    const char *here, *areas;
    bool apple;
    const char *name, *password; /* NULL: the button has not been pressed */
    const char *link;            /* opens the app with all of it; NULL: nothing for it */
    struct drive drive;
};
void page_setup_offer(struct out *, const struct view *, const struct setup_offer *);
void page_setup_made(struct out *, const struct view *, const struct setup_offer *);

/* Every part of pages; wrong: the form was sent without a name. */
struct patterns_sheet {
    const char *here;
    const char *typed, *wrong; /* wrong may be NULL */
    const struct qr *qr;
};
void page_patterns(struct out *, const struct view *, const struct patterns_sheet *);

#endif
