#include "html/qr.h"

#include <qrencode.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"

#define QUIET          4
#define DARK           1 /* the lowest bit of a unit */
#define PATH_MAX_BYTES KB(256)

static void
free_code(QRcode **code)
{
    QRcode_free(*code);
}

/* One run of dark units of a row; gives the unit behind it. */
static int
add_run(struct buf *b, const QRcode *code, int x, int y)
{
    const unsigned char *row = code->data + (size_t)y * (size_t)code->width;
    int end = x;

    while (end < code->width && (row[end] & DARK) != 0)
        end++;
    buf_printf(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, end - x, end - x);
    return end;
}

fallible
qr_make(struct arena *arena, const char *text, struct qr *qr)
{
    CLEANUP(free_code) QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    struct buf b = buf_new(arena, PATH_MAX_BYTES);

    if (code == NULL)
        return REFUSE(arena, TOO_LARGE);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if ((code->data[y * code->width + x] & DARK) != 0)
                x = add_run(&b, code, x, y);
    *qr = (struct qr){ code->width + 2 * QUIET, buf_string(&b) };
    return NULL;
}
