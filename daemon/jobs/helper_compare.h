#ifndef JOBS_HELPER_COMPARE_H
#define JOBS_HELPER_COMPARE_H

#include "jobs/helpers.h"

/*
 * How one text became another, line by line. In: both as UTF-8 with COMPARE_BETWEEN between them. Out:
 * lines that begin with one of COMPARE_... and end with a line end; lines that both have are left out
 * but for the two around a difference. Within COMPARE_CHANGED, COMPARE_OUT and COMPARE_IN begin words
 * that are gone and words that are new, COMPARE_SAME what stays. Control characters but tabs are
 * left out, carriage returns too, and of very long lines the end. When that is more than a page of
 * COMPARE_OUTPUT_MAX bytes can hold, it ends with COMPARE_CUT. Refused when a text
 * has more than COMPARE_LINES_MAX lines.
 */
enum {
    COMPARE_BETWEEN = '\0',
    COMPARE_EQUAL = '=',   /* a line of both */
    COMPARE_SKIPPED = '#', /* a number: so many lines of both */
    COMPARE_GONE = '-',    /* a line of the first alone */
    COMPARE_NEW = '+',     /* a line of the second alone */
    COMPARE_CHANGED = '~', /* a line with words that differ */
    COMPARE_COUNTS = '%',  /* the first line: lines gone, new and changed, and whether the ends of
                              lines or control characters alone differ, with blanks between */
    COMPARE_CUT = '!',
    COMPARE_SAME = '\1',
    COMPARE_OUT = '\2',
    COMPARE_IN = '\3',
};

#define COMPARE_LINES_MAX  20000
#define COMPARE_OUTPUT_MAX ((size_t)64 * 1024)

extern const struct helper_task helper_compare;

#endif
