#ifndef AUTH_DEVICE_H
#define AUTH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/audit.h"
#include "auth/pages.h"
#include "base/error.h"

struct arena;
struct out;
struct request;
struct response;
struct view;

/* What the pages of devices have in common: devices.c and setup.c. */

enum { DEVICE_AREAS = 4 };

/* What a device is to be: as a form says it. */
struct device_wish {
    const char *name, *once;
    unsigned areas;
};

/* Reads the fields name, once, and a box for each area; BAD_REQUEST for one that is not offered. */
fallible device_read_wish(struct request *, unsigned offered, struct device_wish *);
/* What is wrong with it, for whoever typed it; NULL: nothing. */
const char *device_problem(struct request *, const struct device_wish *);
/* The number of a form that counts once; and that it is sent. *again: it has been before. */
const char *device_once(struct arena *);
fallible device_send_once(struct request *, const struct device_wish *, bool *again);

/* "Calendars, Contacts" */
const char *device_areas(struct request *, unsigned areas);
/* Boxes to tick, at most DEVICE_AREAS. With one area there is nothing to choose: it is ticked. */
int device_choices(struct request *, unsigned offered, unsigned ticked, struct area_choice *choice);
/* The addresses of this installation, for all areas that it has. */
struct drive device_drive(struct request *, const char *uid);
/* Begins a page below Devices. */
struct out *device_page(struct request *, struct response *, const char *title, struct view *);

struct made {
    int64_t id;
    const char *password; /* shown once, and nowhere kept */
};
/*
 * Makes the app password of a person, and says so in her log; days 0: until it is taken back.
 * *problem: she has too many. In a transaction whose scope has her.
 */
fallible device_make(struct request *, int64_t person, const struct device_wish *, int64_t days,
    struct made *, const char **problem);
/* An entry of her log about an app password. */
fallible device_tell(
    struct request *, int64_t person, enum audit_what, int64_t id, const char *name);

#endif
