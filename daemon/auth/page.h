#ifndef AUTH_PAGE_H
#define AUTH_PAGE_H

#include "html/view.h"

struct out;
struct request;
struct response;

/*
 * Begins the reply of a page: fills what every page knows (language, who is
 * signed in, form token, addresses of the assets) and gives the text to write
 * it to. "?done=..." behind the address brings a notice, see page.c. The caller may
 * add crumbs and a notice to the view before it writes.
 * title is already in the reader's language.
 */
struct out *page_begin(struct request *, struct response *, const char *title, struct view *);

#endif
