#ifndef DOCUMENTS_PAGES_H
#define DOCUMENTS_PAGES_H

#include <stdbool.h>

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
    const char *here;      /* the folder's address in the browser */
    const char *drive;     /* the same for a network drive */
    const char *readers;   /* msgid: who can read it */
    bool is_public, may_write;
    const struct folder_row *row;
    int n;
    const char *next;      /* address of the following page, or NULL */
};

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
