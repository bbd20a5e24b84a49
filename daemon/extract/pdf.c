/* PDF: what poppler makes of its pages. Its errors are its own; time and memory are the cage's. */
#include <string.h>

#include <poppler.h>

#include "base/buf.h"
#include "extract/extract.h"

static bool
add_page(PopplerDocument *pdf, int i, struct buf *out)
{
    PopplerPage *page = poppler_document_get_page(pdf, i);

    if (page == NULL)
        return true;
    char *text = poppler_page_get_text(page);
    bool room = text == NULL || (extract_add(out, text, strlen(text)) && extract_add(out, "\n", 1));
    g_free(text);
    g_object_unref(page);
    return room;
}

PopplerDocument *
extract_pdf_open(const char *in, size_t n, struct buf *out)
{
    GBytes *bytes = g_bytes_new_static(in, n);
    GError *error = NULL;
    PopplerDocument *pdf = poppler_document_new_from_bytes(bytes, NULL, &error);
    bool locked = error != NULL && g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);

    g_bytes_unref(bytes);
    g_clear_error(&error);
    if (pdf == NULL)
        extract_none(out, locked ? "encrypted" : "damaged");
    return pdf;
}

bool
extract_pdf(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    PopplerDocument *pdf = extract_pdf_open(in, n, out);

    (void)arena;
    if (pdf == NULL)
        return false;
    int pages = poppler_document_get_n_pages(pdf);
    for (int i = 0; i < pages && i < EXTRACT_PAGES_MAX; i++)
        if (!add_page(pdf, i, out))
            break;
    g_object_unref(pdf);
    return true;
}
