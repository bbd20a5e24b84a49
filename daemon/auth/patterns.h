#ifndef AUTH_PATTERNS_H
#define AUTH_PATTERNS_H

#include "http/route.h"

/* /patterns: every part that pages are put together of, for those who build or translate them. */
extern const struct route pattern_routes[];

#endif
