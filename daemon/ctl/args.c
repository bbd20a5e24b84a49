/* The command line: options anywhere, commands of one or two words, help, and what was meant. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "ctl/ctl.h"

#define WORD_MAX 40 /* longer words are no misspelt commands */

static const struct ctl_option global_options[] = {
    { "config", "FILE",
        "the settings; otherwise $CHAPTERD_CONF, otherwise /etc/chapterd/chapterd.conf", false },
    { "json", NULL, "answer with one JSON object, for programs", false },
    { "help", NULL, "explain the command", false },
    { "version", NULL, "show the version", false },
    { NULL, NULL, NULL, false },
};
enum { GLOBAL_CONFIG, GLOBAL_JSON, GLOBAL_HELP, GLOBAL_VERSION, GLOBALS };

/* ---------------------------------------------------------------- what was meant */

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out or changed to make b of a (Levenshtein). */
static int
distance(const char *a, const char *b)
{
    int row[WORD_MAX + 1];
    int n = (int)strlen(b);

    if (n > WORD_MAX || strlen(a) > WORD_MAX)
        return WORD_MAX;
    for (int k = 0; k <= n; k++)
        row[k] = k;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int k = 1; k <= n; k++) {
            int above = row[k];
            int changed = diagonal + (a[i - 1] != b[k - 1]);
            row[k] = least(least(row[k - 1], above) + 1, changed);
            diagonal = above;
        }
    }
    return row[n];
}

/* A third of the letters may be wrong. */
static bool
is_near(const char *typed, int d)
{
    return d <= ((int)strlen(typed) + 2) / 3;
}

static const char *
nearest_command(const char *typed)
{
    const char *best = NULL;
    int best_distance = WORD_MAX;

    for (const struct ctl_command *const *g = ctl_groups; *g != NULL; g++)
        for (const struct ctl_command *c = *g; c->name != NULL; c++) {
            int d = distance(typed, c->name);
            if (d < best_distance) {
                best = c->name;
                best_distance = d;
            }
        }
    return best != NULL && is_near(typed, best_distance) ? best : NULL;
}

static const char *
nearest_option(const struct ctl_option *const *tables, const char *typed)
{
    const char *best = NULL;
    int best_distance = WORD_MAX;

    for (; *tables != NULL; tables++)
        for (const struct ctl_option *o = *tables; o->name != NULL; o++) {
            int d = distance(typed, o->name);
            if (d < best_distance) {
                best = o->name;
                best_distance = d;
            }
        }
    return best != NULL && is_near(typed, best_distance) ? best : NULL;
}

/* ---------------------------------------------------------------- help */

static bool
in_group(const struct ctl_command *c, const char *group)
{
    size_t n = strlen(group);

    return strncmp(c->name, group, n) == 0 && (c->name[n] == ' ' || c->name[n] == '\0');
}

static void
print_options(FILE *f, const struct ctl_option *options)
{
    for (const struct ctl_option *o = options; o->name != NULL; o++) {
        int n = fprintf(f, "  --%s%s%s", o->name, o->value == NULL ? "" : " ",
            o->value == NULL ? "" : o->value);
        fprintf(f, "%*s%s%s\n", n < 22 ? 22 - n : 1, "", o->help, o->required ? " (needed)" : "");
    }
}

void
ctl_help(FILE *f, const char *group)
{
    fprintf(f, "chapterctl looks after an installation of chapterd.\n\n"
               "Usage: chapterctl [--config FILE] [--json] COMMAND ...\n\nCommands:\n");
    for (const struct ctl_command *const *g = ctl_groups; *g != NULL; g++)
        for (const struct ctl_command *c = *g; c->name != NULL; c++) {
            if (group != NULL && !in_group(c, group))
                continue;
            int n = fprintf(f, "  %s%s%s", c->name, *c->args == '\0' ? "" : " ", c->args);
            if (n > 33)
                n = fprintf(f, "\n") - 1;
            fprintf(f, "%*s%s\n", 34 - n, "", c->help);
        }
    fprintf(f, "\nOptions:\n");
    print_options(f, global_options);
    fprintf(f, "\n\"chapterctl COMMAND --help\" explains a command; chapterctl(1) all of them.\n"
               "It ends with 0 when all went well, 1 when something failed, 2 when it was called "
               "wrongly.\n");
}

