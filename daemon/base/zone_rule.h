#ifndef BASE_ZONE_RULE_H
#define BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The rule at the end of a zone file, for times after the last transition that
 * it lists (RFC 8536, 3.3): "CET-1CEST,M3.5.0,M10.5.0/3". False when malformed.
 */
bool zone_rule(const char *rule, int64_t when, int *offset);

#endif
