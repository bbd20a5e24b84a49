#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/*
 * The text of documents, for searching. Runs in the program chapterd-extract, which the zygote
 * starts and which locks itself in before it sees a document: whatever a library does with a hostile
 * one costs that process and nothing else.
 */

/* Goes up when more can be read: what an older version has failed with is tried again. */
#define EXTRACT_VERSION 1

/* As much text as is kept, some hundred pages; of a longer one the beginning. */
#define EXTRACT_TEXT_MAX ((size_t)256 * 1024)

/* What a package may unpack to, and how many members it may have. */
#define EXTRACT_UNPACKED_MAX ((size_t)64 * 1024 * 1024)
#define EXTRACT_RATIO_MAX    200
#define EXTRACT_MEMBERS_MAX  4000
#define EXTRACT_DEPTH_MAX    200
#define EXTRACT_PAGES_MAX    2000

/*
 * From a document to UTF-8 without NUL and control characters but tab and line end, at most
 * EXTRACT_TEXT_MAX bytes. What it is, its first bytes tell, whatever it is called. False: there is
 * none, and `out` says why in a word of the column document_text.problem: kind, damaged,
 * encrypted, bomb.
 */
bool extract_text(struct arena *, const char *in, size_t n, struct buf *out);

/*
 * From a JPEG, PNG, GIF or WebP to a JPEG that fits into a square of so many pixels, turned as its
 * camera was held and without what else the file held (place, camera, name). False and a word as
 * above: kind, damaged, bomb (larger than is decoded).
 */
#define EXTRACT_THUMB_EDGE 192
bool extract_picture(struct arena *, const char *in, size_t n, struct buf *out);
/* Readies the library, all of whose other loaders are shut; before the process locks itself in. */
bool extract_picture_begin(const char *program);

/*
 * One page of a PDF, to be looked at. What is asked stands before the document; the answer is an
 * extract_page with the text of the page behind it, or a JPEG of it when it shall be drawn. False and
 * a word as above, or "page": it has no such page.
 */
struct extract_ask {
    uint32_t page; /* the first is 1 */
    uint32_t draw; /* 0: its text */
};
struct extract_page {
    uint32_t pages;       /* how many the document has */
    uint32_t lacks_fonts; /* a picture would lack letters: their fonts are not in the document */
};
bool extract_page(struct arena *, const char *in, size_t n, struct buf *out);

/* ---- the kinds, each as above ---- */

/* UTF-8, UTF-16 with a mark, or else Windows-1252; what has other control characters is none. */
bool extract_plain(struct arena *, const char *in, size_t n, struct buf *out);
/* Packages of OpenDocument (ISO 26300) and Office Open XML (ECMA-376): texts, tables, slides. */
bool extract_office(struct arena *, const char *in, size_t n, struct buf *out);
/* ISO 32000, by poppler. */
bool extract_pdf(struct arena *, const char *in, size_t n, struct buf *out);

/* NULL: it cannot be opened, and `out` says why. The bytes stay until the document is given back. */
struct _PopplerDocument *extract_pdf_open(const char *in, size_t n, struct buf *out);
/* Adds a JPEG of dots as cairo keeps them (RGB24); false when that fails. */
bool extract_jpeg(unsigned char *dots, int width, int height, int stride, struct buf *out);

/* Adds well-formed UTF-8 without what must not be kept; false when `out` is full. */
bool extract_add(struct buf *out, const char *text, size_t n);
/* For `return`: says why there is no text. */
bool extract_none(struct buf *out, const char *why);

#endif
