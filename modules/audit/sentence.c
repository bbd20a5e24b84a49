/* What an entry of the audit log tells, in the language of who reads it. */
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "modules/audit/entries.h"

#define SENTENCE_MAX KB(4)

/* Each {word} stands for a detail of the entry; see details[]. */
static const char *const templates[AUDIT_WHATS] = {
    [AUDIT_ROLE_GIVEN] = N_("{who} gave {about} the role “{role}”."),
    [AUDIT_ROLE_TAKEN] = N_("{who} took the role “{role}” from {about}."),
    [AUDIT_LEVELS_SET] = N_(
        "{who} changed who may use “{title}”. Reading: {now-read}. Writing: {now-write}. Before, "
        "reading: {was-read}, writing: {was-write}."),
    [AUDIT_LEVELS_INHERITED] =
        N_("{who} let “{title}” follow the rules of the folder around it again. Before, "
           "reading: {was-read}, writing: {was-write}."),
    [AUDIT_SHARED_WITH_PERSON] = N_("{who} shared “{title}” with {about}: {may}."),
    [AUDIT_SHARED_WITH_GROUP] = N_("{who} shared “{title}” with the group “{other}”: {may}."),
    [AUDIT_UNSHARED_PERSON] = N_("{who} no longer shares “{title}” with {about}."),
    [AUDIT_UNSHARED_GROUP] = N_("{who} no longer shares “{title}” with the group “{other}”."),
    [AUDIT_GROUP_MADE] = N_("{who} made the group “{title}”."),
    [AUDIT_GROUP_CHANGED] = N_("{who} changed the group “{title}”: {other}."),
    [AUDIT_GROUP_REMOVED] = N_("{who} removed the group “{title}”."),
    [AUDIT_GROUP_JOINED] = N_("{who} added {about} to the group “{title}”."),
    [AUDIT_GROUP_LEFT] = N_("{who} removed {about} from the group “{title}”."),
    [AUDIT_GUEST_INVITED] = N_("{who} invited {about} as a guest."),
    [AUDIT_GUEST_ENDED] = N_("{who} ended the visit of the guest {about}."),
    [AUDIT_LINK_MADE] =
        N_("{who} made the link “{other}” by which “{title}” can be read without signing in."),
    [AUDIT_DROP_BOX_MADE] = N_("{who} made the drop box “{other}” by which files can be put into "
                               "“{title}” without signing in."),
    [AUDIT_LINK_RENEWED] = N_("{who} gave the link “{other}” to “{title}” a new address."),
    [AUDIT_LINK_RENAMED] = N_("{who} called a link to “{title}” “{other}” from then on."),
    [AUDIT_LINK_CONFIRMED] =
        N_("{who} let the link “{other}” to “{title}” work again after a restore."),
    [AUDIT_LINK_ENDED] = N_("{who} ended the link “{other}” to “{title}”."),
    [AUDIT_CHAPTER_MADE] = N_("{who} made the chapter “{title}”."),
    [AUDIT_CHAPTER_CHANGED] = N_("{who} changed settings of the chapter: {other}."),
    [AUDIT_CHAPTER_CLOSED] = N_("{who} closed the chapter “{title}”. Nothing was deleted."),
    [AUDIT_CHAPTER_OPENED] = N_("{who} opened the chapter “{title}” again."),
    [AUDIT_GROUPS_SET] =
        N_("{who} set which groups of the directory give the role “{role}”: {number} now."),
    [AUDIT_QUOTA_SET] = N_("{who} changed the space of the chapter from {before} to {size}."),
    [AUDIT_PERSON_LEFT] =
        N_("{about} is no longer in the directory of the association and has lost all access."),
    [AUDIT_FOLDER_DELETED] = N_("{who} deleted the folder “{title}” with everything in it."),
    [AUDIT_TRASH_RESTORED] = N_("{who} restored the deleted folder “{title}”."),
    [AUDIT_TRASH_PURGED] = N_("{who} deleted “{title}” for good ({size})."),
    [AUDIT_VERSIONS_SET] = N_("{who} set how long earlier versions in “{title}” are kept: {number} days, at most {second} of a "
                              "document."),
    [AUDIT_VERSIONS_INHERITED] = N_("{who} let earlier versions in “{title}” be kept as long as in the folder around it again."),
    [AUDIT_RETENTION_SET] = N_("{who} set that documents in “{title}” are deleted {number} months after {since}."),
    [AUDIT_RETENTION_NEVER] = N_("{who} set that no rule deletes anything in “{title}”."),
    [AUDIT_RETENTION_ENDED] = N_("{who} ended the rule that says when documents in “{title}” are deleted."),
    [AUDIT_RETENTION_DELETED] = N_("{who} moved {number} documents of “{title}” to the trash by the rule of the folder: {second} "
                                   "months after {since}."),
    [AUDIT_CHAPTER_EXPORTED] = N_("{who} exported everything of the chapter."),
    [AUDIT_CHAPTER_IMPORTED] = N_("{who} imported contents into the chapter."),
    [AUDIT_OVERRIDE_BEGUN] =
        N_("{who} may read everything in the chapter as state admin, for {number} minutes."),
    [AUDIT_OVERRIDE_ENDED] = N_("{who} ended the look into the chapter as state admin."),
    [AUDIT_RESTORED] = N_("{who} restored the whole installation from the backup of {other}."),
    [AUDIT_DEBUG_LOG_ON] = N_("{who} switched on the detailed log of the whole installation, for "
                              "at most {number} hours. It tells "
                              "who reads what."),
    [AUDIT_APP_PASSWORD_MADE] = N_("{who} made the app password “{title}”."),
    [AUDIT_APP_PASSWORD_REMOVED] = N_("{who} removed the app password “{title}”."),
    [AUDIT_PERSON_EXPORTED] = N_("{who} exported all personal data."),
};

