#ifndef AUTH_PROFILE_H
#define AUTH_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct out;

/*
 * A configuration profile (.mobileconfig) for iPhones, iPads and Macs: the accounts for calendars
 * and contacts, with their password. Its UUIDs belong to the app password, so that the same one
 * again takes the place of the first.
 */
struct profile {
    const char *origin; /* "https://host:port" */
    const char *title;  /* of the installation */
    const char *device, *uid, *password;
    int64_t id; /* of the app password */
    bool calendars, contacts;
    const char *description, *consent; /* for people */
};
void profile_write(struct out *, struct arena *, const struct profile *);

#endif
