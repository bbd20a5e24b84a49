#ifndef DOCUMENTS_DOCUMENTS_H
#define DOCUMENTS_DOCUMENTS_H

#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct dav_mount;
struct db;
struct module;
struct request;
struct response;

/*
 * The documents of chapters: /dav/files/ lists the chapters one may see, below
 * it each has a tree of folders and files. /dav/versions/ shows the same trees with what documents
 * held before, to be read.
 */
extern const struct module documents_module;

extern const struct dav_kind folder_kind, file_kind;
extern const struct dav_mount files_mount, versions_mount;
extern const struct store_tree files_tree;

/* Headers of what members uploaded, or what is made of it: a file of that name, never a page of ours. */
void documents_attachment(struct request *, struct response *, const char *name);

/* The media type that a name ends in; application/octet-stream when it says nothing. */
const char *type_by_name(const char *name);
/* What to store: the client's if it tells anything, else by name. sent may be NULL. */
const char *type_choose(const char *sent, const char *name);

/* The folders a new chapter starts with. */
fallible documents_chapter_made(const struct app *, struct db *, struct arena *, int64_t chapter);
/* Carries out the retention rules of folders; removes tombstones that no client needs any more. */
fallible documents_retention(const struct app *, struct db *, struct arena *, int64_t *removed);

#endif
