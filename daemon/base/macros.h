#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#include <dirent.h>
#include <stddef.h>

/* How many elements an array has. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define KB(n) ((size_t)(n)*1024)
#define MB(n) ((size_t)(n)*1024 * 1024)
#define GB(n) ((size_t)(n)*1024 * 1024 * 1024)

/* Marks a text for translation (xgettext) that tr() translates where it is shown. */
#define N_(text) text

/* A parameter that an interface demands and this function does not need. */
#define UNUSED __attribute__((unused))

/* CLEANUP(close_fd) int fd = open(...);   runs close_fd(&fd) when the block is left. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* For CLEANUP: closes *fd unless it is negative. */
void close_fd(int *fd);

/*
 * The members of a directory that has been opened; takes fd over. NULL with errno when fd is
 * negative or no directory.
 */
DIR *dir_read(int fd);
/* The same of the directory `name` in `at`, which may not be a symbolic link. */
DIR *dir_open(int at, const char *name);
/* For CLEANUP: closes *dir unless it is NULL. */
void dir_close(DIR **dir);

/*
 * A numbered place in the write path where a test build (make TEST_FAULTS=1) dies
 * as if the power had gone, when the environment says CHAPTERD_CRASH=number.
 * In every other build it is nothing.
 */
#ifdef TEST_FAULTS
void crash_point(int number);
#define CRASH_POINT(number) crash_point(number)
#else
#define CRASH_POINT(number) ((void)0)
#endif

#endif
