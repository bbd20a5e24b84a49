#ifndef AUTH_DEVICES_H
#define AUTH_DEVICES_H

#include <stdint.h>

#include "base/error.h"

struct request;
struct response;

/* The page of app passwords: its list and form; what the form sends; the button that takes one
 * back. */
fallible devices_get(struct request *, struct response *);
fallible devices_post(struct request *, struct response *);
fallible devices_post_remove(struct request *, struct response *);

/* {id} of an address under /account. NOT_FOUND when it is no number. */
fallible account_param_id(struct request *, int64_t *id);

#endif
