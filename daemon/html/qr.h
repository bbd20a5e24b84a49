#ifndef HTML_QR_H
#define HTML_QR_H

#include "base/error.h"

struct arena;

/*
 * A text as a QR code, of level M: it can be read with a seventh of it dirty or torn. To be drawn
 * with page_qr(): dark on light, whatever the colours of the page are.
 */
struct qr {
    int size;         /* units to a side, the quiet zone of four on each included */
    const char *path; /* of an SVG: a rectangle for each row's run of dark units */
};

/* TOO_LARGE past 2,331 bytes. */
fallible qr_make(struct arena *, const char *text, struct qr *);

#endif
