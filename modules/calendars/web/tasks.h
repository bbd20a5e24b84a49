#ifndef CALENDARS_TASKS_H
#define CALENDARS_TASKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "modules/calendars/web/pages.h"
#include "modules/calendars/web/todo.h"

/*
 * The tasks of a chapter's calendars in the browser: /c/{chapter}/tasks. Whatever people do is done
 * by todo.h to the bytes, and goes through WebDAV's door with the etag that the page was made with.
 */

/* ---- task_load.c: what there is ---- */

struct page_task {
    const struct page_calendar *calendar;
    const char *href, *etag, *title, *when; /* when: "until Thursday, 5 November", NULL: no day */
    const char *contact;                    /* the office that it is for, or NULL */
    const char *const *category;
    int n_categories;
    struct todo todo;
    int64_t day;      /* of todo.due, in the page's zone */
    bool late;        /* and not done */
    int64_t finished; /* seconds since 1970; 0: not known */
};
struct page_tasks {
    const struct page_task *p; /* by when they are due, those without a day last */
    int n;
    bool more; /* not all of them could be shown */
};
/* Those of `only` or (NULL) all of the calendars. */
fallible page_tasks(struct request *, const struct page_calendars *,
    const struct page_calendar *only, struct page_tasks *);

/* A task that was found. */
struct page_task_found {
    const struct page_calendar *calendar;
    const char *name, *etag;
    struct bytes bytes;
    struct calendar_object object;
    struct todo todo;
};
/* The task of the address (calendar, name). NOT_FOUND for what is not there or not for her. */
fallible page_task_find(struct request *, const struct page_calendars *, struct page_task_found *);

/* When it is due, in words; NULL: it has no day. */
const char *page_due(struct request *, const struct todo *);
/* What clocks of the page show when it is due. */
int64_t page_due_wall(struct request *, const struct todo *);
bool page_due_late(struct request *, const struct todo *);
/* The way to a task: as calendar_crumbs(), and the list of tasks. */
fallible task_crumbs(struct request *, struct view *);
/* The name of a state: of a task, or of a post; msgid. */
const char *page_state(enum todo_state, bool post);

/* ---- task_list.c: GET /c/{chapter}/tasks ---- */

struct task_section {
    const char *title; /* NULL: it needs none */
    const struct page_task *const *task;
    int n;
};
struct task_sheet {
    const char *here;                                     /* the address with what is chosen */
    const struct page_filter *show, *calendar, *category; /* ways to other lists */
    int n_show, n_calendars, n_categories;
    const struct task_section *section;
    int n;
    bool names, more, none, nothing;
    const char *empty; /* msgid: why there is nothing */
    const char *add;   /* address of the form, or NULL */
    const char *make;  /* whereto the button posts that makes an editorial calendar, or NULL */
};
fallible tasks_page(struct request *, struct response *);

/* ---- task_board.c: the editorial calendar ---- */

/* Its columns: all states but that of what was dropped. */
#define BOARD_STATES TODO_DROPPED

struct board_cell {
    const struct page_task **post;
    int n;
};
struct board_row {
    const char *title;
    struct board_cell cell[BOARD_STATES];
    int n;
};
struct board_sheet {
    const struct page_calendar *calendar;
    const struct board_row *row;
    int n;
    bool more, nothing;
    const char *here, *previous, *today, *next, *list; /* addresses */
    const char *add;                                   /* or NULL */
};
/* Those of an editorial calendar by weeks and states. */
fallible editorial_page(
    struct request *, struct response *, const struct page_calendar *, const struct page_tasks *);
/* May she make an editorial calendar, which she has none of yet? */
fallible editorial_may_make(struct request *, const struct page_calendars *, bool *may);
/* Makes one. FORBIDDEN for who may not manage the chapter's calendars. */
fallible editorial_make(struct request *, struct response *);

/* ---- task_form.c: a task as the fields of a form ---- */

struct task_form {
    const char *title, *text, *categories, *contact, *day, *time, *repeat, *priority, *state;
    const char *calendar;                               /* of a new task */
    const char *wrong_title, *wrong_due, *wrong_repeat; /* or NULL */
};
/* What can be chosen: words in addresses and forms, and titles (msgids). */
struct task_choice {
    const char *word, *title;
};
extern const struct task_choice task_repeats[], task_priorities[], task_states[TODO_STATES];
extern const int n_task_repeats, n_task_priorities;

void task_form_fill(struct request *, const struct page_task_found *, struct task_form *);
void task_form_new(struct request *, struct task_form *);
fallible task_form_read(struct request *, struct task_form *);
/* was: the form of the task as it is, or NULL: a new one. False: something is wrong, and the form
 * says what. */
bool task_form_values(
    struct request *, struct task_form *, const struct page_task_found *was, struct todo_values *);

/* ---- task_page.c: a task, new tasks, changes, and their end ---- */

struct task_fact_sheet {
    const struct page_calendar *calendar;
    const char *when, *rule, *text, *place, *address, *state, *done, *priority, *contact;
    const char *const *category;
    int n_categories;
    bool late, over;
    const char *here, *etag, *back, *problem; /* problem: or NULL */
    const char *edit;                         /* or NULL: she may not change it */
    enum todo_state now;
};
struct task_edit_sheet {
    const struct task_form *form;
    const char *action, *back, *etag, *problem, *own_rule;
    const struct page_calendars *calendars; /* of a new task; else NULL */
    bool recurs, own, post;
    const char *const *channel, *const *office; /* to choose from: what has been used */
    int n_channels, n_offices;
};
fallible task_new_page(struct request *, struct response *, const struct page_calendars *);
/* GET and POST /c/{chapter}/tasks/{calendar}/{name}, POST /c/{chapter}/tasks */
fallible task_page(struct request *, struct response *);
fallible task_post(struct request *, struct response *);
fallible tasks_post(struct request *, struct response *);

/* pages/tasks.html, pages/task.html, pages/board.html */
void editorial_board(struct out *, const struct view *, const struct board_sheet *);
void tasks_show(struct out *, const struct view *, const struct task_sheet *);
void tasks_one(struct out *, const struct view *, const struct task_fact_sheet *);
void tasks_edit(struct out *, const struct view *, const struct task_edit_sheet *);

#endif
