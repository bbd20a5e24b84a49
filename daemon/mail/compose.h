#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "base/error.h"
#include "db/db.h"
#include "q/mail.h"

struct app;
struct arena;
struct buf;

/* Private to daemon/mail: the mail of a row of the queue, as it is handed to the relay. */
fallible mail_compose(
    const struct app *, struct db *, struct arena *, const struct mail_take_row *, struct buf *);

#endif
