#ifndef WEBDAV_XML_TEXT_H
#define WEBDAV_XML_TEXT_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/*
 * What has to be true of an XML text before a parser sees it: UTF-8 (UTF-16 is
 * converted), no other encoding declared, no NUL, no DTD, and no start tag over
 * 8 KiB, since the parser takes quadratic time over the attributes of one.
 * *p and *n are replaced by the UTF-8 text. BAD_REQUEST, UNSUPPORTED_TYPE.
 */
fallible xml_text_prepare(struct arena *, const char **p, size_t *n);

#endif
