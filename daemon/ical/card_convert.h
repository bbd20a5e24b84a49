#ifndef ICAL_CARD_CONVERT_H
#define ICAL_CARD_CONVERT_H

#include "ical/card.h"
#include "ical/select.h"

struct buf;

/*
 * A card as it is answered with: in the version that was asked for, and of its properties those
 * that were asked for (RFC 6352, 10.4).
 *
 * What one version has no word for goes into the other as it is, or by the name that programs
 * have agreed on (X-ADDRESSBOOKSERVER-KIND); a vCard 3.0 turned into 4.0 and back has all its
 * properties, parameters and values, at most written in another of the ways that 3.0 allows.
 */

/*
 * Writes the card with that version, 3 or 4; in its own version as it was sent. `wanted`: the
 * properties that were asked for, by their names in that version, n 0: all; VERSION is always
 * among them.
 */
void card_write(
    struct buf *, const struct card *, int version, const struct ical_wanted *wanted, int n);

#endif
