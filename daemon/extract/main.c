/*
 * chapterd-extract: reads documents that may be hostile. The zygote of chapterd starts it with a
 * socket as its standard input; it is of no use to anybody else.
 */
#include <malloc.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <poppler.h>

#include "base/macros.h"
#include "extract/extract.h"
#include "jobs/helpers.h"
#include "jobs/sandbox.h"
#include "jobs/zygote.h"

static const struct helper_task extract = { "extract", extract_text },
                                picture = { "picture", extract_picture },
                                page = { "page", extract_page };

/* In the order of the numbers in jobs/helpers.c. */
static const struct helper_task *const tasks[] = { &helper_echo, &extract, &picture, &page, NULL };

/* What libraries read from files or make when first used, they do now. */
static void
warm_up(void)
{
    static const char nothing[] = "%PDF-1.4\n";
    GBytes *bytes = g_bytes_new_static(nothing, sizeof nothing - 1);
    GError *error = NULL;

    xmlInitParser();
    PopplerDocument *pdf = poppler_document_new_from_bytes(bytes, NULL, &error);
    if (pdf != NULL)
        g_object_unref(pdf);
    g_clear_error(&error);
    g_bytes_unref(bytes);
}

/* Libraries complain to a log that asks what it writes to, which is deadly here. */
static GLogWriterOutput
say_nothing(GLogLevelFlags level UNUSED, const GLogField *field UNUSED, gsize n UNUSED,
    gpointer data UNUSED)
{
    return G_LOG_WRITER_HANDLED;
}

int
main(void)
{
    static const struct helper_limits limits = { EXTRACT_BYTES_MAX, EXTRACT_CPU_MS };
    int kind;
    socklen_t n = sizeof kind;

    if (getsockopt(HELPER_SOCKET, SOL_SOCKET, SO_TYPE, &kind, &n) != 0) {
        fputs("chapterd-extract: is started by chapterd\n", stderr);
        return 2;
    }
    mallopt(M_ARENA_MAX, 1); /* each thread would take 64 MiB of the addresses that it may have */
    g_log_set_writer_func(say_nothing, NULL, NULL);
    if (!extract_picture_begin("chapterd-extract"))
        return 1;
    warm_up();
    struct sandbox *sandbox = sandbox_prepare(FILES_REFUSED);
    if (sandbox == NULL || !sandbox_enter(sandbox))
        return 1;
    helper_serve(tasks, &limits);
}
