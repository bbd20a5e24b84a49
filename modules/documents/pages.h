#ifndef DOCUMENTS_PAGES_H
#define DOCUMENTS_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "base/uri.h"

struct dav_node;
struct out;
struct request;
struct response;
struct share_marks;
struct view;

/* A line of a folder's list; all texts are ready to show. */
struct folder_row {
    const char *name, *href, *size, *changed;
    const char *small; /* address of a small picture of it, or NULL */
    bool folder, is_public, may_view, shared;
};

/* A heading that sorts; title is a msgid. order: "ascending", "descending", or NULL: by another. */
struct folder_column {
    const char *title, *href, *order;
};

struct folder_sheet {
    const char *here;    /* the folder's address in the browser */
    bool inside;         /* false: for somebody who comes by a link; none of these then */
    const char *search;  /* where its documents are searched */
    const char *pieces;  /* where uploads in pieces to it begin */
    const char *script;  /* the asset that uploads */
    const char *drive;   /* the same for a network drive */
    const char *trash;   /* address of the chapter's trash */
    const char *readers; /* msgid: who can read it */
    bool is_public, may_write, may_manage, may_share;
    const struct share_marks *marks; /* of whoever may write; else NULL */

    bool may_filter;
    const char *scarce; /* how much of the chapter's space is used, when it is nearly full; or NULL */
    const char *filter, *sort; /* as asked for; filter "": all */
    bool down;
    struct folder_column column[3];
    const struct folder_row *row;
    int n;
    int64_t total;
    const char *range;                 /* "101 to 200 of 342" */
    const char *previous, *next, *all; /* addresses; previous and next may be NULL */
};

/* A folder one can move things to. */
struct act_place {
    const char *name, *at;
    bool is_public;
};

/* A question about things that were ticked. */
struct act_sheet {
    const char *here, *act;
    enum { ACT_DELETE, ACT_RENAME, ACT_MOVE, ACT_COPY } kind;
    const char *const *name;
    int n;
    const char *at, *at_name, *up; /* where the chooser stands, and above it (or NULL) */
    const struct act_place *place;
    int n_places;
    bool more_places, may_go;
    const char *seen;                       /* goes back with the answer */
    const char *readers_now, *readers_then; /* msgids, NULL unless who may read would change */
    bool groups_differ, will_be_public;
    bool shared; /* whoever has a link can read what lies there */
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
    bool is_root, is_folder, own, shared; /* shared: whoever has a link can read it too */
    bool ask_public;                      /* the form wants to know whether that is meant */
    const struct level_choice *read, *write;
    int n_read, n_write;
    const struct group_choice *group, *group_form; /* as they are, and as the form shows them */
    int n_groups;
    const char *asked; /* or NULL */
    const struct why_sheet *why;
};

/* pages/levels.html */
void documents_levels(struct out *, const struct view *, const struct levels_sheet *);

/* "?why" behind the address of a folder or file; and what its form sends. */
fallible documents_levels_page(struct request *, struct response *);
fallible documents_levels_post(struct request *, struct response *, const char *rule);

/* A line of the versions of a document; all texts are ready to show. */
struct version_row {
    const char *id, *href, *compare, *changed, *replaced, *size;
    const char *writer; /* or NULL */
    bool may_restore;
};

struct versions_sheet {
    const char *here, *changed, *size; /* of the document as it is now */
    const char *kept;                  /* for how long versions are */
    const struct version_row *row;
    int n;
    const char *next; /* address of the following page, or NULL */
};

/* pages/versions.html */
void documents_versions(struct out *, const struct view *, const struct versions_sheet *);

/* "?versions" behind the address of a document, "?version=..." for one of them, and the form that
 * restores one. */
fallible documents_versions_page(struct request *, struct response *, const struct dav_node *);
fallible documents_version_page(struct request *, struct response *, const struct dav_node *);
fallible documents_version_post(struct request *, struct response *, const char *id);

/* A version that can be compared; id "": what is there now. */
struct compare_choice {
    const char *id, *title;
    bool chosen;
};
/* Words of a changed line; kinds are those of jobs/helper_compare.h. */
struct compare_part {
    char kind;
    const char *text;
};
struct compare_line {
    char kind;
    const char *text; /* not of a changed one */
    const struct compare_part *part;
    int n;
};
struct compare_sheet {
    const char *here;
    const struct compare_choice *old, *new;
    int n_old, n_new;
    const char *problem; /* why they cannot be compared, or NULL */
    const char *said;    /* the whole in a sentence */
    const struct compare_line *line;
    int n;
    bool cut;
};

/* pages/compare.html */
void documents_compare(struct out *, const struct view *, const struct compare_sheet *);

/* "?compare=12" behind the address of a document: how that version became what it is now, or
 * ("&with=34") another version. NOT_FOUND for what somebody may not read. */
fallible documents_compare_page(struct request *, struct response *, const struct dav_node *);

/* A document that a rule would delete. */
struct keeping_row {
    const char *name, *href, *place, *at;
};
struct keeping_sheet {
    const char *here, *problem; /* problem may be NULL */
    const char *versions, *versions_origin, *days, *each;
    bool own_versions;
    const char *rule, *rule_origin;
    bool own_rule, rule_deletes, never;
    const char *kept_by; /* the folder above that is marked, or NULL */
    const char *starts;  /* NULL: it has begun */
    const char *trial;   /* a rule that is tried out, or NULL */
    const char *months, *since;
    bool since_upload;
    const struct keeping_row *due;
    int n_due;
    int64_t all_due;
    int trash_days, grace_days;
};

