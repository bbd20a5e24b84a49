/* chapterd-mime: takes a mail apart that may be hostile, for chapterctl; see mime.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/macros.h"
#include "base/text.h"
#include "jobs/sandbox.h"
#include "mime/mime.h"

#define DIGITS_MAX 12

/* Libraries complain to a log that asks what it writes to. */
static GLogWriterOutput
say_nothing(GLogLevelFlags level UNUSED, const GLogField *field UNUSED, gsize n UNUSED,
    gpointer data UNUSED)
{
    return G_LOG_WRITER_HANDLED;
}

static bool
read_all(char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(STDIN_FILENO, p, n);
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* How long the mail is; -1: nobody says so. */
static int64_t
read_length(void)
{
    char digits[DIGITS_MAX + 1];
    int64_t n;

    for (int i = 0; i <= DIGITS_MAX && read_all(digits + i, 1); i++)
        if (digits[i] == '\n') {
            digits[i] = '\0';
            return text_to_int(digits, MIME_MAIL_MAX, &n) ? n : -1;
        }
    return -1;
}

int
main(void)
{
    g_log_set_writer_func(say_nothing, NULL, NULL);
    mime_begin();
    struct sandbox *sandbox = sandbox_prepare(FILES_REFUSED);
    char *mail = malloc(MIME_MAIL_MAX);
    if (mail == NULL || sandbox == NULL || !sandbox_enter(sandbox))
        return EXIT_FAILURE;
    int64_t n = read_length();
    if (n < 0 || !read_all(mail, (size_t)n))
        return EXIT_FAILURE;
    sandbox_cpu_limit(MIME_CPU_MS);
    if (write(STDOUT_FILENO, MIME_READY, strlen(MIME_READY)) < 0)
        return EXIT_FAILURE;
    mime_tell(mail, (size_t)n, STDOUT_FILENO);
    _exit(EXIT_SUCCESS); /* nothing is to be tidied, and libraries would ask for files */
}
