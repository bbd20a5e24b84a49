#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/*
 * The one place of rights. Roles are ordered: who holds one holds all below it.
 * The numbers stand in the database (dav_policy.read_level, grants) and never change.
 */
enum role {
    ROLE_PUBLIC = 0,     /* anybody on the internet */
    ROLE_FEDERATION = 1, /* anybody signed in */
    ROLE_MEMBER = 2,
    ROLE_BOARD = 3,
    ROLE_CHAIR = 4,
    ROLE_NOBODY = 9 /* as a level: closed to all */
};

struct role_in {
    int64_t chapter;
    enum role role;
};

/* A chapter that a state admin may read for a while, having said why (override). */
struct look {
    int64_t chapter;
    int64_t until; /* microseconds */
};

/*
 * What an app password may be for. The numbers stand in the database
 * (app_password.areas) and never change; each DAV mount says which it belongs to.
 */
enum area { AREA_DOCUMENTS = 1, AREA_CALENDARS = 2, AREA_CONTACTS = 4, AREA_WIKI = 8 };

/* What groups of chapters let somebody do in a collection, beyond her roles. */
struct grant_in {
    int64_t policy;
    unsigned rights; /* MAY_READ, perhaps with MAY_WRITE */
};

/*
 * What a link opens to whoever has it, besides that it is no person: in its chapter what as many
 * may read (and, a drop box, write) as when it was made. That it is also below what was shared is
 * for those to see to who walk the tree.
 */
struct link_pass {
    int64_t id, chapter;
    bool drop_box;         /* it writes, and reads nothing */
    enum role read, write; /* levels of its place when it was made */
};

/* Who asks. Constant once made; shared by requests. */
struct principal {
    int64_t person; /* 0: nobody signed in */
    const char *uid, *name, *mail;
    const char *old_uid; /* the alias under which an address reached her, or NULL */
    bool state_admin;
    bool guest;                  /* invited by e-mail: has only the roles she was given */
    int64_t rights_changed;      /* transaction that last changed her roles or groups; 0: none */
    unsigned only;               /* AREA_... that her app password is for; 0: everything */
    int64_t until;               /* when that expires, microseconds; 0: never */
    const struct role_in *roles; /* effective: grants and membership along the tree included */
    int n_roles;
    const struct grant_in *grants;
    int n_grants;
    const struct look *looks; /* of a state admin's browser session; never of a device */
    int n_looks;
    const struct link_pass *link; /* comes by a link: person is 0; else NULL */
};

extern const struct principal nobody;

/* The role of a principal in a chapter. */
enum role access_role(const struct principal *, int64_t chapter);

/* Whom a content that she writes is known by, as in dav_node.writer_id. */
int64_t access_writer(const struct principal *);

/* Her look into a chapter, or NULL when she has none. */
const struct look *access_look(const struct principal *, int64_t chapter);

/* May somebody signed in like this enter an area (0: one for all, as discovery)? */
bool access_enters(const struct principal *, unsigned area);

/* Who may do what with a collection and its members: a row of table dav_policy. */
struct policy {
    int64_t id;
    int64_t chapter; /* or 0 */
    int64_t person;  /* or 0: a personal collection */
    enum role read_level, write_level;
};

enum {
    MAY_READ = 1,
    MAY_WRITE = 2, /* content, properties, locks; new and removed members of a collection */
    MAY_MANAGE = 4 /* levels of the collection */
};

/* All that the principal may do there: a set of MAY_... . 0: answer as if it did not exist. */
unsigned access_rights(const struct principal *, const struct policy *);

/*
 * May she make, see and end links to what has this policy? `least` is what the chapter lets share:
 * ROLE_BOARD, ROLE_MEMBER (of those who may write there), or ROLE_NOBODY.
 */
bool access_may_share(const struct principal *, const struct policy *, enum role least);

/*
 * The same for what was replaced or removed: what the principal may do by the levels of its place
 * now and, too, by those that held then. Nobody sees in it what she could not have seen where it was.
 */
unsigned access_kept(const struct principal *, const struct policy *now, const struct policy *then);

/* The same decision with its reasons, for the page that explains it. */
struct access_why {
    bool own;          /* a personal collection of hers */
    enum role role;    /* hers in the chapter of the collection */
    unsigned by_role;  /* MAY_... that this role gives */
    unsigned by_group; /* MAY_... that groups of the chapter give */
    unsigned by_look;  /* MAY_READ while a state admin looks, with a reason */
    unsigned by_link;  /* MAY_... of whoever comes by a link, and then nothing else counts */
};
unsigned access_explain(const struct principal *, const struct policy *, struct access_why *);

/*
 * What she may read in a chapter, for a query that finds collections by themselves: those with a read
 * level up to `level`, and these. access_rights() says the same of each.
 */
struct access_reach {
    enum role level;
    const int64_t *policies; /* in the arena */
    int n;
};
struct access_reach access_reach(const struct principal *, struct arena *, int64_t chapter);

/*
 * May a sync report name a collection that she may not read, to say that it is gone? Only if she
 * could read it when her token was made, in transaction `since`: her own rights have changed since
 * then, or the read level has been raised (in transaction `hidden`, 0: never) from one that she
 * has.
 */
bool access_knew(const struct principal *, const struct policy *, int64_t hidden,
    enum role hidden_from, int64_t since);

/* What somebody has in common with another person, as bits. */
enum { SHARES_BOARD_OR_GROUP = 1, SHARES_CHAPTER = 2 };
/* Whom somebody lets know when she is busy. The numbers stand in the database and never change. */
enum busy_for { BUSY_FOR_NOBODY = 0, BUSY_FOR_CLOSE = 1, BUSY_FOR_CHAPTER = 2 };
/* May one who has that in common with her ask when she is busy? */
bool access_sees_busy(unsigned shares, enum busy_for);

#endif
