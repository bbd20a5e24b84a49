#ifndef HTML_VIEW_H
#define HTML_VIEW_H

#include <stdbool.h>

#include "html/lang.h"
#include "html/out.h"

struct arena;

/* A step of the way to the page: state, chapter, folder. */
struct crumb {
    const char *title, *href;
};

/* What every page knows; auth/page.h makes it. Strings live in the request's arena. */
struct view {
    struct arena *arena;
    const struct lang *lang;
    const char *site;       /* name of the installation */
    const char *title;      /* of this page */
    const char *here;       /* its address, for the way back after signing in or switching language */
    const char *person;     /* name of who is signed in, or NULL */
    const char *token;      /* form token; "" when nobody is signed in */
    const char *style, *script; /* addresses of the assets, with their version */
    const char *request_id; /* what to tell whoever runs the server */
    const struct crumb *crumbs;
    int n_crumbs;
    const char *notice;     /* what has just been done, or NULL */
    const char *look_until; /* a state admin looks into this chapter until then, or NULL */
    const char *look_end;   /* where she ends it */
};

/* In pages: {{T("Sign in")}}. */
#define T(msgid) tr(v->lang, (msgid))

#endif
