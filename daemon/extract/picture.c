/* Small pictures of pictures, by libvips; only with its own loaders for four kinds. */
#include <stdint.h>
#include <string.h>

#include <vips/vips.h>

#include <vips/vector.h> /* needs the other */

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "extract/extract.h"

/* What a picture may be decoded to: a photograph of 100 megapixels is no document. */
#define PIXELS_MAX ((int64_t)100 * 1000 * 1000)
#define EDGE_MAX   32768
#define QUALITY    80

/* The kinds, each by its first bytes and the one loader that may have it. */
static const struct {
    const char *first;
    size_t n;
    const char *loader;
} kinds[] = {
    { "\xff\xd8\xff", 3, "VipsForeignLoadJpegBuffer" },
    { "\x89PNG\r\n\x1a\n", 8, "VipsForeignLoadPngBuffer" },
    { "GIF8", 4, "VipsForeignLoadNsgifBuffer" },
    { "RIFF", 4, "VipsForeignLoadWebpBuffer" },
};

/* Which of them the bytes are; the library agrees, whatever else they could be. */
static bool
is_known(const char *in, size_t n)
{
    const char *loader = vips_foreign_find_load_buffer(in, n);

    for (size_t i = 0; loader != NULL && i < G_N_ELEMENTS(kinds); i++)
        if (n > kinds[i].n && memcmp(in, kinds[i].first, kinds[i].n) == 0)
            return strcmp(loader, kinds[i].loader) == 0;
    return false;
}

/* From the head alone, before anything is decoded: NULL, or what is wrong with it. */
static const char *
problem_of(const char *in, size_t n)
{
    VipsImage *image =
        vips_image_new_from_buffer(in, n, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);

    if (image == NULL)
        return "damaged";
    int64_t width = vips_image_get_width(image), height = vips_image_get_height(image);
    g_object_unref(image);
    return width > EDGE_MAX || height > EDGE_MAX || width * height > PIXELS_MAX ? "bomb" : NULL;
}

/* The library takes the last band for what is transparent, whether it is or not. */
static int
put_on_white(VipsImage *image, VipsImage **flat)
{
    double white = 255;

    if (!vips_image_hasalpha(image))
        return vips_copy(image, flat, NULL);
    VipsArrayDouble *background = vips_array_double_new(&white, 1);
    int failed = vips_flatten(image, flat, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return failed;
}

/* Turned as its camera was held, on white where it is transparent, and without anything else that
 * was in the file. */
static bool
shrink(const char *in, size_t n, int edge, struct buf *out)
{
    VipsImage *small = NULL, *flat = NULL;
    void *jpeg = NULL;
    size_t size = 0;
    bool good = vips_thumbnail_buffer((void *)(uintptr_t)in, n, &small, edge, "height", edge,
                    "size", VIPS_SIZE_DOWN, "fail_on", VIPS_FAIL_ON_ERROR, NULL) == 0 &&
                put_on_white(small, &flat) == 0 &&
                vips_jpegsave_buffer(flat, &jpeg, &size, "Q", QUALITY, "strip", TRUE, NULL) == 0;

    if (good)
        buf_add(out, jpeg, size);
    g_free(jpeg);
    g_clear_object(&flat);
    g_clear_object(&small);
    return good;
}

bool
extract_picture(struct arena *arena UNUSED, const char *in, size_t n, struct buf *out)
{
    if (!is_known(in, n))
        return extract_none(out, "kind");
    const char *problem = problem_of(in, n);
    if (problem != NULL)
        return extract_none(out, problem);
    if (!shrink(in, n, EXTRACT_THUMB_EDGE, out))
        return extract_none(out, "damaged");
    return true;
}

/* Blue, green, red and nothing become red, green, blue, in place. */
static void
pack(unsigned char *dots, int width, int height, int stride)
{
    unsigned char *to = dots;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += 3) {
            uint32_t dot;
            memcpy(&dot, dots + (size_t)y * (size_t)stride + (size_t)x * sizeof dot, sizeof dot);
            to[0] = (unsigned char)(dot >> 16);
            to[1] = (unsigned char)(dot >> 8);
            to[2] = (unsigned char)dot;
        }
}

bool
extract_jpeg(unsigned char *dots, int width, int height, int stride, struct buf *out)
{
    void *jpeg = NULL;
    size_t size = 0;

    pack(dots, width, height, stride);
    VipsImage *image = vips_image_new_from_memory(
        dots, (size_t)width * (size_t)height * 3, width, height, 3, VIPS_FORMAT_UCHAR);
    bool good = image != NULL &&
                vips_jpegsave_buffer(image, &jpeg, &size, "Q", QUALITY, "strip", TRUE, NULL) == 0;
    if (good)
        buf_add(out, jpeg, size);
    g_free(jpeg);
    g_clear_object(&image);
    return good;
}

/* ---- before it is locked in ---- */

/* One of each kind through all that is done: what is read from files or made at first use is there
 * then. */
static bool
warm_up(void)
{
    static const char *const suffixes[] = { ".jpg", ".png", ".gif", ".webp" };
    struct arena *arena = arena_new();
    VipsImage *sample = NULL;
    bool good = vips_black(&sample, 300, 300, "bands", 3, NULL) == 0;

    for (size_t i = 0; good && i < G_N_ELEMENTS(suffixes); i++) {
        struct buf out = buf_new(arena, MB(1));
        void *bytes = NULL;
        size_t n = 0;

        good = vips_image_write_to_buffer(sample, suffixes[i], &bytes, &n, NULL) == 0 &&
               extract_picture(arena, bytes, n, &out);
        g_free(bytes);
    }
    g_clear_object(&sample);
    arena_free(arena);
    return good;
}

bool
extract_picture_begin(const char *program)
{
    static const char *const loaders[] = { "VipsForeignLoadJpeg", "VipsForeignLoadPng",
        "VipsForeignLoadNsgif", "VipsForeignLoadWebp" };

    if (vips_init(program) != 0)
        return false;
    vips_vector_set_enabled(FALSE); /* makes code at run time, which the unit forbids */
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++)
        vips_operation_block_set(loaders[i], FALSE);
    return warm_up();
}
