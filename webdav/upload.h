#ifndef WEBDAV_UPLOAD_H
#define WEBDAV_UPLOAD_H

#include "base/error.h"
#include "http/route.h"

/*
 * Uploads in several requests, by whichever daemon: the tus protocol 1.0.0 with its extensions
 * creation, expiration and termination. POST to the address that the document is to have begins one,
 * PATCH to the address that is answered adds a piece, HEAD asks how much is there, DELETE ends it.
 * The last piece makes the document, whole or not at all.
 *
 * What has been acknowledged is in the store and in upload_part; the hash of the whole goes on from
 * upload.state, so nothing is read twice. The pieces become the files of the content (blob_part) as
 * they are. Space is set aside for all of it by a lease as old as the upload. Only who began it may
 * go on. Rights are judged with each piece, preconditions (the POST's, or those that a PATCH brings)
 * and locks at the beginning and at the end, by the functions that judge a PUT. When the end is
 * refused all pieces stay, and an empty PATCH tries again.
 *
 * A place for uploads of its own needs routes with these four handlers; {chapter} and the upload's
 * name are the parameters of the pattern in this order. Beginning: `rest` of the pattern is the
 * address, as a page of the chapter has it ("files/..."), or the request's own address is meant.
 */

/* POST. */
fallible upload_begin_scope(struct request *);
fallible upload_begin(struct request *, struct response *);

/* GET (HEAD), PATCH, DELETE. */
fallible upload_scope(struct request *);
fallible upload_show(struct request *, struct response *);
fallible upload_admit(struct request *);
fallible upload_prepare(struct request *);
fallible upload_append(struct request *, struct response *);
fallible upload_cancel(struct request *, struct response *);

/* The headers that tell what is offered, for OPTIONS. */
void upload_headers(struct request *, struct response *);

/* One request brings at most so much. */
#define UPLOAD_PIECE_MAX GB(1)

/* How a place for uploads appears in a table of routes; of pages or of DAV. */
#define UPLOAD_ROUTES(sign_in, path)                                                               \
    { .method = GET, .pattern = path, .login = sign_in, .need = SIGNED_IN, .tx = READ_ONLY,        \
        .scope = upload_scope, .run = upload_show },                                               \
        { .method = PATCH, .pattern = path, .login = sign_in, .need = SIGNED_IN,                   \
            .tx = READ_WRITE, .body = BODY_BLOB, .body_max = UPLOAD_PIECE_MAX,                     \
            .scope = upload_scope, .admit = upload_admit, .prepare = upload_prepare,               \
            .run = upload_append },                                                                \
    {                                                                                              \
        .method = DELETE, .pattern = path, .login = sign_in, .need = SIGNED_IN, .tx = READ_WRITE,  \
        .scope = upload_scope, .run = upload_cancel                                                \
    }

#endif
