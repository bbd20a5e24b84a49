#ifndef AUTH_PAGES_H
#define AUTH_PAGES_H

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

#endif
