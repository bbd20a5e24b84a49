/* chapterctl audit: the log of a chapter, as its board reads it. */
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/time.h"
#include "ctl/ctl.h"
#include "html/lang.h"
#include "modules/audit/entries.h"
#include "modules/chapters/chapter.h"

#define ENTRIES      100
#define ENTRIES_MOST 10000

struct listing {
    struct chapter chapter;
    struct audit_filter filter;
    int most;
    struct audit_entries entries;
};

static fallible
list_step(struct ctl *ctl, void *own)
{
    struct listing *l = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl_option(ctl, "chapter"), &l->chapter));
    return audit_read(ctl->db, ctl->arena, l->chapter.id, &l->filter, ctl->config->time_zone,
        l->most, &l->entries);
}

static fallible
read_options(struct ctl *ctl, struct listing *l)
{
    const char *kind = ctl_option(ctl, "kind"), *most = ctl_option(ctl, "most");
    int64_t n = ENTRIES;

    l->filter = (struct audit_filter){ .since = ctl_option(ctl, "since"),
        .till = ctl_option(ctl, "till") };
    if (kind != NULL && (l->filter.group = audit_group_find(kind)) == 0)
        return FAIL(ctl->arena, BAD_REQUEST,
            "--kind: \"%s\" is none. There are: rights, chapter, contents, operation.", kind);
    for (int i = 0; i < 2; i++) {
        const char *day = i == 0 ? l->filter.since : l->filter.till;
        if (day != NULL && !time_is_day(day))
            return FAIL(ctl->arena, BAD_REQUEST,
                "\"%s\" is not a day. Write for example 2027-03-31.", day);
    }
    if (most != NULL && (!text_to_int(most, ENTRIES_MOST, &n) || n == 0))
        return FAIL(ctl->arena, BAD_REQUEST, "--most: a number from 1 to %d, please.", ENTRIES_MOST);
    l->most = (int)n;
    return NULL;
}

static json_t *
entries_json(struct ctl *ctl, const struct audit_entries *e)
{
    json_t *all = json_array();

    for (int i = 0; i < e->n; i++) {
        const struct audit_of_chapter_row *row = &e->entry[i];
        json_array_append_new(all,
            json_pack("{s:I, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:s}", "id", (json_int_t)row->id,
                "time", ctl_json_time(ctl->arena, row->at), "what", row->what, "who",
                audit_actor(ctl->arena, ctl->app.lang, row), "kind", row->kind, "title",
                ctl_json_text(row->title), "about", ctl_json_text(row->about_name), "reason",
                ctl_json_text(row->reason), "sentence",
                audit_sentence(ctl->arena, ctl->app.lang, row)));
    }
    return all;
}

static fallible
audit_list_command(struct ctl *ctl)
{
    struct listing l = { .most = 0 };
    const struct audit_entries *e = &l.entries;

    TRY(read_options(ctl, &l));
    TRY(ctl_work(ctl, SNAPSHOT, list_step, &l));
    if (ctl->json) {
        ctl_json(json_pack("{s:b, s:s, s:b, s:o}", "ok", 1, "slug", l.chapter.slug, "more", e->more,
            "entries", entries_json(ctl, e)));
        return NULL;
    }
    for (int i = 0; i < e->n; i++)
        ctl_say(ctl, "%s  %s%s%s",
            time_people(ctl->arena, e->entry[i].at, ctl->config->time_zone, ctl->app.lang->tag),
            audit_sentence(ctl->arena, ctl->app.lang, &e->entry[i]),
            e->entry[i].reason == NULL ? "" : " Reason: ",
            e->entry[i].reason == NULL ? "" : e->entry[i].reason);
    if (e->n == 0)
        ctl_say(ctl, "Nothing has been noted.");
    if (e->more)
        ctl_say(ctl, "There are older entries: --most NUMBER shows more of them.");
    return NULL;
}

static const struct ctl_option list_options[] = {
    { "chapter", "SLUG", "whose log", true },
    { "kind", "KIND", "rights, chapter, contents or operation; all when left out", false },
    { "since", "DATE", "from this day on, such as 2027-03-31", false },
    { "till", "DATE", "up to this day", false },
    { "most", "NUMBER", "how many of the newest, 100 when left out", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command audit_commands[] = {
    {
        .name = "audit list",
        .args = "",
        .options = list_options,
        .help = "lists who changed rights, deleted folders or looked in",
        .more = "The newest first. The board reads the same on the page of its chapter.\n",
        .run = audit_list_command,
    },
    { .name = NULL },
};
