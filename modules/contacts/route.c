/* /c/{chapter}/contacts/{file}: which page is asked for. */
#include <string.h>

#include "auth/access.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/contacts/pages.h"
#include "webdav/door.h"

/* NULL: the list. NOT_FOUND: there is nothing below a contact. */
static fallible
file_of(struct request *rq, const char **file)
{
    if (rq->rest.n > 1)
        return REFUSE(rq->arena, NOT_FOUND);
    *file = rq->rest.n == 0 ? NULL : rq->rest.part[0];
    return NULL;
}

fallible
contacts_page(struct request *rq, struct response *rs)
{
    const char *file, *kind = request_query(rq, "export");
    struct contacts_place p;

    TRY(file_of(rq, &file));
    TRY(contacts_place(rq, &p));
    if (file != NULL && request_query(rq, "edit") != NULL)
        return contacts_edit_page(rq, rs, &p, file);
    if (file != NULL)
        return contacts_one_page(rq, rs, &p, file);
    if (request_query(rq, "new") != NULL)
        return contacts_edit_page(rq, rs, &p, NULL);
    if (request_query(rq, "import") != NULL)
        return contacts_import_page(rq, rs, &p);
    return kind != NULL ? contacts_export(rq, rs, &p, kind) : contacts_list_page(rq, rs, &p);
}

fallible
contacts_scope(struct request *rq)
{
    rq->scope.lock = TREE_SHARED;
    return NULL;
}

static fallible
remove_one(
    struct request *rq, struct response *rs, const struct contacts_place *p, const char *file)
{
    struct path path = contacts_path(rq, p, file);

    TRY(dav_act(rq, DELETE, &path, NULL, rs));
    response_redirect(rs, contacts_href(rq, p, NULL, "done=deleted"));
    return NULL;
}

fallible
contacts_post(struct request *rq, struct response *rs)
{
    const char *file, *act;
    struct contacts_place p;

    TRY(file_of(rq, &file));
    TRY(contacts_place(rq, &p));
    if (p.book == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    if (!p.may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    if (file != NULL && request_query(rq, "do") != NULL)
        return remove_one(rq, rs, &p, file);
    if (file != NULL || request_query(rq, "new") != NULL)
        return contacts_save(rq, rs, &p, file);
    TRY(form_maybe(rq, "do", 20, &act));
    return act != NULL && strcmp(act, "add") == 0 ? contacts_import_add(rq, rs, &p)
                                                  : contacts_import_look(rq, rs, &p);
}
