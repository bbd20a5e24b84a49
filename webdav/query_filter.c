#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "webdav/query.h"
#include "webdav/xml.h"

const struct condition CALENDAR_VALID_FILTER = { 403, NS_CALDAV, "valid-filter",
    N_("What is searched for is not said in a valid way.") },
                       CALENDAR_SUPPORTED_FILTER = { 403, NS_CALDAV, "supported-filter",
                           N_("It is not possible to search for this.") },
                       CALENDAR_SUPPORTED_COLLATION = { 403, NS_CALDAV, "supported-collation",
                           N_("Texts cannot be compared in this way.") },
                       CARD_VALID_FILTER = { 403, NS_CARDDAV, "valid-filter",
                           N_("What is searched for is not said in a valid way.") },
                       CARD_SUPPORTED_FILTER = { 403, NS_CARDDAV, "supported-filter",
                           N_("It is not possible to search for this.") },
                       CARD_SUPPORTED_COLLATION = { 403, NS_CARDDAV, "supported-collation",
                           N_("Texts cannot be compared in this way.") };

/* In which of the two ways it is said. */
struct words {
    const char *ns;
    enum ical_collation collation; /* the default one */
    const struct condition *valid, *supported, *supported_collation;
};
static const struct words of_calendars = { NS_CALDAV, COLLATION_ASCII, &CALENDAR_VALID_FILTER,
    &CALENDAR_SUPPORTED_FILTER, &CALENDAR_SUPPORTED_COLLATION };
static const struct words of_cards = { NS_CARDDAV, COLLATION_UNICODE, &CARD_VALID_FILTER,
    &CARD_SUPPORTED_FILTER, &CARD_SUPPORTED_COLLATION };

struct reading {
    struct arena *arena;
    const struct words *words;
    int filters;
};

static struct error *
invalid(const struct reading *r)
{
    return error_plain(r->arena, r->words->valid, HERE);
}

static bool
is(const struct reading *r, const struct xml_in *e, const char *name)
{
    return xml_is(e, r->words->ns, name);
}

/* How many children of that name there are. */
static int
count(const struct reading *r, const struct xml_in *e, const char *name)
{
    int n = 0;

    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        n += is(r, c, name);
    return n;
}

/* The attribute `name`, in capital letters. */
static fallible
read_name(struct reading *r, const struct xml_in *e, const char **name)
{
    const char *given = xml_attr(e, "name");

    if (given == NULL || *given == '\0' || ++r->filters > QUERY_FILTERS_MAX)
        return invalid(r);
    *name = text_casemap_ascii(r->arena, given);
    return NULL;
}

/* One of two words of an attribute that may be missing: then it is the first. */
static fallible
read_word(const struct reading *r, const struct xml_in *e, const char *attribute, const char *first,
    const char *second, bool *is_second)
{
    const char *given = xml_attr(e, attribute);

    *is_second = given != NULL && strcmp(given, second) == 0;
    return given == NULL || *is_second || strcmp(given, first) == 0 ? NULL : invalid(r);
}

/* is-not-defined, which stands alone. */
static fallible
read_absent(const struct reading *r, const struct xml_in *e, bool *absent)
{
    *absent = count(r, e, "is-not-defined") > 0;
    return *absent && e->first->next != NULL ? invalid(r) : NULL;
}

/* ---------------------------------------------------------------- texts and times */

static fallible
read_match(const struct reading *r, const struct xml_in *e, struct ical_match *m)
{
    static const char *const how[] = { [MATCH_CONTAINS] = "contains",
        [MATCH_EQUALS] = "equals",
        [MATCH_STARTS] = "starts-with",
        [MATCH_ENDS] = "ends-with" };
    const char *collation = xml_attr(e, "collation"), *type = xml_attr(e, "match-type");
    size_t i = 0;

    *m = (struct ical_match){ .collation = r->words->collation };
    if (collation != NULL && strcmp(collation, "default") != 0 &&
        !ical_collation_find(collation, &m->collation))
        return error_plain(r->arena, r->words->supported_collation, HERE);
    while (type != NULL && i < COUNT_OF(how) && strcmp(how[i], type) != 0)
        i++;
    if (i == COUNT_OF(how))
        return invalid(r);
    m->how = i;
    m->text = ical_match_text(r->arena, m->collation, e->text);
    return read_word(r, e, "negate-condition", "no", "yes", &m->negate);
}

static bool
read_time(const char *s, int64_t *t)
{
    struct ical_time time;

    if (s == NULL)
        return true;
    if (!ical_read_time(s, (int)strlen(s), &time) || !time.utc)
        return false;
    *t = time.wall;
    return true;
}

fallible
query_read_range(struct arena *arena, const struct xml_in *e, const struct condition *wrong,
    struct ical_range *range)
{
    const char *start = xml_attr(e, "start"), *end = xml_attr(e, "end");

    *range = (struct ical_range){ INT64_MIN, INT64_MAX };
    if ((start == NULL && end == NULL) || !read_time(start, &range->from) ||
        !read_time(end, &range->to) || range->from >= range->to)
        return error_plain(arena, wrong, HERE);
    return NULL;
}