void
ctl_help_command(FILE *f, const struct ctl_command *c)
{
    fprintf(f, "Usage: chapterctl %s%s%s", c->name, *c->args == '\0' ? "" : " ", c->args);
    if (c->options != NULL)
        fprintf(f, " [options]");
    fprintf(f, "\n\nIt %s.\n", c->help);
    if (c->more != NULL)
        fprintf(f, "\n%s", c->more);
    fprintf(f, "\nOptions:\n");
    if (c->options != NULL)
        print_options(f, c->options);
    print_options(f, global_options);
}

/* ---------------------------------------------------------------- reading */

/* Options are known only once the command is, so words are gathered first. */
struct reader {
    struct arena *arena;
    char **argv;
    int argc;
    struct ctl_line *line;
};

/* The option that this argument ("--name" or "--name=value") names, and its value's place. */
static const struct ctl_option *
match_option(const struct ctl_option *options, const char *arg, const char **value, int *index)
{
    const char *is = strchr(arg, '=');
    size_t n = is == NULL ? strlen(arg) : (size_t)(is - arg);

    for (int i = 0; options != NULL && options[i].name != NULL; i++)
        if (strlen(options[i].name) == n && strncmp(options[i].name, arg, n) == 0) {
            *value = is == NULL ? NULL : is + 1;
            *index = i;
            return &options[i];
        }
    return NULL;
}

static const struct ctl_command *
find_command(const char *const *word, int n, int *used)
{
    const struct ctl_command *found = NULL;

    for (const struct ctl_command *const *g = ctl_groups; *g != NULL; g++)
        for (const struct ctl_command *c = *g; c->name != NULL; c++) {
            const char *blank = strchr(c->name, ' ');
            size_t first = blank == NULL ? strlen(c->name) : (size_t)(blank - c->name);
            if (n == 0 || strlen(word[0]) != first || strncmp(word[0], c->name, first) != 0)
                continue;
            if (blank != NULL && (n < 2 || strcmp(word[1], blank + 1) != 0))
                continue;
            found = c;
            *used = blank == NULL ? 1 : 2;
        }
    return found;
}

/* The words up to the first that can only be an argument: enough to know the command. */
static void
guess_command(struct reader *r)
{
    const char *word[2];
    int n = 0, unused;

    for (int i = 1; i < r->argc && n < 2; i++) {
        if (strcmp(r->argv[i], "-c") == 0 || strcmp(r->argv[i], "--config") == 0)
            i++;
        else if (r->argv[i][0] != '-')
            word[n++] = r->argv[i];
    }
    r->line->command = find_command(word, n, &unused);
}

static void
set_global(struct ctl_line *line, int index, const char *value)
{
    switch (index) {
    case GLOBAL_CONFIG:
        line->config_path = value;
        break;
    case GLOBAL_JSON:
        line->json = true;
        break;
    case GLOBAL_HELP:
        line->help = true;
        break;
    case GLOBAL_VERSION:
        line->version = true;
        break;
    }
}

static bool
unknown_option(const struct ctl_option *own, const char *arg)
{
    const struct ctl_option *tables[] = { global_options, own, NULL };
    const char *near = nearest_option(tables, arg);

    fprintf(stderr, "chapterctl: there is no option --%s", arg);
    if (near != NULL)
        fprintf(stderr, ". Did you mean --%s?\n", near);
    else
        fprintf(stderr, " here. See: chapterctl --help\n");
    return false;
}

