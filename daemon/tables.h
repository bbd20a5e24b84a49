#ifndef TABLES_H
#define TABLES_H

#include <stdio.h>

struct arena;
struct config;
struct job;
struct route;

/*
 * The tables of all layers and modules, gathered once at the start; each list
 * ends with NULL and lives in the arena.
 */
const struct route *const *tables_routes(struct arena *);
const struct job *const *tables_jobs(struct arena *, const struct config *);

/* AREA_... (auth/access.h) of all mounts together. */
unsigned tables_areas(void);

/* "GET /c/{chapter}/ page anybody", a line a route: what the authorization tests walk. */
void tables_print_routes(FILE *);

#endif
