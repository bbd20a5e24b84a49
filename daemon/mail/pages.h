#ifndef MAIL_PAGES_H
#define MAIL_PAGES_H

#include <stdbool.h>

struct out;
struct view;

/* The page behind the link for no more mails. */
struct stop_sheet {
    const char *owner;   /* name of the chapter or person */
    const char *purpose; /* in the reader's language */
    bool stopped, done;  /* none are sent; and this has just been asked for or taken back */
};
void page_mail_stop(struct out *, const struct view *, const struct stop_sheet *);

/* Behind the text of each mail. */
void mail_foot(struct out *, const struct view *, const char *owner, const char *purpose,
    const char *stop_url);

#endif
