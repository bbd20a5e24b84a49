#ifndef AUTH_SETUP_H
#define AUTH_SETUP_H

#include "base/error.h"

struct request;
struct response;

/*
 * A phone is set up with one scan (decisions 3.14, H14): whoever is signed in asks for a link on a
 * page of her account and is shown it once, as a QR code. Looking at what it leads to says what
 * will happen; only the button there makes the app password and hands it out, once, within ten
 * minutes. So whatever fetches links on its way, as messengers do, uses nothing up and learns
 * nothing.
 */

/* /account/devices/setup: the form, and the link. */
fallible setup_get(struct request *, struct response *);
fallible setup_post(struct request *, struct response *);

/* /setup/{token}: who comes by it is nobody; the scope is the person who made it. */
fallible setup_scope(struct request *);
fallible setup_offer_get(struct request *, struct response *);
fallible setup_offer_post(struct request *, struct response *);

#endif
