#ifndef MAIL_PURPOSE_H
#define MAIL_PURPOSE_H

#include <stdbool.h>

/* What a mail is for: what one can ask for no more of, and what happens when nobody knows whether
 * it arrived. */
struct mail_purpose {
    const char *name;  /* in the database and in addresses: small letters and hyphens */
    const char *title; /* a msgid: "invitations to documents" */
    /*
     * A second copy does no harm, so it is sent again when a process died while it sent it, or the
     * relay fell silent; with the same Message-ID. Otherwise it is set aside for the operator.
     */
    bool again;
};

extern const struct mail_purpose MAIL_INVITATION, MAIL_SCHEDULING;

/* The one of that name, or NULL. */
const struct mail_purpose *mail_purpose(const char *name);

#endif
