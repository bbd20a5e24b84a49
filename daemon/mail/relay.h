#ifndef MAIL_RELAY_H
#define MAIL_RELAY_H

#include "base/error.h"

struct arena;
struct config;
struct net_relay;

/* The relay of the settings, with the password out of its file; nothing is asked yet. CONFLICT,
 * with the cause. */
fallible mail_relay_open(const struct config *, struct arena *, struct net_relay **);

#endif
