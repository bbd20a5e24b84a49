#ifndef JOBS_HELPER_MARKDOWN_H
#define JOBS_HELPER_MARKDOWN_H

#include "jobs/helpers.h"

/*
 * From Markdown (CommonMark, UTF-8) to the HTML of its content. HTML in it is left out, and so are
 * addresses of scripts. What it gives still belongs into a sandboxed frame and nowhere else.
 */
extern const struct helper_task helper_markdown;

#endif
