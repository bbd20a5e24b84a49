#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

struct request;

/*
 * The address of a file of daemon/html/assets, "/static/site.css?v=3f2a...": it
 * changes with the content, so that a browser may keep what it has for ever.
 */
const char *static_href(const struct request *, const char *name);

#endif
