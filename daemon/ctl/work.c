/* Transactions of chapterctl: as the run-time role, under the same wall as the daemon. */
#include <stddef.h>

#include "base/config.h"
#include "ctl/ctl.h"
#include "db/schema.h"
#include "q/chapter.h"
#include "q/ctl.h"

#define ATTEMPTS    5
#define PATIENCE_MS 20000 /* nobody waits for its questions, which may look at everything */

struct error *
ctl_connect(struct ctl *ctl)
{
    if (ctl->db != NULL)
        return NULL;
    ctl->db = db_new(ctl->config->database, "chapterctl");
    db_set_patience(ctl->db, PATIENCE_MS);
    return schema_check(ctl->db, ctl->arena);
}

static fallible
attempt(struct ctl *ctl, enum tx tx, const struct db_scope *scope, bool everywhere,
    fallible (*step)(struct ctl *, void *own), void *own)
{
    struct error *e = db_begin(ctl->db, ctl->arena, tx, scope);
    struct rows rows;

    if (e != NULL)
        return e;
    if (everywhere)
        e = q_chapter_scope_all(ctl->db, ctl->arena, &rows);
    if (e == NULL)
        e = step(ctl, own);
    return db_end(ctl->db, ctl->arena, e);
}

static fallible
work(struct ctl *ctl, enum tx tx, const struct db_scope *scope, bool everywhere,
    fallible (*step)(struct ctl *, void *own), void *own)
{
    struct error *e;
    int n = 0;

    TRY(ctl_connect(ctl));
    do {
        e = attempt(ctl, tx, scope, everywhere, step, own);
    } while (e != NULL && e->cond == &LOST_RACE && ++n < ATTEMPTS);
    return e;
}

struct error *
ctl_work(struct ctl *ctl, enum tx tx, fallible (*step)(struct ctl *, void *own), void *own)
{
    const struct db_scope all = { .chapters = "" };

    return work(ctl, tx, &all, true, step, own);
}

struct error *
ctl_work_as(struct ctl *ctl, enum tx tx, int64_t person, fallible (*step)(struct ctl *, void *own),
    void *own)
{
    const struct db_scope one = { .chapters = "", .person = person };

    return work(ctl, tx, &one, false, step, own);
}
