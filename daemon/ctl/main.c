/* chapterctl: what the operator of an installation does. Finds the command meant, runs it. */
#include <locale.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/version.h"
#include "ctl/ctl.h"
#include "html/lang.h"
#include "modules/module.h"
#include "net/net.h"

#define CONFIG_PATH "/etc/chapterd/chapterd.conf"

const struct ctl_command *const ctl_groups[] = {
    migrate_commands,
    check_commands,
    chapter_commands,
    role_commands,
    group_commands,
    apply_commands,
    device_commands,
    sync_commands,
    verify_commands,
    blobs_commands,
    backup_commands,
    restore_commands,
    cache_commands,
    audit_commands,
    mail_commands,
    mail_receive_commands,
    NULL,
};

static const char *
config_path(const struct ctl_line *line)
{
    const char *from_environment = getenv("CHAPTERD_CONF");

    if (line->config_path != NULL)
        return line->config_path;
    return from_environment != NULL && *from_environment != '\0' ? from_environment : CONFIG_PATH;
}

static enum ctl_exit
fail(struct ctl *ctl, const struct error *e)
{
    ctl_complain(ctl, e);
    if (ctl->command->failed != CTL_DONE)
        return ctl->command->failed;
    return e->cond == &BAD_REQUEST ? CTL_USAGE : CTL_FAILED;
}

static enum ctl_exit
run(struct ctl *ctl)
{
    struct error *e;

    if (!ctl->command->without_config) {
        ctl->config = config_read(ctl->arena, ctl->config_path, stderr);
        if (ctl->config == NULL)
            return fail(ctl, FAIL(ctl->arena, CONFLICT,
                                 "The settings in %s cannot be used. Mend what is named above, "
                                 "or name another file with --config FILE.",
                                 ctl->config_path));
    }
    ctl->app = (struct app){
        .config = ctl->config,
        .modules = modules,
        .lang = lang_find("en"),
    };
    e = net_start(ctl->arena);
    if (e == NULL)
        e = ctl->command->run(ctl);
    db_free(ctl->db);
    net_stop();
    return e == NULL ? ctl->end : fail(ctl, e);
}

static enum ctl_exit
help(const struct ctl_line *line)
{
    if (line->help && line->command != NULL)
        ctl_help_command(stdout, line->command);
    else if (line->help)
        ctl_help(stdout, line->n_words > 0 ? line->word[0] : NULL);
    else
        ctl_help(stderr, NULL);
    return line->help ? CTL_DONE : CTL_USAGE;
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct ctl ctl = { .arena = arena };
    struct ctl_line line;
    enum ctl_exit end;

    setlocale(LC_CTYPE, "C.UTF-8");
    log_start(LOG_ERROR_, false);
    if (!ctl_read_line(arena, argc, argv, &line)) {
        end = CTL_USAGE;
    } else if (line.version) {
        puts("chapterctl " VERSION);
        end = CTL_DONE;
    } else if (line.help || line.command == NULL) {
        end = help(&line);
    } else {
        ctl = (struct ctl){
            .arena = arena,
            .command = line.command,
            .config_path = config_path(&line),
            .json = line.json,
            .arg = line.word,
            .n_args = line.n_words,
            .value = line.value,
        };
        end = run(&ctl);
    }
    arena_free(arena);
    if (fflush(stdout) != 0 && end == CTL_DONE)
        end = CTL_FAILED;
    return end;
}
