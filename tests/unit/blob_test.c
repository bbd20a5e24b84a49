#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "blob/store_in.h"
#include "tests/check.h"

static const struct blob_owner jena = { 'c', 12 }, erfurt = { 'c', 13 };

struct place {
    struct arena *arena;
    char dir[64];
    struct blob_store *store;
};

static struct place
set_up(void)
{
    struct place p = { .arena = arena_new() };

    snprintf(p.dir, sizeof p.dir, "/tmp/blob_test.XXXXXX");
    if (mkdtemp(p.dir) == NULL || blob_store_open(p.arena, p.dir, &p.store) != NULL)
        abort();
    return p;
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
    return remove(path);
}

static void
tear_down(struct place *p)
{
    blob_store_close(p->store);
    nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(p->arena);
}

static int
files_in(const struct place *p, const char *below)
{
    DIR *dir = opendir(arena_printf(p->arena, "%s/%s", p->dir, below));
    const struct dirent *d;
    int n = 0;

    while (dir != NULL && (d = readdir(dir)) != NULL)
        n += d->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    return n;
}

/* Stores a text and gives its content; the writer is gone afterwards, so the content is copied. */
static struct blob_content
store_text(struct place *p, struct blob_owner owner, const char *text)
{
    struct blob_writer *w = blob_writer_new(p->store);
    const struct blob_content *content;

    CHECK(blob_write(w, p->arena, text, strlen(text)) == NULL);
    CHECK(blob_finish(w, p->arena, &content) == NULL);
    CHECK(blob_publish(w, p->arena, owner) == NULL);
    struct blob_content copy = *content;
    struct blob_part *parts = NEW_ARRAY(p->arena, struct blob_part, (size_t)copy.n_parts);
    memcpy(parts, content->parts, (size_t)copy.n_parts * sizeof *parts);
    copy.parts = parts;
    blob_writer_free(w);
    return copy;
}

static const char *
read_part(struct place *p, struct blob_owner owner, const unsigned char *sha256)
{
    CLEANUP(close_fd) int fd = -1;
    char *text = arena_alloc(p->arena, 4096);

    if (blob_open(p->store, p->arena, owner, sha256, &fd) != NULL)
        return NULL;
    return read(fd, text, 4095) < 0 ? NULL : text;
}

TEST(blob_comes_back_under_its_hash)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "hello");

    CHECK_TEXT(hex_encode(p.arena, c.sha256, SHA256_SIZE),
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    CHECK(c.size == 5 && c.n_parts == 1);
    CHECK(memcmp(c.parts[0].sha256, c.sha256, SHA256_SIZE) == 0);
    CHECK_TEXT(read_part(&p, jena, c.sha256), "hello");
    CHECK(files_in(&p, "objects/c12/2c") == 1 && files_in(&p, "tmp") == 0);
    tear_down(&p);
}

TEST(blob_is_not_shared_between_owners)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "secret");
    bool present;

    CHECK(read_part(&p, erfurt, c.sha256) == NULL);
    CHECK(blob_present(p.store, p.arena, erfurt, c.parts, &present) == NULL && !present);
    CHECK(blob_share(p.store, p.arena, jena, erfurt, c.parts) == NULL);
    CHECK_TEXT(read_part(&p, erfurt, c.sha256), "secret");
    CHECK(blob_remove(p.store, p.arena, jena, BLOB_DISK, c.sha256, time_now() - 1000000000) == NULL);
    CHECK_TEXT(read_part(&p, jena, c.sha256), "secret");
    CHECK(blob_remove(p.store, p.arena, jena, BLOB_DISK, c.sha256, INT64_MAX) == NULL);
    CHECK(read_part(&p, jena, c.sha256) == NULL);
    CHECK_TEXT(read_part(&p, erfurt, c.sha256), "secret");
    tear_down(&p);
}

TEST(blob_unpublished_leaves_nothing)
{
    struct place p = set_up();

    for (int nameless = 0; nameless < 2; nameless++) {
        p.store->nameless = p.store->nameless && nameless;
        struct blob_writer *w = blob_writer_new(p.store);
        CHECK(blob_write(w, p.arena, "half", 4) == NULL);
        blob_writer_free(w);
        CHECK(files_in(&p, "tmp") == 0 && files_in(&p, "objects") == 0);
    }
    tear_down(&p);
}

