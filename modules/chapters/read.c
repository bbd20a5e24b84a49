/* Chapters as the database has them. */
#include "modules/chapters/chapter.h"

#include <stddef.h>

#include "base/arena.h"
#include "html/lang.h"
#include "q/chapter.h"

/* What the queries of whole chapters have in common. */
#define CHAPTER_COLUMNS(row)                                                                       \
    ((struct chapter){ .id = (row).id,                                                             \
        .parent_id = (row).parent_id,                                                              \
        .slug = (row).slug,                                                                        \
        .name = (row).name,                                                                        \
        .kind = (row).kind,                                                                        \
        .number = (row).number,                                                                    \
        .contact = (row).contact,                                                                  \
        .parent = (row).parent,                                                                    \
        .parent_name = (row).parent_name,                                                          \
        .language = (row).language,                                                                \
        .members_go_up = (row).members_go_up,                                                      \
        .created = (row).created,                                                                  \
        .archived = (row).archived })

struct error *
chapter_find(struct db *db, struct arena *arena, const struct lang *lang, const char *slug,
    struct chapter *chapter)
{
    struct rows rows;

    TRY(q_chapter_by_slug(db, arena, slug, &rows));
    if (rows.n == 0)
        return FAIL(arena, NOT_FOUND, tr(lang, "There is no chapter “%s”."), slug);
    struct chapter_by_slug_row row = chapter_by_slug_row(&rows, 0);
    *chapter = CHAPTER_COLUMNS(row);
    return NULL;
}

struct error *
chapter_all(struct db *db, struct arena *arena, bool archived_too, struct chapter_list *list)
{
    struct rows rows;

    TRY(q_chapter_tree(db, arena, archived_too, &rows));
    struct chapter *all = NEW_ARRAY(arena, struct chapter, (size_t)rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct chapter_tree_row row = chapter_tree_row(&rows, i);
        all[i] = CHAPTER_COLUMNS(row);
        all[i].depth = row.depth;
    }
    *list = (struct chapter_list){ all, rows.n };
    return NULL;
}

struct error *
chapter_children(struct db *db, struct arena *arena, int64_t id, struct chapter_list *list)
{
    struct rows rows;

    TRY(q_chapter_children(db, arena, id, &rows));
    struct chapter *all = NEW_ARRAY(arena, struct chapter, (size_t)rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct chapter_children_row row = chapter_children_row(&rows, i);
        all[i] = (struct chapter){
            .id = row.id,
            .parent_id = id,
            .slug = row.slug,
            .name = row.name,
            .kind = row.kind,
            .number = row.number,
        };
    }
    *list = (struct chapter_list){ all, rows.n };
    return NULL;
}

struct error *
chapter_space(struct db *db, struct arena *arena, int64_t id, int64_t *used, int64_t *max)
{
    struct rows rows;

    *used = *max = 0;
    TRY(q_chapter_space(db, arena, id, &rows));
    if (rows.n == 0)
        return error_cause(REFUSE(arena, INTERNAL), arena, "chapter %lld has no quota in the scope",
            (long long)id);
    struct chapter_space_row row = chapter_space_row(&rows, 0);
    *used = row.used;
    *max = row.max;
    return NULL;
}

struct error *
chapter_groups(struct db *db, struct arena *arena, int64_t id, struct chapter_groups *groups)
{
    struct rows rows;

    TRY(q_chapter_groups(db, arena, id, &rows));
    struct chapter_group *all = NEW_ARRAY(arena, struct chapter_group, (size_t)rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct chapter_groups_row row = chapter_groups_row(&rows, i);
        all[i] = (struct chapter_group){ row.role, row.group_key };
    }
    *groups = (struct chapter_groups){ all, rows.n };
    return NULL;
}
