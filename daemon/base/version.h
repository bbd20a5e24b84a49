#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Of the programs; the package takes it from here. */
#define VERSION "0.1.0"

#endif
