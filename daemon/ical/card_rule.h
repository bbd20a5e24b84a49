#ifndef ICAL_CARD_RULE_H
#define ICAL_CARD_RULE_H

#include "ical/card_line.h"

/*
 * A line of a vCard of the other version as this one, 3 or 4, has it (RFC 6350, appendix A). What
 * has no rule or cannot be read by one stays. What is told by two lines (LABEL and ADR, SORT-STRING
 * and N) is card_convert.c's.
 */
void card_rule_apply(struct card_line *, int version);

#endif
