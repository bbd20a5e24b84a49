/* What a backup says of itself: manifest.json, and SHA256SUMS that guards it. */
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/macros.h"
#include "ctl/backup.h"

#define FORMAT        1
#define MANIFEST_MOST MB(64)

static void
drop_json(void *json)
{
    json_decref(json);
}

static void
drop_text(void *text)
{
    free(text);
}

/* ---------------------------------------------------------------- writing */

static json_t *
sum_json(struct arena *arena, const struct backup_sum *sum)
{
    return json_pack("{s:I, s:s}", "size", (json_int_t)sum->size, "sha256",
        hex_encode(arena, sum->sha256, SHA256_SIZE));
}

static json_t *
manifest_json(struct arena *arena, const struct backup_manifest *m)
{
    json_t *missing = json_array();

    for (int i = 0; i < m->n_missing; i++)
        json_array_append_new(missing, json_string(m->missing[i]));
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:s,"
                     " s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o}",
        "format", FORMAT, "name", m->name, "begun", m->begun, "finished", m->finished, "program",
        m->program, "server", m->server, "schema", m->schema, "epoch", m->epoch, "counts",
        "chapters", (json_int_t)m->chapters, "people", (json_int_t)m->people, "nodes",
        (json_int_t)m->nodes, "contents", (json_int_t)m->contents, "store", "files",
        (json_int_t)m->files, "bytes", (json_int_t)m->bytes, "new_files", (json_int_t)m->new_files,
        "copied", (json_int_t)m->copied, "dump", sum_json(arena, &m->dump), "parts",
        sum_json(arena, &m->parts), "missing", missing);
}

static fallible
write_file(struct arena *arena, int dir, const char *name, const char *text, struct backup_sum *sum)
{
    struct backup_file *file;

    TRY(backup_file_make(arena, dir, name, &file));
    TRY(backup_file_write(file, arena, text, strlen(text)));
    return backup_file_end(file, arena, sum);
}

struct error *
backup_manifest_write(struct arena *arena, int dir, const struct backup_manifest *m)
{
    struct backup_sum sum, unused;
    json_t *json = manifest_json(arena, m);

    arena_defer(arena, drop_json, json);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (text == NULL)
        abort(); /* a wrong format or no memory */
    arena_defer(arena, drop_text, text);
    TRY(write_file(arena, dir, "manifest.json", arena_printf(arena, "%s\n", text), &sum));
    return write_file(arena, dir, "SHA256SUMS",
        arena_printf(arena, "%s  dump\n%s  parts\n%s  manifest.json\n",
            hex_encode(arena, m->dump.sha256, SHA256_SIZE),
            hex_encode(arena, m->parts.sha256, SHA256_SIZE),
            hex_encode(arena, sum.sha256, SHA256_SIZE)),
        &unused);
}

/* ---------------------------------------------------------------- reading */

static bool
read_sum(json_t *json, const char *name, struct backup_sum *sum)
{
    const char *hex;
    json_int_t size;

    if (json_unpack(json, "{s:{s:I, s:s}}", name, "size", &size, "sha256", &hex) != 0)
        return false;
    sum->size = size;
    return size >= 0 && strlen(hex) == 2 * SHA256_SIZE && hex_decode(hex, sum->sha256, SHA256_SIZE);
}

static bool
read_missing(struct arena *arena, const json_t *json, struct backup_manifest *m)
{
    const json_t *list = json_object_get(json, "missing");
    size_t n = json_array_size(list);
    const char **missing = NEW_ARRAY(arena, const char *, n + 1);

    if (!json_is_array(list) || n > INT32_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        missing[i] = json_string_value(json_array_get(list, i));
        if (missing[i] == NULL)
            return false;
    }
    m->missing = missing;
    m->n_missing = (int)n;
    return true;
}

/* The texts in it live as long as the JSON. */
static bool
read_manifest(struct arena *arena, json_t *json, struct backup_manifest *m)
{
    json_int_t chapters, people, nodes, contents, files, bytes, new_files, copied;

    if (json_unpack(json,
            "{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}}",
            "name", &m->name, "begun", &m->begun, "finished", &m->finished, "program", &m->program,
            "server", &m->server, "schema", &m->schema, "epoch", &m->epoch, "counts", "chapters",
            &chapters, "people", &people, "nodes", &nodes, "contents", &contents, "store", "files",
            &files, "bytes", &bytes, "new_files", &new_files, "copied", &copied) != 0)
        return false;
    m->chapters = chapters;
    m->people = people;
    m->nodes = nodes;
    m->contents = contents;
    m->files = files;
    m->bytes = bytes;
    m->new_files = new_files;
    m->copied = copied;
    return read_sum(json, "dump", &m->dump) && read_sum(json, "parts", &m->parts) &&
           read_missing(arena, json, m);
}

struct error *
backup_manifest_parse(struct arena *arena, const char *text, struct backup_manifest *m)
{
    json_t *json = json_loads(text, 0, NULL);
    int format = 0;

    arena_defer(arena, drop_json, json);
    if (json_unpack(json, "{s:i}", "format", &format) == 0 && format > FORMAT)
        return FAIL(arena, CONFLICT, "manifest.json was made by a newer chapterctl");
    if (json == NULL || !read_manifest(arena, json, m))
        return FAIL(arena, CONFLICT, "manifest.json is not what chapterctl writes");
    return NULL;
}

/* Is this the line of manifest.json in SHA256SUMS? */
static bool
is_summed(struct arena *arena, const char *sums, const struct backup_sum *sum)
{
    const char *line =
        arena_printf(arena, "%s  manifest.json\n", hex_encode(arena, sum->sha256, SHA256_SIZE));

    return strstr(sums, line) != NULL;
}

struct error *
backup_manifest_read(struct arena *arena, const struct backup_place *place, const char *name,
    struct backup_manifest *m)
{
    CLEANUP(close_fd) int dir = backup_open(place, name);
    struct backup_sum sum, unused;
    const char *text, *sums;

    *m = (struct backup_manifest){ .name = name };
    if (dir < 0)
        return FAIL(arena, NOT_FOUND, "There is no backup %s in %s.", name, place->path);
    TRY(backup_file_text(arena, dir, "manifest.json", MANIFEST_MOST, &text, &sum));
    TRY(backup_file_text(arena, dir, "SHA256SUMS", KB(4), &sums, &unused));
    if (!is_summed(arena, sums, &sum))
        return FAIL(arena, CONFLICT, "manifest.json is not what SHA256SUMS says");
    TRY(backup_manifest_parse(arena, text, m));
    if (strcmp(m->name, name) != 0)
        return FAIL(arena, CONFLICT, "manifest.json is that of another backup");
    return NULL;
}
