#include "mail/purpose.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"

const struct mail_purpose
    MAIL_INVITATION = { "invitation", N_("invitations as a guest"), true },
    /* an object with the same UID and SEQUENCE counts once (RFC 5546, 2.1.5) */
    MAIL_SCHEDULING = { "scheduling", N_("invitations to events and answers to them"), true };

const struct mail_purpose *
mail_purpose(const char *name)
{
    static const struct mail_purpose *const all[] = { &MAIL_INVITATION, &MAIL_SCHEDULING };

    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
