#ifndef WEBDAV_NOISE_H
#define WEBDAV_NOISE_H

#include <stdbool.h>

/*
 * Files that programs leave beside documents for themselves: "._*", ".DS_Store", "Thumbs.db",
 * "desktop.ini", "~$*", ".~lock.*#". They are documents like others to whoever asks for them, but
 * no history is kept of them. Names are compared without regard to the case of ASCII letters.
 */
bool noise_name(const char *name);

#endif
