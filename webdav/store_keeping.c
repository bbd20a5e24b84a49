/* How long versions and documents are kept, by rules of their collections. */
#include "webdav/keeping.h"

#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "base/arena.h"
#include "base/config.h"
#include "db/db.h"
#include "http/app.h"
#include "http/request.h"
#include "q/keeping.h"
#include "webdav/conditions.h"
#include "webdav/door.h"
#include "webdav/serve.h"

/* Documents of one transaction. */
#define STEP 200

static const char *const since_words[] = { [SINCE_CHANGE] = "change", [SINCE_UPLOAD] = "upload" };

/* ---------------------------------------------------------------- what holds */

static void
take_versions(const struct keeping_rules_row *row, bool own, struct keeping *k)
{
    if (row->days_is_null || k->versions.from != NULL)
        return;
    k->versions.days = row->days;
    k->versions.each = row->each;
    k->versions.own = own;
    k->versions.from = row->name;
    k->versions.from_root = row->is_root;
}

static void
take_rule(const struct keeping_rules_row *row, bool own, struct keeping *k)
{
    if (row->starts_is_null)
        return;
    if (row->months_is_null && !own && k->kept_by == NULL) {
        k->kept_by = row->name;
        k->kept_by_root = row->is_root;
    }
    if (k->rule.what != KEEP_AS_ABOVE)
        return;
    k->rule.what = row->months_is_null ? KEEP_FOR_EVER : KEEP_MONTHS;
    k->rule.months = row->months;
    k->rule.since = !row->months_is_null && strcmp(row->since, since_words[SINCE_UPLOAD]) == 0
                        ? SINCE_UPLOAD
                        : SINCE_CHANGE;
    k->rule_own = own;
    k->rule_from = row->name;
    k->rule_from_root = row->is_root;
    k->starts = row->starts;
}

fallible
keeping_of(struct request *rq, const struct dav_node *node, struct keeping *k)
{
    int64_t collection = node->collection ? node->id : node->parent_id;
    struct rows rows;

    *k = (struct keeping){ .versions = { .days = rq->app->config->version_days,
                               .each = rq->app->config->versions_each } };
    TRY(q_keeping_rules(rq->db, rq->arena, collection, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct keeping_rules_row row = keeping_rules_row(&rows, i);
        bool own = node->collection && row.node == node->id;
        take_versions(&row, own, k);
        take_rule(&row, own, k);
    }
    return NULL;
}

/* ---------------------------------------------------------------- setting */

static fallible
find(struct request *rq, const struct path *path, struct dav_node *node)
{
    TRY(dav_look_to_manage(rq, path, node));
    if (!node->collection || node->id == 0 || node->policy.chapter == 0)
        return REFUSE(rq->arena, CONFLICT);
    return NULL;
}

static fallible
note(struct request *rq, const struct dav_node *node, enum audit_what what, const char *other,
    int64_t amount, int64_t was)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = rq->who->person,
            .chapter = node->policy.chapter,
            .kind = node->kind->name,
            .object = node->id,
            .title = node->name,
            .other = other,
            .amount = amount,
            .was_amount = was });
}

fallible
keeping_set_versions(struct request *rq, const struct path *path, int64_t days, int64_t each)
{
    struct dav_node node;
    struct rows rows;

    TRY(find(rq, path, &node));
    if (days == 0) {
        TRY(q_version_rule_end(rq->db, rq->arena, node.id, &rows));
        return note(rq, &node, AUDIT_VERSIONS_INHERITED, NULL, 0, 0);
    }
    TRY(q_version_rule_set(
        rq->db, rq->arena, node.id, (int32_t)days, (int32_t)each, &rows));
    return note(rq, &node, AUDIT_VERSIONS_SET, NULL, days, each);
}

fallible
keeping_set_rule(struct request *rq, const struct path *path, const struct keep_rule *rule)
{
    int32_t months = rule->months;
    struct dav_node node;
    struct rows rows;

    TRY(find(rq, path, &node));
    switch (rule->what) {
    case KEEP_AS_ABOVE:
        TRY(q_retention_rule_end(rq->db, rq->arena, node.id, &rows));
        return note(rq, &node, AUDIT_RETENTION_ENDED, NULL, 0, 0);
    case KEEP_FOR_EVER:
        TRY(q_retention_rule_set(rq->db, rq->arena, node.id, NULL, NULL, 0, &rows));
        return note(rq, &node, AUDIT_RETENTION_NEVER, NULL, 0, 0);
    case KEEP_MONTHS:
        break;
    }
    if ((node.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, NEED_WRITE);
    TRY(rights_below(rq, &node, MAY_READ | MAY_WRITE));
    TRY(q_retention_rule_set(rq->db, rq->arena, node.id, &months, since_words[rule->since],
        KEEPING_GRACE_DAYS, &rows));
    return note(rq, &node, AUDIT_RETENTION_SET, since_words[rule->since], months, 0);
}

/* ---------------------------------------------------------------- what would go */

fallible
keeping_due(struct request *rq, const struct dav_node *node, const struct keep_rule *rule,
    struct keep_due *due)
{
    struct keep_thing *thing = NEW_ARRAY(rq->arena, struct keep_thing, KEEP_DUE_SHOWN);
    struct rows rows;

    *due = (struct keep_due){ .thing = thing };
    if (rule->what != KEEP_MONTHS)
        return NULL;
    TRY(q_retention_due(rq->db, rq->arena, node->id, rule->months, since_words[rule->since],
        KEEP_DUE_MAX, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct retention_due_row row = retention_due_row(&rows, i);
        const struct policy policy = { .id = row.policy,
            .chapter = node->policy.chapter,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };
        if ((access_rights(rq->who, &policy) & MAY_READ) == 0)
            continue;
        if (due->all++ < KEEP_DUE_SHOWN)
            thing[due->n++] = (struct keep_thing){ row.name, row.path, row.size, row.at };
    }
    return NULL;
}

/* ---------------------------------------------------------------- carrying it out */

/* One transaction: some documents, and what the chapter's log says of them. */
static fallible
run_step(struct db *db, struct arena *arena, const struct retention_rules_row *rule, int64_t *n)
{
    struct rows rows;

    TRY(q_retention_step(db, arena, rule->node, STEP, &rows));
    *n = retention_step_row(&rows, 0).n;
    if (*n == 0)
        return NULL;
    return audit(db, arena,
        &(struct audit_entry){ .what = AUDIT_RETENTION_DELETED,
            .by = BY_SERVICE,
            .chapter = rule->chapter,
            .kind = rule->kind,
            .object = rule->node,
            .title = rule->name,
            .other = rule->since,
            .amount = *n,
            .was_amount = rule->months });
}

fallible
keeping_run(
    struct db *db, struct arena *arena, const struct dav_kind *kind, int64_t *removed)
{
    static const struct db_scope everything = { .chapters = "*" };
    struct rows rows;
    int64_t n = 0;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_retention_rules(db, arena, &rows)));
    for (int i = 0; i < rows.n; i++) {
        struct retention_rules_row rule = retention_rules_row(&rows, i);
        const struct db_scope scope = { .chapters = rule.slug, .lock = TREE_SHARED };
        if (strcmp(rule.kind, kind->name) != 0)
            continue;
        do {
            TRY(db_begin(db, arena, READ_WRITE, &scope));
            TRY(db_end(db, arena, run_step(db, arena, &rule, &n)));
            *removed += n;
        } while (n == STEP);
    }
    return NULL;
}
