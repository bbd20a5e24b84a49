#ifndef MAIL_MAILER_H
#define MAIL_MAILER_H

#include "base/error.h"

struct app;
struct arena;

/*
 * The thread that hands what is in the queue to the relay, one mail after another on one
 * connection. Each daemon has one; they share the queue. Nothing is started where no mail is sent:
 * *mailer is NULL.
 */
struct mailer;
fallible mailer_start(const struct app *, struct arena *, struct mailer **mailer);
/* Waits for the mail that is on its way. NULL is allowed. */
void mailer_stop(struct mailer *);

#endif
