#include "jobs/helper_markdown.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static bool
markdown(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    (void)arena;
    char *html = cmark_markdown_to_html(in, n, CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);

    if (html == NULL)
        return false;
    buf_add(out, html, strlen(html));
    free(html);
    return true;
}

const struct helper_task helper_markdown = { "markdown", markdown };
