#include <string.h>

#include "base/config.h"
#include "base/config_table.h"

static const char *
kind(const struct setting *s)
{
    if (s->only != NULL)
        return "one of the words below";
    switch (s->type) {
    case SETTING_BOOL:
        return "yes or no";
    case SETTING_SIZE:
        return "size";
    case SETTING_WORDS:
        return "words with blanks between them";
    case SETTING_NUMBER:
        return s->unit == UNIT_SECONDS ? "seconds" : s->unit == UNIT_BYTES ? "size" : "number";
    case SETTING_TEXT:
        break;
    }
    return s->unit == UNIT_FILE ? "file" : s->unit == UNIT_FOLDER ? "folder" : "text";
}

/* An underscore begins underlined text in scdoc. */
static void
put(FILE *f, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_\\", *text) != NULL)
            fputc('\\', f);
        fputc(*text, f);
    }
}

static void
put_range(FILE *f, const struct setting *s)
{
    if (s->type == SETTING_NUMBER || s->type == SETTING_SIZE)
        fprintf(f, "++\nFrom %lld to %lld.\n", (long long)s->least, (long long)s->most);
    if (s->only == NULL)
        return;
    fprintf(f, "++\nOne of:");
    for (const char *const *w = s->only; *w != NULL; w++)
        fprintf(f, "%s _%s_", w == s->only ? "" : ",", *w);
    fprintf(f, ".\n");
}

void
config_manual(FILE *f)
{
    for (const struct setting *s = settings; s->name != NULL; s++) {
        if (s->section != NULL)
            fprintf(f, "## %s\n\n", s->section);
        fputc('*', f);
        put(f, s->name);
        fprintf(f, "* = _%s_", kind(s));
        if (s->standard != NULL) {
            fprintf(f, " (default: ");
            put(f, s->standard);
            fputc(')', f);
        }
        fprintf(f, "\n\t");
        put(f, s->help);
        fputc('\n', f);
        put_range(f, s);
        fputc('\n', f);
    }
}
