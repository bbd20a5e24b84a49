/* chapterctl check: everything an installation rests on, with a remedy for what is wrong. */
#include "ctl/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"

static const char *const verdict_words[] = { [GOOD] = "ok", [NOTE] = "note", [WRONG] = "WRONG" };
static const char *const verdict_names[] = { [GOOD] = "ok", [NOTE] = "note", [WRONG] = "wrong" };

void
check_tell(struct checks *checks, enum verdict verdict, const char *part, const char *remedy,
    const char *format, ...)
{
    const char *text;
    va_list ap;

    va_start(ap, format);
    text = arena_vprintf(checks->ctl->arena, format, ap);
    va_end(ap);
    checks->wrong = checks->wrong || verdict == WRONG;
    if (checks->list != NULL) {
        json_array_append_new(checks->list,
            json_pack("{s:s, s:s, s:s, s:o}", "part", part, "verdict", verdict_names[verdict],
                "text", text, "remedy", ctl_json_text(remedy)));
        return;
    }
    printf("%-6s %-12s %s\n", verdict_words[verdict], part, text);
    if (remedy != NULL)
        printf("%-6s %-12s %s\n", "", "", remedy);
    fflush(stdout);
}

void
check_tell_error(struct checks *checks, const char *part, const char *remedy, const struct error *e)
{
    const char *text = e->detail == NULL ? e->cond->title : e->detail;

    if (e->cause != NULL)
        check_tell(checks, WRONG, part, remedy, "%s (%s)", text, e->cause);
    else
        check_tell(checks, WRONG, part, remedy, "%s", text);
}

/* ---------------------------------------------------------------- configuration */

static void
free_text(char **text)
{
    free(*text);
}

/* Reads the settings; each complaint becomes a line of ours. False when there are none to use. */
static bool
check_config(struct checks *checks)
{
    struct ctl *ctl = checks->ctl;
    CLEANUP(free_text) char *complaints = NULL;
    size_t n = 0;
    FILE *report = open_memstream(&complaints, &n);
    char *rest = NULL;

    if (report == NULL)
        abort();
    checks->config = ctl->config = ctl->app.config =
        config_read(ctl->arena, ctl->config_path, report);
    bool good = checks->config != NULL && config_check(checks->config, report);
    fclose(report);
    for (char *line = strtok_r(complaints, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        check_tell(checks, good ? NOTE : WRONG, "settings", NULL, "%s", line);
    if (good)
        check_tell(checks, GOOD, "settings", NULL, "%s can be used", ctl->config_path);
    return checks->config != NULL;
}

/* ---------------------------------------------------------------- clock */

static void
check_clock(struct checks *checks)
{
    struct timex clock = { .modes = 0 };
    int state = adjtimex(&clock);

    if (state < 0)
        check_tell(checks, NOTE, "clock", NULL,
            "the kernel does not say whether it is set over the net: %s", strerror(errno));
    else if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
        check_tell(checks, NOTE, "clock",
            "Unless something outside this machine keeps its clock (as for a container), turn "
            "on systemd-timesyncd or chrony.",
            "it is not being set over the net");
    else
        check_tell(checks, GOOD, "clock", NULL, "it is kept right over the net");
}

/* ---------------------------------------------------------------- all */

static fallible
check(struct ctl *ctl)
{
    struct checks checks = { .ctl = ctl, .list = ctl->json ? json_array() : NULL };

    if (check_config(&checks)) {
        bool with_database = check_database(&checks);
        check_store(&checks);
        check_directory(&checks, with_database);
        check_mail(&checks, with_database);
        check_tls(&checks);
        check_listeners(&checks);
        check_clock(&checks);
    }
    if (checks.wrong)
        ctl->end = CTL_FAILED;
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:o}", "ok", !checks.wrong, "checks", checks.list));
    return NULL;
}

const struct ctl_command check_commands[] = {
    {
        .name = "check",
        .args = "",
        .help = "says what is wrong with this installation and how to mend it",
        .more = "Each line begins with ok, with note (worth knowing), or with WRONG; then the\n"
                "next line says what to do. It changes nothing.\n",
        .without_config = true,
        .run = check,
    },
    { .name = NULL },
};