/* pages/keeping.html */
void documents_keeping(struct out *, const struct view *, const struct keeping_sheet *);

/* "?keep" behind the address of a folder, for whoever may say who sees it; and what its forms send. */
fallible documents_keeping_page(struct request *, struct response *);
fallible documents_keeping_post(struct request *, struct response *, const char *what);
/* How long versions are kept, in a sentence. */
struct keeping;
const char *documents_versions_kept(struct request *, const struct keeping *);

/* A line of the trash; all texts are ready to show. */
struct trash_row {
    const char *id, *name, *place, *removed, *size;
    const char *remover; /* or NULL */
    bool by_rule;
    bool folder, may_act;
};

struct trash_sheet {
    const char *here;
    const char *space;     /* what uses the chapter's space, or NULL */
    bool scarce;           /* it is nearly full */
    int days; /* for which it is kept */
    const struct trash_row *row;
    int n;
    const char *next; /* address of the following page, or NULL */
};

/* Where something that is restored may go. */
struct place_choice {
    const char *path, *title;
    bool chosen;
};
struct place_sheet {
    const char *here, *id, *name;
    const char *problem; /* or NULL */
    const struct place_choice *choice;
    int n;
};

/* pages/trash.html */
void documents_trash(struct out *, const struct view *, const struct trash_sheet *);
void documents_trash_place(struct out *, const struct view *, const struct place_sheet *);

/* What to tell whoever may write: NULL as long as nine tenths of the chapter's space are not used. */
fallible documents_scarce(struct request *, const char **text);

/* /c/{chapter}/trash, and its forms. */
fallible documents_trash_page(struct request *, struct response *);
fallible documents_trash_scope(struct request *);
fallible documents_trash_post(struct request *, struct response *);

/* The way here: all chapters, this one, its documents, the folders above; `whole`: this one too. */
fallible document_crumbs(struct request *, bool whole, struct view *);

/* Who can read what has this level: a msgid. */
const char *documents_readers(enum role level);
/* The list of a folder as it is asked for; `here` and `marks` are set before. */
fallible documents_list(struct request *, const struct dav_node *, struct folder_sheet *);
/* A folder's page. */
fallible documents_show_folder(struct request *, struct response *, const struct dav_node *);
/* The path of a name in a folder; the name is not checked. */
struct path documents_below(struct request *, const struct path *folder, const char *name);
/*
 * Deletes, renames, moves or copies what was ticked, in one transaction: all or nothing. Asks
 * before (a page of its own), and again when who may read it would change and the answer does not
 * show that this was known.
 */
fallible documents_act_post(struct request *, struct response *, const char *act);

/*
 * A zip of nodes with all below them that the asking person may read, made while it is sent: memory
 * stays flat, nothing of it is kept. TOO_LARGE past zip_members_max and zip_max.
 */
fallible documents_zip(struct request *, struct response *, const char *name,
    const struct dav_node *, int n);

/* How a document can be shown; what is too large for it cannot. */
enum preview { PREVIEW_NONE, PREVIEW_PICTURE, PREVIEW_TEXT, PREVIEW_MARKDOWN, PREVIEW_PDF };
enum preview documents_preview_of(const struct dav_node *);

struct preview_sheet {
    const char *here, *name, *size, *changed;
    const char *readers; /* a msgid; NULL: for somebody who comes by a link */
    bool is_public, may_share;
    enum preview kind;

    /* Of a PDF, a page at a time. */
    const char *problem;               /* a sentence why it is not shown, or not as a picture */
    const char *again;                 /* address, when it may be shown in a moment; else NULL */
    const char *of_pages, *text;       /* "Page 3 of 12", NULL when it is not shown; its text */
    const char *picture;               /* address; NULL: its text must do */
    const char *previous, *next;       /* addresses, or NULL */
};
/* NOT_FOUND when a page of it is asked for that it has not. */
fallible documents_preview_sheet(
    struct request *, const struct dav_node *, struct preview_sheet *);

/* "?view" behind a document: the page around it; "?frame": what stands in its frame, of a PDF the
 * picture of a page ("&page=", from 1). NOT_FOUND for what cannot be shown. */
fallible documents_preview_page(struct request *, struct response *, const struct dav_node *);
/* The small picture of it in lists; NOT_FOUND when there is none (yet). */
fallible documents_small(struct request *, struct response *, const struct dav_node *);
fallible documents_frame(struct request *, struct response *, const struct dav_node *);

/* A PDF: fills the sheet with a page of it; sends the picture of one. */
fallible preview_pdf(struct request *, const struct dav_node *, struct preview_sheet *);
fallible preview_pdf_picture(struct request *, struct response *, const struct dav_node *);

/* pages/preview.html */
void documents_preview(struct out *, const struct view *, const struct preview_sheet *);
/* The content follows; HTML needs no end. */
void documents_frame_head(struct out *, const char *name);

/* pages/act.html */
void documents_act(struct out *, const struct view *, const struct act_sheet *);

/* pages/folder.html */
void documents_folder(struct out *, const struct view *, const struct folder_sheet *);
/* The part of it that uploads. */
void documents_upload(struct out *, const struct view *, const struct folder_sheet *);

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
