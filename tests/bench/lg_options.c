/* The command line of lg. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lg.h"

static void
read_body(struct kind *kind, const char *path)
{
    kind->body_files = strstr(path, NUMBER) == NULL ? NULL : path;
    if (kind->body_files != NULL)
        return;
    FILE *file = fopen(path, "re");
    kind->body = malloc(CHUNK);
    if (file == NULL || kind->body == NULL)
        die(path);
    kind->body_length = fread(kind->body, 1, CHUNK, file);
    fclose(file);
}

static struct lines
read_lines(const char *path)
{
    struct lines all = { 0 };
    FILE *file = fopen(path, "re");
    if (file == NULL)
        die(path);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, file)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        all.line = realloc(all.line, (all.count + 1) * sizeof *all.line);
        if (all.line == NULL || (all.line[all.count++] = strdup(line)) == NULL)
            die("memory");
    }
    free(line);
    fclose(file);
    return all;
}

/* TEXT=N or TEXT=@FILE. */
static void
read_count(struct kind *kind, char *text)
{
    char *equals = strrchr(text, '=');
    if (equals == NULL || equals == text || equals - text > 200)
        exit(2);
    *equals = '\0';
    kind->count_text = text;
    kind->count_length = strlen(text);
    kind->count = atol(equals + 1);
    kind->counts = equals[1] == '@' ? read_lines(equals + 2) : (struct lines){ 0 };
}

/* Options that every request has in common. */
static void
read_common(struct settings *set, int option)
{
    char *rest;
    switch (option) {
    case 'c':
        set->connections = atoi(optarg);
        break;
    case 'n':
        set->requests = strtoull(optarg, NULL, 10);
        break;
    case 'd':
        set->seconds = atof(optarg);
        break;
    case 'm':
        set->scatter = strtoull(optarg, NULL, 10);
        break;
    case 's':
        set->first = strtoull(optarg, NULL, 10);
        break;
    case 'u':
        set->login = optarg;
        break;
    case 'g':
        set->generate = strtoull(optarg, NULL, 10);
        break;
    case 'r':
        set->range_chunk = strtoull(optarg, &rest, 10);
        set->range_total = strtoull(rest + 1, NULL, 10);
        break;
    default:
        exit(2);
    }
}

static void
read_option(struct settings *set, struct kind *kind, int option)
{
    char *rest;
    switch (option) {
    case 'H':
        kind->header[kind->headers++ % 32] = optarg;
        break;
    case 'b':
        read_body(kind, optarg);
        break;
    case 'z':
        kind->size = strtoull(optarg, NULL, 10);
        kind->check_size = true;
        break;
    case 'e':
        kind->expected = 0;
        for (rest = strtok(optarg, ","); rest != NULL && kind->expected < 8;
             rest = strtok(NULL, ","))
            kind->expect[kind->expected++] = atoi(rest);
        break;
    case 'k':
        read_count(kind, optarg);
        break;
    case 'l':
        kind->lines = read_lines(optarg);
        break;
    case 't':
        kind->times = (unsigned)strtoul(optarg, NULL, 10);
        break;
    default:
        read_common(set, option);
    }
}

/* Options, the server, a request; options and a request again. */
bool
read_command(int argc, char **argv, struct settings *set)
{
    while (optind < argc && set->kinds < KINDS_MAX) {
        struct kind *kind = &set->kind[set->kinds];
        for (int option; (option = getopt(argc, argv, "+c:n:d:m:s:u:H:b:g:z:e:k:r:l:t:")) != -1;)
            read_option(set, kind, option);
        if (set->host == NULL && optind < argc) {
            char *colon = strrchr(argv[optind], ':');
            if (colon == NULL)
                return false;
            *colon = '\0';
            set->host = argv[optind++];
            set->port = colon + 1;
        }
        if (optind + 2 > argc || kind->times == 0)
            return false;
        kind->method = argv[optind++];
        kind->target = argv[optind++];
        set->round += kind->times;
        set->kind[++set->kinds] = *kind;
        set->kind[set->kinds].times = 1;
    }
    return set->kinds > 0 && optind == argc && set->connections > 0;
}