/* A time-range where there may be one; NULL when there is none. */
static fallible
read_own_range(
    const struct reading *r, const struct xml_in *e, bool may, const struct ical_range **range)
{
    const struct xml_in *given = xml_child(e, r->words->ns, "time-range");
    struct ical_range *read;

    *range = NULL;
    if (given == NULL)
        return NULL;
    if (!may)
        return error_plain(r->arena, r->words->supported, HERE);
    if (count(r, e, "time-range") > 1)
        return invalid(r);
    *range = read = NEW(r->arena, struct ical_range);
    return query_read_range(r->arena, given, r->words->valid, read);
}

/* ---------------------------------------------------------------- parameters and properties */

static fallible
read_param(struct reading *r, const struct xml_in *e, struct ical_param_filter *f)
{
    const struct xml_in *text = xml_child(e, r->words->ns, "text-match");
    struct ical_match *m;

    *f = (struct ical_param_filter){ .match = NULL };
    TRY(read_name(r, e, &f->name));
    TRY(read_absent(r, e, &f->absent));
    if (text == NULL)
        return NULL;
    if (count(r, e, "text-match") > 1)
        return invalid(r);
    f->match = m = NEW(r->arena, struct ical_match);
    return read_match(r, text, m);
}

/* "item1.TEL": of that group (RFC 6352, 10.5.1). */
static void
cut_group(struct arena *arena, struct ical_prop_filter *f)
{
    const char *dot = strchr(f->name, '.');

    if (dot == NULL)
        return;
    f->group = arena_copy(arena, f->name, (size_t)(dot - f->name));
    f->name = dot + 1;
}

static fallible
read_conditions(struct reading *r, const struct xml_in *e, struct ical_prop_filter *f)
{
    struct ical_match *match =
        NEW_ARRAY(r->arena, struct ical_match, (size_t)count(r, e, "text-match"));
    struct ical_param_filter *param =
        NEW_ARRAY(r->arena, struct ical_param_filter, (size_t)count(r, e, "param-filter"));

    f->match = match;
    f->param = param;
    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        if (is(r, c, "text-match"))
            TRY(read_match(r, c, &match[f->n_matches++]));
        else if (is(r, c, "param-filter"))
            TRY(read_param(r, c, &param[f->n_params++]));
    return NULL;
}

static fallible
read_prop(struct reading *r, const struct xml_in *e, struct ical_prop_filter *f)
{
    bool cards = r->words == &of_cards, all = true;

    *f = (struct ical_prop_filter){ .group = NULL };
    TRY(read_name(r, e, &f->name));
    TRY(read_absent(r, e, &f->absent));
    if (cards) {
        cut_group(r->arena, f);
        TRY(read_word(r, e, "test", "anyof", "allof", &all));
    }
    f->any = !all;
    TRY(read_own_range(r, e, !cards && ical_filter_has_date(f->name), &f->range));
    TRY(read_conditions(r, e, f));
    return !cards && f->n_matches + (f->range != NULL) > 1 ? invalid(r) : NULL;
}

static fallible
read_props(struct reading *r, const struct xml_in *e, struct ical_filter *f)
{
    struct ical_prop_filter *prop =
        NEW_ARRAY(r->arena, struct ical_prop_filter, (size_t)count(r, e, "prop-filter"));

    f->prop = prop;
    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        if (is(r, c, "prop-filter"))
            TRY(read_prop(r, c, &prop[f->n_props++]));
    return NULL;
}

/* ---------------------------------------------------------------- components */

static fallible
read_component(struct reading *r, const struct xml_in *e, struct ical_filter *f)
{
    *f = (struct ical_filter){ .name = NULL };
    TRY(read_name(r, e, &f->name));
    TRY(read_absent(r, e, &f->absent));
    TRY(read_own_range(r, e, ical_filter_has_time(f->name), &f->range));
    TRY(read_props(r, e, f));
    struct ical_filter *part =
        NEW_ARRAY(r->arena, struct ical_filter, (size_t)count(r, e, "comp-filter"));
    f->part = part;
    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        if (is(r, c, "comp-filter"))
            TRY(read_component(r, c, &part[f->n_parts++]));
    return NULL;
}

fallible
query_read_filter(struct arena *arena, const struct xml_in *e, struct ical_filter *f)
{
    struct reading r = { arena, &of_calendars, 0 };
    const struct xml_in *outer = xml_child(e, NS_CALDAV, "comp-filter");

    if (outer == NULL || count(&r, e, "comp-filter") > 1)
        return invalid(&r);
    TRY(read_component(&r, outer, f));
    return strcmp(f->name, ical_calendar.component) == 0 ? NULL : invalid(&r);
}

fallible
query_read_card_filter(struct arena *arena, const struct xml_in *e, struct ical_filter *f)
{
    struct reading r = { arena, &of_cards, 0 };
    bool all = true;

    *f = (struct ical_filter){ .name = ical_card.component };
    if (e == NULL)
        return invalid(&r);
    TRY(read_word(&r, e, "test", "anyof", "allof", &all));
    f->any = !all;
    return read_props(&r, e, f);
}
