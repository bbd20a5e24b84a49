/* One page of a PDF, to be looked at: its text, and a picture of it. */
#include <stdint.h>
#include <string.h>

#include <poppler.h>

#include "base/buf.h"
#include "base/macros.h"
#include "extract/extract.h"
#include "jobs/sandbox.h"

/* Of the picture: a page is as wide as it takes to read it, and not much longer than a till
 * receipt. */
#define WIDTH  1200
#define HEIGHT 2400
/* Somebody waits for it, which the search does not. */
#define CPU_MS 3000
/* In points: a square of 350 km is no page. */
#define PAGE_MAX 1e9

/* Names of fonts begin with six letters and a plus sign when only a part of the font is in it. */
#define TAG 7

static const char *
untagged(const char *name)
{
    return strnlen(name, TAG) == TAG && name[TAG - 1] == '+' ? name + TAG : name;
}

/* Names of the fonts up to this page that are not in the document: here are none to take instead.
 */
static GHashTable *
find_missing(PopplerDocument *pdf, int pages)
{
    GHashTable *missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    PopplerFontInfo *info = poppler_font_info_new(pdf);
    PopplerFontsIter *font = NULL;

    if (poppler_font_info_scan(info, pages, &font) && font != NULL)
        do {
            const char *name = poppler_fonts_iter_get_full_name(font);
            if (!poppler_fonts_iter_is_embedded(font))
                g_hash_table_add(missing, g_strdup(name == NULL ? "" : untagged(name)));
        } while (poppler_fonts_iter_next(font));
    poppler_fonts_iter_free(font);
    g_object_unref(info);
    return missing;
}

static bool
lacks_fonts(PopplerDocument *pdf, PopplerPage *page, int number)
{
    GHashTable *missing = find_missing(pdf, number);
    GList *runs = g_hash_table_size(missing) == 0 ? NULL : poppler_page_get_text_attributes(page);
    bool lacks = false;

    for (const GList *run = runs; run != NULL && !lacks; run = run->next) {
        const char *name = ((const PopplerTextAttributes *)run->data)->font_name;
        lacks = g_hash_table_contains(missing, name == NULL ? "" : untagged(name));
    }
    poppler_page_free_text_attributes(runs);
    g_hash_table_destroy(missing);
    return lacks;
}

static bool
tell(PopplerDocument *pdf, PopplerPage *page, int number, struct buf *out)
{
    const struct extract_page head = { .pages = (uint32_t)poppler_document_get_n_pages(pdf),
        .lacks_fonts = lacks_fonts(pdf, page, number) };
    char *text = poppler_page_get_text(page);

    buf_add(out, &head, sizeof head);
    if (text != NULL)
        extract_add(out, text, strlen(text));
    g_free(text);
    return true;
}

/* On white paper. */
static bool
draw(PopplerPage *page, struct buf *out)
{
    double width = 0, height = 0;

    poppler_page_get_size(page, &width, &height);
    if (!(width > 0 && width < PAGE_MAX && height > 0 && height < PAGE_MAX))
        return extract_none(out, "damaged");
    double scale = MIN(WIDTH / width, HEIGHT / height);
    cairo_surface_t *paper = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, MAX(1, (int)(width * scale)), MAX(1, (int)(height * scale)));
    cairo_t *pen = cairo_create(paper);
    cairo_set_source_rgb(pen, 1, 1, 1);
    cairo_paint(pen);
    cairo_scale(pen, scale, scale);
    poppler_page_render(page, pen);
    cairo_surface_flush(paper);
    bool good =
        cairo_surface_status(paper) == CAIRO_STATUS_SUCCESS &&
        extract_jpeg(cairo_image_surface_get_data(paper), cairo_image_surface_get_width(paper),
            cairo_image_surface_get_height(paper), cairo_image_surface_get_stride(paper), out);
    cairo_destroy(pen);
    cairo_surface_destroy(paper);
    return good || extract_none(out, "damaged");
}

bool
extract_page(struct arena *arena UNUSED, const char *in, size_t n, struct buf *out)
{
    struct extract_ask asked;

    if (n < sizeof asked)
        return extract_none(out, "damaged");
    memcpy(&asked, in, sizeof asked);
    sandbox_cpu_limit(CPU_MS);
    PopplerDocument *pdf = extract_pdf_open(in + sizeof asked, n - sizeof asked, out);
    if (pdf == NULL)
        return false;
    int pages = poppler_document_get_n_pages(pdf);
    bool there = asked.page > 0 && asked.page <= INT32_MAX && (int)asked.page <= pages;
    PopplerPage *page = there ? poppler_document_get_page(pdf, (int)asked.page - 1) : NULL;
    bool good = page == NULL ? extract_none(out, there || pages < 1 ? "damaged" : "page")
                : asked.draw ? draw(page, out)
                             : tell(pdf, page, (int)asked.page, out);
    g_clear_object(&page);
    g_object_unref(pdf);
    return good;
}
