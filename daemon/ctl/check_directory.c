/* chapterctl check: LDAP. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ldap.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "ctl/check.h"
#include "modules/chapters/chapter.h"
#include "q/ctl.h"

static void
free_text(char **text)
{
    free(*text);
}

static void
close_directory(struct directory **directory)
{
    directory_close(*directory);
}

/* NULL after a line of the report. */
static struct directory *
open_directory(struct checks *checks)
{
    CLEANUP(free_text) char *complaints = NULL;
    struct directory *directory = NULL;
    size_t n = 0;
    FILE *report = open_memstream(&complaints, &n);

    if (report == NULL)
        abort();
    bool good = directory_open(checks->config, &directory, report);
    fclose(report);
    if (good)
        return directory;
    complaints[strcspn(complaints, "\n")] = '\0';
    check_tell(
        checks, WRONG, "directory", "Mend the settings that begin with ldap_.", "%s", complaints);
    return NULL;
}

static fallible
check_groups(struct checks *checks, struct directory *directory)
{
    struct ctl *ctl = checks->ctl;
    int missing = 0;
    struct rows rows;

    TRY(q_ctl_group_keys(ctl->db, ctl->arena, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct ctl_group_keys_row row = ctl_group_keys_row(&rows, i);
        bool found;
        TRY(directory_has_group(directory, ctl->arena, row.group_key, &found));
        if (found)
            continue;
        missing++;
        check_tell(checks, WRONG, "directory",
            arena_printf(ctl->arena,
                "Make the group, or name another: chapterctl chapter set %s %s_group=DN "
                "(nothing behind the sign: no group)",
                row.slug, chapter_role_word(row.role)),
            "the group %s does not exist; it gives the role %s in %s", row.group_key,
            chapter_role_word(row.role), row.slug);
    }
    if (missing == 0)
        check_tell(checks, GOOD, "directory", NULL, "all %d groups that give roles exist", rows.n);
    return NULL;
}

static fallible
check_state_admins(struct checks *checks, struct directory *directory)
{
    const char *group = checks->config->ldap_state_admin_group;
    bool found = false;

    if (group == NULL) {
        check_tell(checks, NOTE, "directory", "Name their group in ldap_state_admin_group.",
            "nobody is a state admin: chapters can be added with chapterctl alone");
        return NULL;
    }
    const char *key = directory_group_key(checks->ctl->arena, group);
    if (key != NULL)
        TRY(directory_has_group(directory, checks->ctl->arena, key, &found));
    if (!found)
        check_tell(checks, WRONG, "directory", "Make the group, or mend the setting.",
            "the group %s of ldap_state_admin_group does not exist", group);
    return NULL;
}

void
check_directory(struct checks *checks, bool with_database)
{
    CLEANUP(close_directory) struct directory *directory = open_directory(checks);
    struct error *e;

    if (directory == NULL)
        return;
    e = directory_check(directory, checks->ctl->arena);
    if (e != NULL) {
        check_tell_error(checks, "directory",
            "See that the directory runs at ldap_uri, and that ldap_bind_dn may sign in there "
            "and read ldap_people_base.",
            e);
        return;
    }
    check_tell(checks, GOOD, "directory", NULL, "reached, signed in, people found");
    e = check_state_admins(checks, directory);
    if (e == NULL && with_database)
        e = check_groups(checks, directory);
    if (e != NULL)
        check_tell_error(
            checks, "directory", "Run this again; if it stays, look at the directory's log.", e);
}
