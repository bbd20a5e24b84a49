#ifndef CHAPTERS_TOUR_H
#define CHAPTERS_TOUR_H

#include <stdbool.h>

#include "base/error.h"
#include "modules/chapters/chapter.h"

struct out;
struct request;
struct response;
struct view;

/* One step of the tour. */
struct tour_sheet {
    int step, steps;           /* from 1 */
    const char *next, *back;   /* addresses of the others, or NULL */
    const char *of;            /* "Step 1 of 4" */
    const char *slug, *chapter; /* that she chairs, or NULL */
};

/* pages/tour.html: a step, and the offer on the start page. */
void chapters_tour(struct out *, const struct view *, const struct tour_sheet *);
void chapters_tour_offer(struct out *, const struct view *, const char *chapter);

/* The first of these chapters that the asking person chairs, or NULL. */
const struct chapter *tour_chapter(const struct request *, const struct chapter_list *);
/* Has she not ended it yet? */
fallible tour_is_offered(struct request *, bool *offered);

/* GET /tour, POST /tour/end */
fallible tour_show_page(struct request *, struct response *);
fallible tour_post_end(struct request *, struct response *);

#endif
