#ifndef ICAL_CARD_CSV_H
#define ICAL_CARD_CSV_H

#include "ical/card_fields.h"

/*
 * Contacts as a table (RFC 4180), with the columns that address books export.
 *
 * A value that a spreadsheet would take for a formula (= + - @) has an apostrophe before it when it
 * is written, which is taken away when it is read; a number of a telephone has none.
 */

enum { CSV_ROWS = 10000, CSV_COLUMNS = 250 };

struct card_csv {
    struct card_fields *row; /* nothing is NULL in it */
    int n;
    const char *const *ignored; /* columns that are not known and say something */
    int n_ignored;
};

/* UTF-8 with a byte order mark, so that spreadsheets know it. */
void card_csv_head(struct buf *);
void card_csv_row(struct buf *, const struct card_fields *);

/*
 * Reads what other programs export: commas, semicolons or tabs between the columns, whose names
 * are English or German; UTF-8 or Windows-1252. Empty rows are left out.
 */
fallible card_csv_read(
    struct arena *, const struct lang *, const char *bytes, size_t n, struct card_csv *);

#endif