/* Reads the option argv[*i] and, when it stands behind it, its value. */
static bool
read_option(struct reader *r, int *i)
{
    const struct ctl_option *own = r->line->command == NULL ? NULL : r->line->command->options;
    const char *arg = r->argv[*i] + 2, *value;
    const struct ctl_option *option;
    bool global = true;
    int index;

    if (strcmp(r->argv[*i], "-c") == 0)
        arg = "config";
    else if (strcmp(r->argv[*i], "-h") == 0)
        arg = "help";
    else if (strncmp(r->argv[*i], "--", 2) != 0)
        return unknown_option(own, r->argv[*i] + 1);
    option = match_option(global_options, arg, &value, &index);
    if (option == NULL) {
        option = match_option(own, arg, &value, &index);
        global = false;
    }
    if (option == NULL)
        return unknown_option(own, arg);
    if (option->value == NULL && value != NULL) {
        fprintf(stderr, "chapterctl: --%s takes no value.\n", option->name);
        return false;
    }
    if (option->value != NULL && value == NULL && *i + 1 < r->argc)
        value = r->argv[++*i];
    if (option->value != NULL && value == NULL) {
        fprintf(stderr, "chapterctl: --%s needs a value: --%s %s\n", option->name, option->name,
            option->value);
        return false;
    }
    if (global)
        set_global(r->line, index, value);
    else
        r->line->value[index] = value == NULL ? "" : value;
    return true;
}

static bool
check_words(struct ctl_line *line)
{
    const struct ctl_command *c = line->command;

    if (line->n_words < c->least || line->n_words > c->most) {
        fprintf(stderr, "chapterctl: %s. It is written: chapterctl %s %s\n",
            line->n_words < c->least ? "something is missing" : "that is one word too many",
            c->name, c->args);
        return false;
    }
    for (int i = 0; c->options != NULL && c->options[i].name != NULL; i++)
        if (c->options[i].required && line->value[i] == NULL) {
            fprintf(stderr, "chapterctl: --%s %s is missing: %s.\n", c->options[i].name,
                c->options[i].value, c->options[i].help);
            return false;
        }
    return true;
}

static bool
is_group(const char *word)
{
    for (const struct ctl_command *const *g = ctl_groups; *g != NULL; g++)
        if (in_group(*g, word))
            return true;
    return false;
}

static bool
unknown_command(struct arena *arena, const struct ctl_line *line)
{
    const char *typed = line->word[0], *near;

    if (line->n_words > 1)
        typed = arena_printf(arena, "%s %s", line->word[0], line->word[1]);
    near = nearest_command(typed);
    if (near == NULL)
        near = nearest_command(line->word[0]);
    if (is_group(line->word[0]) && line->n_words == 1) {
        ctl_help(stderr, line->word[0]);
        return false;
    }
    fprintf(stderr, "chapterctl: there is no command \"%s\"", typed);
    if (near != NULL)
        fprintf(stderr, ". Did you mean \"%s\"?\n", near);
    else
        fprintf(stderr, ". See: chapterctl --help\n");
    return false;
}

bool
ctl_read_line(struct arena *arena, int argc, char **argv, struct ctl_line *line)
{
    struct reader r = { arena, argv, argc, line };
    const char **word = NEW_ARRAY(arena, const char *, (size_t)argc);
    bool only_words = false;
    int n = 0, used = 0;

    *line = (struct ctl_line){ .word = word };
    guess_command(&r);
    for (const struct ctl_option *o = line->command == NULL ? NULL : line->command->options;
         o != NULL && o->name != NULL; o++)
        n++;
    line->value = NEW_ARRAY(arena, const char *, (size_t)n + 1);
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!read_option(&r, &i))
                return false;
        } else
            word[line->n_words++] = argv[i];
    }
    if (line->version || line->n_words == 0)
        return true;
    line->command = find_command(word, line->n_words, &used);
    if (line->command == NULL)
        return line->help && is_group(word[0]) ? true : unknown_command(arena, line);
    line->word += used;
    line->n_words -= used;
    return line->help || check_words(line);
}

const char *
ctl_option(const struct ctl *ctl, const char *name)
{
    for (int i = 0; ctl->command->options[i].name != NULL; i++)
        if (strcmp(ctl->command->options[i].name, name) == 0)
            return ctl->value[i];
    assert(!"an option of this command");
    return NULL;
}
