#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a program of ours is ("chapterd-extract"): beside the running one, where both were built,
 * or in ../lib/chapterd/, where it is installed. False, and "": it is nowhere.
 */
bool program_find(const char *name, char *path, size_t room);

#endif
