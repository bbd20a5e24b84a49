#include "modules/contacts/reports.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/request.h"
#include "ical/card.h"
#include "ical/filter.h"
#include "q/contact.h"
#include "webdav/conditions.h"
#include "webdav/members.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/query.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/store.h"
#include "webdav/xml.h"

/* So many cards, and bytes of them, are looked into at a time; more than one only then. */
enum { TOGETHER = 100 };
#define TOGETHER_BYTES MB(8)

/* addressbook-query (RFC 6352, 8.6). */
struct search {
    struct ical_filter filter;
    struct prop_request want;
    struct xml_out *x;
    int64_t left; /* of what may still be answered with */
    bool cut;
};

/* ---------------------------------------------------------------- what matches */

static fallible
matches(struct request *rq, const struct search *q, const char *bytes, bool *found)
{
    size_t mark = arena_mark(rq->arena);
    struct card card;

    TRY(card_read(rq->arena, rq->lang, bytes, strlen(bytes), &card));
    *found = ical_filter_matches(rq->arena, &q->filter, card.vcard, NULL);
    arena_rewind(rq->arena, mark);
    return NULL;
}

/* Answers with those of n nodes that match; they come to the front of the list. */
static fallible
answer(struct request *rq, struct search *q, struct dav_node *node, int n)
{
    const char **bytes = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);
    int found = 0;

    TRY(store_contents(rq, node, n, bytes));
    for (int i = 0; i < n && !q->cut; i++) {
        bool yes = false;
        if (bytes[i] != NULL && (node[i].rights & MAY_READ))
            TRY(matches(rq, q, bytes[i], &yes));
        if (!yes)
            continue;
        q->cut = q->left == 0;
        if (!q->cut) {
            q->left--;
            node[found++] = node[i];
        }
    }
    return prop_write_nodes(rq, q->x, &q->want, node, found);
}

/* How many of n nodes are looked into at once. */
static int
handful(const struct dav_node *node, int n)
{
    int64_t bytes = node[0].length;
    int some = 1;

    while (some < n && some < TOGETHER && bytes + node[some].length <= (int64_t)TOGETHER_BYTES)
        bytes += node[some++].length;
    return some;
}

static fallible
answer_list(struct request *rq, struct search *q, const struct dav_list *list)
{
    struct dav_node *node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)list->n + 1);

    if (list->n > 0)
        memcpy(node, list->node, (size_t)list->n * sizeof *node);
    for (int i = 0, some; i < list->n && !q->cut; i += some) {
        size_t mark = arena_mark(rq->arena);
        some = handful(node + i, list->n - i);
        TRY(answer(rq, q, node + i, some));
        arena_rewind(rq->arena, mark);
    }
    return NULL;
}

/* ---------------------------------------------------------------- where it is looked for */

/* The UID that all it can find must have: then the table knows the card. NULL: there is none. */
static const char *
wanted_uid(const struct ical_filter *f)
{
    for (int i = 0; i < f->n_props && (!f->any || f->n_props == 1); i++) {
        const struct ical_prop_filter *p = &f->prop[i];
        if (strcmp(p->name, "UID") == 0 && p->group == NULL && !p->absent && p->n_matches == 1 &&
            (!p->any || p->n_params == 0) && p->match[0].how == MATCH_EQUALS &&
            p->match[0].collation == COLLATION_OCTET && !p->match[0].negate)
            return p->match[0].text;
    }
    return NULL;
}

static fallible
answer_uid(struct request *rq, struct search *q, const struct dav_node *node, const char *uid)
{
    struct dav_list list = { .n = 0 };
    struct rows rows;

    TRY(q_card_takes(rq->db, rq->arena, node->id, uid, 0, &rows));
    const char **name = NEW_ARRAY(rq->arena, const char *, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++)
        name[i] = card_takes_row(&rows, i).name;
    if (rows.n > 0)
        TRY(node->kind->several(rq, node, name, rows.n, &list));
    return answer_list(rq, q, &list);
}

static fallible
answer_all(struct request *rq, struct search *q, const struct dav_node *node)
{
    struct members members = { .first = true };
    struct dav_list page;

    do {
        TRY(members_next(rq, node, &members, &page));
        TRY(answer_list(rq, q, &page));
    } while (members.more && !q->cut);
    return NULL;
}

static fallible
read_query(struct request *rq, const struct xml_in *root, struct search *q)
{
    const struct xml_in *n =
        xml_child(xml_child(root, NS_CARDDAV, "limit"), NS_CARDDAV, "nresults");

    q->left = INT64_MAX;
    if (n != NULL &&
        (!text_to_int(text_trim(rq->arena, n->text), INT32_MAX, &q->left) || q->left < 1))
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(prop_read_report(rq, root, &q->want));
    return query_read_card_filter(rq->arena, xml_child(root, NS_CARDDAV, "filter"), &q->filter);
}

/* On a collection Depth 0 means the collection, which is no card; so does no Depth (RFC 6352, 8.6). */
static fallible
addressbook_query(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    const struct dav_state *s = dav_state(rq);
    struct search q = { .cut = false };
    const char *uid;

    TRY(read_query(rq, root, &q));
    q.x = multistatus_begin(rq, rs);
    uid = wanted_uid(&q.filter);
    if (!node->collection)
        TRY(answer_list(rq, &q, &(struct dav_list){ .node = node, .n = 1 }));
    else if (!s->depth_named || s->depth == DEPTH_0)
        ;
    else if (uid != NULL)
        TRY(answer_uid(rq, &q, node, uid));
    else
        TRY(answer_all(rq, &q, node));
    if (q.cut) /* RFC 6352, 8.6.1 */
        multistatus_response(q.x, node->href, TOO_MANY_MATCHES_507.status, &TOO_MANY_MATCHES_507);
    multistatus_end(q.x);
    return NULL;
}

const struct dav_report addressbook_reports[] = {
    { NS_CARDDAV, "addressbook-query", addressbook_query },
    { NS_CARDDAV, "addressbook-multiget", report_multiget },
    { NULL, NULL, NULL },
};

const struct dav_report card_reports[] = {
    { NS_CARDDAV, "addressbook-query", addressbook_query },
    { NS_CARDDAV, "addressbook-multiget", report_multiget },
    { NULL, NULL, NULL },
};
