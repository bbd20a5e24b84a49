#ifndef CHAPTERS_PAGES_H
#define CHAPTERS_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "modules/chapters/group.h"

struct holder;
struct notice;
struct out;
struct request;
struct response;
struct view;

/* A chapter in a list. kind and role are msgids; role NULL: none of note. */
struct chapter_card {
    const char *slug, *name, *kind, *role;
};
struct chapter_cards {
    const struct chapter_card *card;
    int n;
};

/* What a chapter's own page shows. */
struct chapter_sheet {
    const char *slug, *name, *kind, *role;
    const char *number, *contact; /* or NULL */
    struct chapter_cards children;
    const struct subscribe *calendar; /* that everybody may read; or NULL */
    const struct notice *notice; /* of all modules; what waits for her here */
    int n_notices;
    bool is_board; /* may look at roles, groups and guests, and read the chapter's log */
    bool override; /* she may look into it with a reason */
};

/* Roles, groups and guests. */
struct members_sheet {
    const char *href;    /* of the page */
    const char *problem; /* why it did not work, or NULL */
    bool may_set;
    const char *today, *a_month, *a_year; /* days for forms */
    int64_t members;
    const struct holder *holder;
    int n_holders;
    const struct group *group;
    int n_groups;
    const struct guest *guest;
    int n_guests;
};

/* A guest's invitation; password NULL: not taken up yet. */
struct invite_sheet {
    const char *name, *uid, *until, *chapter, *drive, *password;
    const char *link; /* in the mail */
};

/* mails/invitation.txt */
void mail_invitation(struct out *, const struct view *, const struct invite_sheet *);

/* pages/start.html, pages/chapter.html */
void chapters_start(struct out *, const struct view *, const struct chapter_cards *own,
    const struct chapter_cards *all, const char *tour /* of this chapter is offered, or NULL */);
void chapters_cards(struct out *, const struct view *, const struct chapter_cards *);
void chapters_show(struct out *, const struct view *, const struct chapter_sheet *);

/* pages/members.html, pages/invite.html */
void chapters_members(struct out *, const struct view *, const struct members_sheet *);
void chapters_invited(struct out *, const struct view *, const char *back, const struct guest *,
    const char *link, enum guest_mailed);
void chapters_invite(struct out *, const struct view *, const struct invite_sheet *);

/* A role as a word for a badge: a msgid, or NULL for those of no note. */
const char *chapter_role_title(enum role);
/* And in forms; see chapter.h. */
const char *chapter_role_word(int role);

/* /c/{chapter}/members; prepare asks the directory who somebody is. */
fallible chapters_members_page(struct request *, struct response *);
fallible chapters_members_prepare(struct request *);
fallible chapters_members_post(struct request *, struct response *);
/* /invite/{code} */
fallible chapters_invite_page(struct request *, struct response *);
fallible chapters_invite_post(struct request *, struct response *);

/* GET / and GET /c/{chapter}/ */
fallible chapters_start_page(struct request *, struct response *);
fallible chapters_chapter_page(struct request *, struct response *);

#endif