TEST(blob_parts_have_hashes_of_their_own)
{
    struct place p = set_up();
    unsigned char part[SHA256_SIZE], whole[SHA256_SIZE];

    p.store->part_max = 4;
    struct blob_content c = store_text(&p, jena, "abcdefghij");
    CHECK(c.n_parts == 3 && c.size == 10 && c.parts[2].size == 2);
    sha256("abcdefghij", 10, whole);
    CHECK(memcmp(whole, c.sha256, SHA256_SIZE) == 0);
    for (int i = 0; i < 3; i++) {
        sha256(&"abcdefghij"[4 * i], i < 2 ? 4 : 2, part);
        CHECK(memcmp(part, c.parts[i].sha256, SHA256_SIZE) == 0);
    }
    CHECK_TEXT(read_part(&p, jena, c.parts[1].sha256), "efgh");
    tear_down(&p);
}

TEST(blob_may_be_hashed_after_it_is_written)
{
    struct place p = set_up();
    const struct blob_content *c;
    unsigned char digest[SHA256_SIZE];

    p.store->part_max = 4;
    struct blob_writer *w = blob_writer_new(p.store);
    CHECK(blob_put(w, p.arena, "abcde", 5) == NULL && blob_put(w, p.arena, "fghij", 5) == NULL);
    blob_hash(w, "abc", 3);
    blob_hash(w, "defghij", 7);
    CHECK(blob_finish(w, p.arena, &c) == NULL && blob_publish(w, p.arena, jena) == NULL);
    sha256("abcdefghij", 10, digest);
    CHECK(memcmp(digest, c->sha256, SHA256_SIZE) == 0);
    sha256("efgh", 4, digest);
    CHECK(c->n_parts == 3 && memcmp(digest, c->parts[1].sha256, SHA256_SIZE) == 0);
    CHECK_TEXT(read_part(&p, jena, c->parts[2].sha256), "ij");
    blob_writer_free(w);
    tear_down(&p);
}

/* Room is taken ahead of what is written; none of it stays. */
TEST(blob_takes_no_more_room_than_it_needs)
{
    struct place p = set_up();
    const struct blob_content *c;
    struct stat st;
    int fd;

    size_t n = KB(300) + 1;
    char *some = arena_alloc(p.arena, n);
    struct blob_writer *w = blob_writer_new(p.store);
    for (int i = 0; i < 3; i++)
        CHECK(blob_write(w, p.arena, some, n) == NULL);
    CHECK(blob_finish(w, p.arena, &c) == NULL && blob_publish(w, p.arena, jena) == NULL);
    CHECK(blob_open(p.store, p.arena, jena, c->sha256, &fd) == NULL && fstat(fd, &st) == 0);
    CHECK(st.st_size == (off_t)(3 * n) && st.st_blocks * 512 < (off_t)(3 * n + KB(64)));
    close_fd(&fd);
    blob_writer_free(w);
    tear_down(&p);
}

TEST(blob_without_o_tmpfile_is_the_same)
{
    struct place p = set_up();

    p.store->nameless = false;
    struct blob_content c = store_text(&p, jena, "fallback");
    CHECK_TEXT(read_part(&p, jena, c.sha256), "fallback");
    store_text(&p, jena, "fallback");
    CHECK(files_in(&p, "tmp") == 0);
    tear_down(&p);
}

TEST(blob_start_clears_what_a_crash_left)
{
    struct place p = set_up();
    struct blob_store *again;

    CLEANUP(close_fd) int fd = openat(p.store->tmp, "left", O_CREAT | O_WRONLY, 0600);
    p.store->nameless = false;
    struct blob_writer *living = blob_writer_new(p.store);
    CHECK(blob_write(living, p.arena, "x", 1) == NULL);
    CHECK(files_in(&p, "tmp") == 2);
    CHECK(blob_store_open(p.arena, p.dir, &again) == NULL);
    CHECK(files_in(&p, "tmp") == 1);
    blob_store_close(again);
    blob_writer_free(living);
    tear_down(&p);
}

