/* Private to lg: what it is told to do. */
#ifndef BENCH_LG_H
#define BENCH_LG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK     262144
#define NUMBER    "{n}"
#define LINE      "{l}"
#define KINDS_MAX 16

struct lines {
    char **line;
    size_t count;
};

/* A request, and what is right for its answer. */
struct kind {
    const char *method, *target, *header[32], *count_text, *body_files;
    int headers, expect[8], expected;
    char *body;
    size_t body_length, size, count_length;
    struct lines lines, counts;
    long count;
    bool check_size;
    unsigned times;
};

struct settings {
    const char *host, *port, *login;
    int connections, kinds;
    size_t generate, range_chunk, range_total;
    uint64_t requests, scatter, first, round;
    double seconds;
    struct kind kind[KINDS_MAX + 1]; /* the last: what is being read */
};

/* Reads the command line: false when it is none. */
bool read_command(int argc, char **argv, struct settings *);

/* Ends the program and says why, after errno. */
void die(const char *what) __attribute__((noreturn));

#endif
