#include "modules/documents/posted.h"

#include <string.h>

#include "base/arena.h"
#include "blob/blob.h"
#include "http/body.h"
#include "http/form.h"
#include "http/request.h"

/* The name a browser gives a file: some send the whole path it has at home. */
static const char *
plain_name(const char *sent)
{
    const char *slash = strrchr(sent, '/'), *backslash = strrchr(sent, '\\');
    const char *last = slash > backslash ? slash : backslash;

    return last == NULL ? sent : last + 1;
}

static fallible
settle(struct request *rq, struct posted_files *files, int i)
{
    struct blob_owner owner = { 'c', files->chapter };
    struct posted *p = &files->posted[i];
    struct form_file file;

    TRY(form_file(rq, "file", i, &file));
    p->name = plain_name(file.name);
    p->content.type = file.type;
    files->bytes += (int64_t)file.n;
    return body_settle_part(rq, owner, file.p, file.n, &p->content.blob, &p->content.inline_bytes);
}

struct error *
posted_settle(struct request *rq, struct posted_files *files)
{
    struct form_file file;

    if (files->settled)
        return NULL;
    files->settled = true;
    for (;; files->n++) {
        TRY(form_file(rq, "file", files->n, &file));
        if (file.name == NULL)
            break;
    }
    files->posted = NEW_ARRAY(rq->arena, struct posted, (size_t)files->n + 1);
    for (int i = 0; i < files->n; i++)
        TRY(settle(rq, files, i));
    if (files->n > 0 && files->posted[0].name[0] == '\0') /* the field was left empty */
        files->n = 0;
    return NULL;
}