TEST(blob_damage_is_mended_by_the_next_write)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "precious");
    struct blob_place place = blob_place(jena, c.sha256);
    bool present;

    for (int nameless = 0; nameless < 2; nameless++) {
        p.store->nameless = p.store->nameless && nameless;
        const char *path =
            arena_printf(p.arena, "%s/objects/%s/%s/%s", p.dir, place.owner, place.fan, place.name);
        chmod(path, 0600);
        CHECK(truncate(path, 3) == 0);
        CHECK(blob_present(p.store, p.arena, jena, c.parts, &present) == NULL && !present);
        store_text(&p, jena, "precious");
        CHECK_TEXT(read_part(&p, jena, c.sha256), "precious");
        CHECK(files_in(&p, "tmp") == 0);
    }
    tear_down(&p);
}

TEST(blob_a35_links_and_odd_files_are_not_followed)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "real");
    struct blob_place place = blob_place(jena, c.sha256);
    const char *dir = arena_printf(p.arena, "%s/objects/%s/%s", p.dir, place.owner, place.fan);
    const char *path = arena_printf(p.arena, "%s/%s", dir, place.name);

    CHECK(unlink(path) == 0 && symlink("/etc/passwd", path) == 0);
    CHECK(read_part(&p, jena, c.sha256) == NULL);
    CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    CHECK(read_part(&p, jena, c.sha256) == NULL);
    CHECK(unlink(path) == 0 && rmdir(dir) == 0 && symlink("/etc", dir) == 0);
    CHECK(read_part(&p, jena, c.sha256) == NULL);
    tear_down(&p);
}

static bool
count(void *cls, const struct blob_found *found)
{
    int *n = cls;

    CHECK(found->owner.kind == 'c' && found->size > 0 && found->modified > 0);
    return ++*n < 3;
}

TEST(blob_list_tells_all_and_ends_when_told)
{
    struct place p = set_up();
    int n = 0;

    store_text(&p, jena, "one");
    store_text(&p, erfurt, "two");
    CLEANUP(close_fd) int fd = openat(p.store->objects, "c12/readme", O_CREAT | O_WRONLY, 0600);
    CHECK(blob_list(p.store, p.arena, BLOB_DISK, count, &n) == NULL && n == 2);
    store_text(&p, jena, "three");
    store_text(&p, jena, "four");
    n = 0;
    CHECK(blob_list(p.store, p.arena, BLOB_DISK, count, &n) == NULL && n == 3);
    tear_down(&p);
}

TEST(blob_small_content_is_read_back)
{
    struct place p = set_up();
    struct blob_writer *w = blob_writer_new(p.store);
    const struct blob_content *content;
    char text[6] = "";

    CHECK(blob_write(w, p.arena, "in", 2) == NULL && blob_write(w, p.arena, "line", 4) == NULL);
    CHECK(blob_finish(w, p.arena, &content) == NULL && content->size == 6);
    CHECK(blob_written(w, p.arena, text, 5) == NULL && memcmp(text, "inlin", 5) == 0);
    blob_writer_free(w);
    CHECK(files_in(&p, "objects") == 0);
    tear_down(&p);
}

TEST(blob_empty_content_is_one_empty_part)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "");

    CHECK(c.size == 0 && c.n_parts == 1);
    CHECK_TEXT(read_part(&p, jena, c.sha256), "");
    tear_down(&p);
}

TEST(blob_f08_store_takes_nothing_after_a_failed_fsync)
{
    struct place p = set_up();
    struct blob_content c = store_text(&p, jena, "before");
    struct blob_writer *w = blob_writer_new(p.store);

    atomic_store(&p.store->read_only, true);
    struct error *e = blob_write(w, p.arena, "x", 1);
    CHECK(e != NULL && e->cond == &TRY_LATER && blob_read_only(p.store));
    CHECK_TEXT(read_part(&p, jena, c.sha256), "before");
    blob_writer_free(w);
    tear_down(&p);
}
