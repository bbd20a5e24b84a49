#ifndef DOCUMENTS_SEARCH_H
#define DOCUMENTS_SEARCH_H

#include <stdbool.h>

#include "base/error.h"
#include "jobs/jobs.h"

struct out;
struct request;
struct response;
struct search_hit;
struct view;

/* Keeps what documents are found by; see index.c. */
extern const struct job search_jobs[];

/*
 * /c/{chapter}/search?q=...: documents of a chapter by their words, narrowed down by folder (in=),
 * kind (type=), day (since=, till=) and who saved it last (by=; only for who is signed in). What one may not read is not found, counted or hinted at.
 */
fallible search_show_page(struct request *, struct response *);

/* Where the documents of the folder that is shown, and below it, are searched. */
const char *search_address(struct request *);

/* A piece of a snippet, with a blank before and behind it; marked may be "". */
struct search_piece {
    const char *before, *marked, *after;
};

/* All texts are ready to show. */
struct search_line {
    const char *name, *href;
    const char *folder, *folder_href;
    const char *changed, *size;
    const char *writer;  /* name of who saved it last, or NULL */
    const char *problem; /* msgid: why its text was not searched; or NULL */
    const struct search_piece *piece;
    int n_pieces;
};

struct search_choice {
    const char *word, *title; /* title is a msgid */
    bool chosen;
};

struct search_sheet {
    const char *here;          /* the address without a question */
    const char *said;          /* "" at first */
    const char *folder;        /* only below this one; "" anywhere */
    const char *anywhere;      /* the same question without the folder */
    const char *since, *till;  /* days, or "" */
    const char *writer;        /* part of a name, or "" */
    bool may_ask_writer;
    const char *problem;       /* or NULL */
    const struct search_choice *type;
    int n_types;
    const struct search_line *line;
    int n;
    const char *first, *more; /* addresses, or NULL */
    const struct search_hit *other; /* of other parts of the chapter */
    int n_others;
};

/* pages/search.html */
void documents_search(struct out *, const struct view *, const struct search_sheet *);

#endif