/* What a detail is made of. */
struct view_of {
    struct arena *arena;
    const struct lang *lang;
    const struct audit_of_chapter_row *row;
};

static const char *
person(const struct view_of *v, const char *name, int64_t id)
{
    return name != NULL ? name
                        : arena_printf(v->arena, tr(v->lang, "a former member (no. %lld)"), (long long)id);
}

static const char *
who(const struct view_of *v)
{
    if (strcmp(v->row->hand, "person") == 0)
        return person(v, v->row->actor_name, v->row->actor);
    return strcmp(v->row->hand, "operator") == 0 ? tr(v->lang, "The operator of the server")
                                                 : tr(v->lang, "The server");
}

static const char *
about(const struct view_of *v)
{
    return person(v, v->row->about_name, v->row->about);
}

static const char *
title(const struct view_of *v)
{
    return v->row->title;
}

static const char *
other(const struct view_of *v)
{
    return v->row->other;
}

static const char *
role(const struct view_of *v)
{
    switch ((enum role)v->row->role) {
    case ROLE_MEMBER:
        return tr(v->lang, "Member");
    case ROLE_BOARD:
        return tr(v->lang, "Board");
    case ROLE_CHAIR:
        return tr(v->lang, "Chair");
    case ROLE_PUBLIC:
    case ROLE_FEDERATION:
    case ROLE_NOBODY:
        break;
    }
    return "?";
}

static const char *
level(const struct view_of *v, int16_t level)
{
    switch ((enum role)level) {
    case ROLE_PUBLIC:
        return tr(v->lang, "everybody on the internet");
    case ROLE_FEDERATION:
        return tr(v->lang, "everybody signed in");
    case ROLE_MEMBER:
        return tr(v->lang, "the members");
    case ROLE_BOARD:
        return tr(v->lang, "the board");
    case ROLE_CHAIR:
        return tr(v->lang, "the chair");
    case ROLE_NOBODY:
        break;
    }
    return tr(v->lang, "nobody");
}

static const char *
now_read(const struct view_of *v)
{
    return level(v, v->row->now_read);
}

static const char *
now_write(const struct view_of *v)
{
    return level(v, v->row->now_write);
}

static const char *
was_read(const struct view_of *v)
{
    return level(v, v->row->was_read);
}

static const char *
was_write(const struct view_of *v)
{
    return level(v, v->row->was_write);
}

/* Of a grant: `now` says whether it lets write, too. */
static const char *
may(const struct view_of *v)
{
    return v->row->now_write == ROLE_NOBODY ? tr(v->lang, "may read") : tr(v->lang, "may read and write");
}

static const char *
number(const struct view_of *v)
{
    return arena_printf(v->arena, "%" PRId64, v->row->amount);
}

static const char *
second(const struct view_of *v)
{
    return arena_printf(v->arena, "%" PRId64, v->row->was_amount);
}

/* Of a retention rule. */
static const char *
since(const struct view_of *v)
{
    return strcmp(v->row->other, "upload") == 0 ? tr(v->lang, "they were uploaded")
                                                : tr(v->lang, "they were last changed");
}

static const char *
size(const struct view_of *v)
{
    return text_size(v->arena, v->row->amount, v->lang->tag);
}

static const char *
before(const struct view_of *v)
{
    return text_size(v->arena, v->row->was_amount, v->lang->tag);
}

static const struct {
    const char *name;
    const char *(*text)(const struct view_of *);
} details[] = {
    { "who", who },
    { "about", about },
    { "title", title },
    { "other", other },
    { "role", role },
    { "now-read", now_read },
    { "now-write", now_write },
    { "was-read", was_read },
    { "was-write", was_write },
    { "may", may },
    { "number", number },
    { "second", second },
    { "since", since },
    { "size", size },
    { "before", before },
};

/* A translation with a {word} that is none shows it as it stands. */
static const char *
detail(const struct view_of *v, const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT_OF(details); i++)
        if (strlen(details[i].name) == n && strncmp(details[i].name, name, n) == 0)
            return details[i].text(v);
    return NULL;
}

static void
fill(struct buf *b, const struct view_of *v, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        const char *end = text[plain] == '{' ? strchr(text + plain, '}') : NULL;
        const char *value;

        buf_add(b, text, plain);
        text += plain;
        if (end == NULL) {
            buf_text(b, text);
            return;
        }
        value = detail(v, text + 1, (size_t)(end - text) - 1);
        if (value == NULL)
            buf_add(b, text, (size_t)(end - text) + 1);
        else
            buf_text(b, value);
        text = end + 1;
    }
}

const char *
audit_sentence(struct arena *arena, const struct lang *lang, const struct audit_of_chapter_row *row)
{
    struct view_of v = { arena, lang, row };
    struct buf b = buf_new(arena, SENTENCE_MAX);
    int what = audit_find(row->what);

    if (what < 0) /* of a later version */
        return arena_printf(arena, "%s: %s", who(&v), row->what);
    fill(&b, &v, tr(lang, templates[what]));
    if (row->until != NULL) {
        buf_char(&b, ' ');
        buf_printf(&b, tr(lang, "Valid until %s."), row->until);
    }
    return buf_string(&b);
}

const char *
audit_actor(struct arena *arena, const struct lang *lang, const struct audit_of_chapter_row *row)
{
    return who(&(struct view_of){ arena, lang, row });
}

const char *
audit_template(enum audit_what what)
{
    return templates[what];
}
