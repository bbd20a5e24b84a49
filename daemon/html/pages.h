#ifndef HTML_PAGES_H
#define HTML_PAGES_H

#include <stdbool.h>

struct out;
struct qr;
struct subscribe;
struct view;

/* The pages of daemon/html/pages: everything around the content, and a failure. */
void page_head(struct out *, const struct view *);
void page_foot(struct out *, const struct view *);
void page_error(struct out *, const struct view *, int status, const char *title, const char *detail,
    const char *advice, bool sign_in /* offers it */);

/* The parts that all pages are put together of: pages/parts.html; /patterns shows each. */
void page_crumbs(struct out *, const struct view *);
/* What has been done, or (problem) why it was not. */
void page_message(struct out *, const struct view *, bool problem, const char *text);
/* Instead of a list: that there is nothing, and how there will be. */
void page_empty(struct out *, const struct view *, const char *text);
/* A word beside a title; warns: one should notice, as "everybody on the internet". */
void page_badge(struct out *, const struct view *, bool warns, const char *text);
/* Links to the other pages of a list; addresses or NULL. */
void page_pager(struct out *, const struct view *, const char *newest, const char *older);
/* How far something is: "1.2 of 10 GB". */
void page_progress(
    struct out *, const struct view *, const char *label, const char *text, int value, int most);
/* A line of text to type, with its label; wrong: why what was typed will not do. */
struct field {
    const char *name, *label;
    const char *hint, *wrong; /* or NULL */
    const char *value;        /* as typed before; "" at first */
    int most;                 /* characters */
};
void page_field(struct out *, const struct view *, const struct field *);
/* One of a <select>. */
void page_option(
    struct out *, const struct view *, bool chosen, const char *value, const char *text);
/* A QR code, in dark on light; label: what it holds. */
void page_qr(struct out *, const struct view *, const struct qr *, const char *label);
/* A feed's address to copy, and links that subscribe to it. */
void page_subscribe(struct out *, const struct view *, const struct subscribe *);
/* The form token: in every form that is posted. */
void page_token(struct out *, const struct view *);

/* A question before what cannot be undone: opens in place, needs no script. */
struct confirm {
    const char *title;    /* what opens it: "Delete the folder" */
    const char *question; /* what will happen */
    const char *yes;      /* what does it */
    const char *action;   /* address of the form */
};
void page_confirm(struct out *, const struct view *, const struct confirm *);

#endif
