/* Doors with nothing behind them. */
#include "modules/module.h"

#include "base/arena.h"
#include "base/macros.h"
#include "http/request.h"

struct error *
ref_none(struct request *rq, int64_t id UNUSED, struct ref *ref UNUSED)
{
    return REFUSE(rq->arena, NOT_FOUND);
}

struct error *
publish_none(struct request *rq, int64_t chapter UNUSED, const struct publication *what UNUSED,
    const char **href UNUSED)
{
    return REFUSE(rq->arena, NOT_FOUND);
}

struct error *
search_none(struct request *rq UNUSED, const char *words UNUSED, int limit UNUSED,
    struct search_hits *hits)
{
    *hits = (struct search_hits){ NULL, 0 };
    return NULL;
}

struct error *
notices_none(struct request *rq UNUSED, struct notices *notices)
{
    *notices = (struct notices){ NULL, 0 };
    return NULL;
}

struct error *
person_export_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t person UNUSED, struct export_sink *sink UNUSED)
{
    return NULL;
}

struct error *
person_erase_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t person UNUSED)
{
    return NULL;
}

struct error *
chapter_export_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t chapter UNUSED, struct export_sink *sink UNUSED)
{
    return NULL;
}

struct error *
chapter_import_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t chapter UNUSED, struct import_source *source UNUSED)
{
    return NULL;
}

struct error *
retention_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t *removed)
{
    *removed = 0;
    return NULL;
}

struct error *
chapter_made_none(const struct app *app UNUSED, struct db *db UNUSED, struct arena *arena UNUSED,
    int64_t chapter UNUSED)
{
    return NULL;
}
