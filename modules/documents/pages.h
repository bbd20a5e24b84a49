#ifndef DOCUMENTS_PAGES_H
#define DOCUMENTS_PAGES_H

#include <stdbool.h>

#include "auth/access.h"
#include "base/error.h"

struct out;
struct request;
struct response;
struct view;

/* A line of a folder's list; all texts are ready to show. */
struct folder_row {
    const char *name, *href, *size, *changed;
    bool folder;
};

struct folder_sheet {
    const char *here;    /* the folder's address in the browser */
    const char *drive;   /* the same for a network drive */
    const char *readers; /* msgid: who can read it */
    bool is_public, may_write, may_manage;
    const struct folder_row *row;
    int n;
    const char *next; /* address of the following page, or NULL */
};

/* A choice of who; title is a msgid. */
struct level_choice {
    const char *word, *title;
    bool chosen;
};
struct group_choice {
    const char *field, *name;
    unsigned rights; /* 1 sees it, 3 changes it too */
};

/* One right: whether, and why. title is a msgid, because is ready to show. */
struct why_line {
    const char *title;
    bool yes;
    const char *because;
};
struct why_sheet {
    const char *who; /* a name, or NULL: about a role */
    bool unknown;
    const char *const *origin;
    int n_origins;
    const struct why_line *line;
    int n_lines;
};

struct levels_sheet {
    const char *here, *origin, *problem; /* problem may be NULL */
    const char *readers, *writers;       /* msgids */
    bool is_root, is_folder, own;
    const struct level_choice *read, *write;
    int n_read, n_write;
    const struct group_choice *group;
    int n_groups;
    const char *asked; /* or NULL */
    const struct why_sheet *why;
};

/* pages/levels.html */
void documents_levels(struct out *, const struct view *, const struct levels_sheet *);

/* "?why" behind the address of a folder or file; and what its form sends. */
fallible documents_levels_page(struct request *, struct response *);
fallible documents_levels_post(struct request *, struct response *, const char *rule);

/* The way here: all chapters, this one, its documents, the folders above; `whole`: this one too. */
fallible document_crumbs(struct request *, bool whole, struct view *);

/* pages/folder.html */
void documents_folder(struct out *, const struct view *, const struct folder_sheet *);

/*
 * /c/{chapter}/files/...: GET shows a folder or gives a file; POST makes a folder or stores the
 * files of a form, with its scope, admit and prepare. (PUT, from the script, is webdav's.)
 */
fallible documents_show_page(struct request *, struct response *);
fallible documents_post_page(struct request *, struct response *);
fallible documents_page_scope(struct request *);
fallible documents_page_admit(struct request *);
fallible documents_page_prepare(struct request *);

#endif
