/* chapterctl verify: does everything in the tree fit together? */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "ctl/verify.h"
#include "q/verify.h"

/* What the words of verify_nodes and verify_chapters mean. */
static const struct {
    const char *word, *text;
} faults[] = {
    { "parent_missing", "The folder it stands in does not exist" },
    { "parent_gone", "It is there, but the folder it stands in is deleted" },
    { "parent_file", "It stands below something that is no folder" },
    { "root", "It says it belongs to another tree than its folder does" },
    { "owner", "It belongs to somebody else than its folder does" },
    { "policy_owner", "Who may read it is decided by somebody it does not belong to" },
    { "policy", "A document has levels of its own" },
    { "name", "It cannot be found under its name" },
    { "no_content", "A document has no content" },
    { "content_owner", "Its content is missing or belongs to somebody else" },
    { "size", "Its size is not that of its content" },
    { "trash", "It is in the trash without a note of it, or it is noted there and is not" },
    { "version_owner", "An earlier version of it belongs to somebody else, or it is a folder" },
    { "version_content", "The content of an earlier version is missing or belongs to somebody else" },
    { "version_size", "The size of an earlier version is not that of its content" },
    { "version_policy", "Who may read an earlier version is decided by somebody it does not belong to" },
    { "etag", "Its mark of change is not that of its content" },
    { "cycle", "The chapter stands below itself" },
    { "quota", "The chapter has no quota" },
};

static const char *
text_of(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        if (strcmp(faults[i].word, word) == 0)
            return faults[i].text;
    return word;
}

struct found {
    int64_t nodes;
    struct rows faulty, versions, shared, detached;
};

static fallible
tree_step(struct ctl *ctl, void *own)
{
    struct found *found = own;
    struct rows rows;

    TRY(q_verify_patience(ctl->db, ctl->arena, &rows));
    TRY(q_verify_count(ctl->db, ctl->arena, &rows));
    found->nodes = verify_count_row(&rows, 0).nodes;
    TRY(q_verify_nodes(ctl->db, ctl->arena, &found->faulty));
    TRY(q_verify_versions(ctl->db, ctl->arena, &found->versions));
    TRY(q_verify_policies(ctl->db, ctl->arena, &found->shared));
    return q_verify_detached(ctl->db, ctl->arena, &found->detached);
}

struct error *
verify_tree(struct verify *v)
{
    struct found found = { .nodes = 0 };

    ctl_progress("the tree");
    TRY(verify_ask(v, tree_step, &found));
    v->nodes += found.nodes;
    for (int i = 0; i < found.faulty.n; i++) {
        struct verify_nodes_row row = verify_nodes_row(&found.faulty, i);
        verify_damage(v, row.fault, row.chapter, row.node, "%s.", text_of(row.fault));
    }
    for (int i = 0; i < found.versions.n; i++) {
        struct verify_versions_row row = verify_versions_row(&found.versions, i);
        verify_damage(v, row.fault, row.chapter, row.node, "%s.", text_of(row.fault));
    }
    for (int i = 0; i < found.shared.n; i++) {
        struct verify_policies_row row = verify_policies_row(&found.shared, i);
        verify_damage(v, "policy_shared", row.chapter, row.node,
            "Its levels hold in another place of the tree too, so that changing one would "
            "change both.");
    }
    for (int i = 0; i < found.detached.n; i++) {
        struct verify_detached_row row = verify_detached_row(&found.detached, i);
        verify_damage(
            v, "detached", row.chapter, row.node, "No way leads to it from the top of its tree.");
    }
    return NULL;
}

struct chapters {
    bool recount;
    struct rows faulty, counts;
};

/* Others go on writing: their deltas add up with the difference, whichever comes first. */
static fallible
recount(struct ctl *ctl, const struct rows *counts)
{
    struct rows unused;

    for (int i = 0; i < counts->n; i++) {
        struct verify_quota_row row = verify_quota_row(counts, i);
        if (row.counted != row.stored)
            TRY(q_verify_recount(
                ctl->db, ctl->arena, row.chapter, row.stored - row.counted, &unused));
    }
    return NULL;
}

static fallible
chapters_step(struct ctl *ctl, void *own)
{
    struct chapters *c = own;
    struct rows unused;

    TRY(q_verify_patience(ctl->db, ctl->arena, &unused));
    TRY(q_verify_chapters(ctl->db, ctl->arena, &c->faulty));
    TRY(q_verify_quota(ctl->db, ctl->arena, &c->counts));
    return c->recount ? recount(ctl, &c->counts) : NULL;
}

/* A count that is not right is damage, unless it is being put right. */
static void
tell_count(struct verify *v, bool mended, const struct verify_quota_row *row)
{
    if (row->counted == row->stored)
        return;
    if (mended) {
        v->recounted++;
        ctl_say(v->ctl,
            "%s: %" PRId64 " bytes were counted as stored, and there are %" PRId64
            ". The count is right now.",
            row->chapter, row->counted, row->stored);
    } else {
        verify_damage(v, "count", row->chapter, 0,
            "%" PRId64 " bytes are counted as stored, but there are %" PRId64
            ". To count anew: chapterctl verify --recount",
            row->counted, row->stored);
    }
}

struct error *
verify_chapters(struct verify *v)
{
    struct chapters c = { .recount = v->recount };

    TRY(ctl_work(v->ctl, c.recount ? READ_WRITE : SNAPSHOT, chapters_step, &c));
    v->chapters = c.counts.n;
    for (int i = 0; i < c.faulty.n; i++) {
        struct verify_chapters_row row = verify_chapters_row(&c.faulty, i);
        verify_damage(v, row.fault, row.chapter, 0, "%s.", text_of(row.fault));
    }
    for (int i = 0; i < c.counts.n; i++) {
        struct verify_quota_row row = verify_quota_row(&c.counts, i);
        tell_count(v, c.recount, &row);
    }
    return NULL;
}
