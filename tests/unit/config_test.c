#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/config_table.h"
#include "base/macros.h"
#include "tests/check.h"

static char folder[] = "/tmp/chapterd-config-XXXXXX";
static char file[64];

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    if (!CHECK(f != NULL))
        return;
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
}

/* Reads a configuration of that text; *said is what was reported, without the file's name. */
static const struct config *
read_text(struct arena *a, const char *text, const char **said)
{
    char *report = NULL;
    size_t n;

    if (strstr(folder, "XXXXXX") != NULL && mkdtemp(folder) == NULL)
        abort();
    snprintf(file, sizeof file, "%s/chapterd.conf", folder);
    write_file(file, text, 0600);
    FILE *f = open_memstream(&report, &n);
    const struct config *c = config_read(a, file, f);
    fclose(f);
    *said = arena_copy(a, report, n);
    free(report);
    unlink(file);
    return c;
}

/* The one complaint about a text, without "FILE:". */
static const char *
complaint(struct arena *a, const char *text)
{
    const char *said;

    if (!CHECK(read_text(a, text, &said) == NULL))
        return "it was accepted";
    return said + strlen(file) + 1;
}

TEST(config_defaults)
{
    struct arena *a = arena_new();
    const char *said;
    const struct config *c = read_text(a, "# nothing\n\n   # indented\n", &said);

    if (!CHECK(c != NULL))
        return;
    CHECK_TEXT(said, "");
    CHECK_INT(c->listen.n, 1);
    CHECK_TEXT(c->listen.word[0], "127.0.0.1:8080");
    CHECK_TEXT(c->base_url, "http://127.0.0.1:8080");
    CHECK(c->body_max == GB(20) && c->inline_max == KB(64) && c->chapter_quota == (int64_t)GB(10));
    CHECK(c->workers == 24 && c->password_cache == 60 && c->lock_timeout == 3600);
    CHECK(!c->demo && !c->ldap_starttls);
    CHECK(c->ldap_uri == NULL && c->hosts.n == 0);
    CHECK_TEXT(c->path, file);
    arena_free(a);
}

TEST(config_reads_all_types)
{
    struct arena *a = arena_new();
    const char *said;
    const struct config *c = read_text(a,
        "listen = [::1]:1, unix:/run/x 127.0.0.1:2\r\n"
        "\tdemo=yes\n"
        "body_max = 10 MiB\n"
        "chapter_quota = 3G\n"
        "header_timeout = 2 min\n"
        "workers = 1\n"
        "title = a = b # no comment\n"
        "log_level = debug",
        &said);

    if (!CHECK(c != NULL)) {
        CHECK_TEXT(said, "");
        return;
    }
    CHECK_INT(c->listen.n, 3);
    CHECK_TEXT(c->listen.word[1], "unix:/run/x");
    CHECK(c->demo && c->body_max == MB(10) && c->chapter_quota == (int64_t)GB(3));
    CHECK(c->header_timeout == 120 && c->workers == 1);
    CHECK_TEXT(c->title, "a = b # no comment");
    CHECK_TEXT(c->log_level, "debug");
    CHECK_TEXT(c->base_url, "http://[::1]:1");
    arena_free(a);
}

TEST(config_complaints_name_line_setting_and_remedy)
{
    static const char *const pairs[][2] = {
        { "\n\nlissten = x\n", "3: lissten: there is no such setting; did you mean listen?\n" },
        { "quux = x\n", "1: quux: there is no such setting; chapterd.conf(5) lists all\n" },
        { "demo = no\ndemo = no\n", "2: demo: is set twice, first in line 1; remove one\n" },
        { "workers\n", "1: workers: has no \"=\"; write it as name = value\n" },
        { "workers =\n", "1: workers: has no value; write one, or remove the line\n" },
        { "workers = 501\n", "1: workers: 501 is out of range; write something from 1 to 500\n" },
        { "workers = -1\n", "1: workers: \"-1\" is not a number; write digits only\n" },
        { "demo = true\n", "1: demo: \"true\" is neither; write yes or no\n" },
        { "body_max = 1 MB\n",
            "1: body_max: \"1 MB\" is not a size; write it like 500, 64 KiB, 10 MiB or 2 GiB\n" },
        { "connection_memory = 1k\n", "1: connection_memory: 1k is out of range; write something "
                                      "from 16 KiB to 1 MiB\n" },
        { "idle_timeout = 1 y\n",
            "1: idle_timeout: \"1 y\" is not a time; write it like 30, 30 s, 5 min or 2 h\n" },
        { "password_cache = 2 min\n",
            "1: password_cache: 2 min is out of range; write something from 0 to 60 seconds\n" },
        { "language = fr\n", "1: language: \"fr\" is not known; write one of: en, de\n" },
        { "blob_dir = blobs\n", "1: blob_dir: \"blobs\" depends on where the daemon is started; "
                                "write the path from / on\n" },
        { "title = \xff\n", "1: line: it is not UTF-8; save the file in that encoding\n" },
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        CHECK_TEXT(complaint(a, pairs[i][0]), pairs[i][1]);
    arena_free(a);
}

TEST(config_reports_all_bad_lines_in_one_run)
{
    struct arena *a = arena_new();
    const char *said;
    int lines = 0;

    CHECK(read_text(a, "demo = 1\nworkers = x\nfoo\n", &said) == NULL);
    for (const char *c = said; *c != '\0'; c++)
        lines += *c == '\n';
    CHECK_INT(lines, 3);
    arena_free(a);
}

TEST(config_line_too_long)
{
    struct arena *a = arena_new();
    char *text = arena_printf(a, "title = %0*d\n", 5000, 1);

    CHECK_TEXT(complaint(a, text), "1: line: it is longer than 4094 bytes; shorten it\n");
    arena_free(a);
}

TEST(config_file_that_is_missing)
{
    struct arena *a = arena_new();
    char report[200] = "";
    FILE *f = fmemopen(report, sizeof report, "w");

    CHECK(config_read(a, "/nowhere/chapterd.conf", f) == NULL);
    fclose(f);
    CHECK(strstr(report, "/nowhere/chapterd.conf:0: file: cannot be read: No such file") == report);
    arena_free(a);
}

/* Every default is itself a value that the reader takes, and within its limits. */
TEST(config_defaults_are_in_range)
{
    struct arena *a = arena_new();

    for (const struct setting *s = settings; s->name != NULL; s++) {
        const char *said;
        if (s->standard != NULL)
            read_text(a, arena_printf(a, "%s = %s\n", s->name, s->standard), &said);
        CHECK_TEXT(s->standard == NULL ? "" : said, "");
        CHECK(s->help != NULL && s->help[strlen(s->help) - 1] == '.');
        CHECK(s->type == SETTING_TEXT || s->type == SETTING_WORDS || s->type == SETTING_BOOL ||
              s->most > s->least);
    }
    arena_free(a);
}

/* ---------------------------------------------------------------- config_check */

#define FINE                                                                                       \
    "ldap_uri = ldapi://%%2frun%%2fldapi\nldap_people_base = ou=people\nblob_dir = "               \
    "/tmp/blobs-of-test\n"

/* What config_check says of a text besides what is fine. */
static const char *
checked(struct arena *a, const char *text)
{
    const char *said;
    char *report = NULL;
    size_t n;
    const struct config *c = read_text(a, text, &said);

    if (!CHECK(c != NULL))
        return said;
    FILE *f = open_memstream(&report, &n);
    bool fine = config_check(c, f);
    fclose(f);
    CHECK(fine == (n == 0));
    said = arena_copy(a, report, n);
    free(report);
    return said;
}

TEST(config_check_unsafe_combinations)
{
    static const struct {
        const char *text, *complaint; /* NULL: none */
    } cases[] = {
        { "", NULL },
        { "demo = yes\n", NULL },
        { "demo = yes\nlisten = [::1]:1 unix:/x localhost:2 127.1.2.3:3\nbase_url = http://[::1]\n",
            NULL },
        { "demo = yes\nlisten = 0.0.0.0:80\nbase_url = https://a.b\n", ": demo: its passwords" },
        { "listen = 0.0.0.0:80\n", ": base_url: is missing" },
        { "listen = 0.0.0.0:80\nbase_url = http://a.b\n", ": base_url: passwords would cross" },
        { "listen = 0.0.0.0:80\nbase_url = https://a.b\n", NULL },
        { "base_url = https://a.b/path\n", ": base_url: \"https://a.b/path\" is no such" },
        { "listen = here\nbase_url = https://a.b\n", ": listen: \"here\" is no address" },
        { "listen = ,\nbase_url = https://a.b\n", ": listen: names no address" },
        { "trusted_proxies = 10.0.0.0/33\n", ": trusted_proxies: \"10.0.0.0/33\" is no network" },
        { "metrics_networks = unix\n", ": metrics_networks: \"unix\" is no network" },
        { "time_zone = Europe/Atlantis\n", ": time_zone: there is no zone Europe/Atlantis" },
        { "group_domain = example.org:80\n", ": group_domain: \"example.org:80\" is no name" },
        { "group_domain = members.example.org\n", NULL },
        { "timezone_service = zones\n", ": timezone_service: \"zones\" is no such address" },
        { "timezone_service = https://a.b/zones\n", NULL },
        { "ldap_member_group = cn=members\n", ": ldap_member_group: would be the same" },
        { "ldap_bind_dn = cn=x\n", ": ldap_bind_password_file: is missing" },
        { "ldap_people_filter = uid=x\n", ": ldap_people_filter: \"uid=x\" is no filter" },
        { "idle_connections = 20\nconnections = 10\n", ": idle_connections: is more than" },
        { "inline_max = 1 MiB\nbody_max = 64 KiB\n", ": inline_max: is more than body_max" },
    };
    struct arena *a = arena_new();

    mkdir("/tmp/blobs-of-test", 0700);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *said = checked(a, arena_printf(a, FINE "%s", cases[i].text));
        if (cases[i].complaint == NULL)
            CHECK_TEXT(said, "");
        else if (!CHECK(strstr(said, cases[i].complaint) != NULL))
            CHECK_TEXT(said, cases[i].complaint);
    }
    rmdir("/tmp/blobs-of-test");
    arena_free(a);
}

/* security L12 */
TEST(config_check_of_the_directory)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        { "", ": ldap_uri: is missing" },
        { "ldap_uri = ldap://ldap.example.org\n", ": ldap_uri: passwords would cross the net" },
        { "ldap_uri = http://x\n", ": ldap_uri: \"http://x\" is no such address" },
        { "ldap_uri = ldaps://a b\n", ": ldap_uri: \"ldaps://a b\" names no host" },
        { "ldap_uri = ldaps://a\nldap_starttls = yes\n", ": ldap_starttls: ldaps:// has TLS" },
        { "ldap_uri = ldaps://a\nldap_ca_file = /nowhere\n", ": ldap_ca_file: /nowhere: No such" },
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(strstr(checked(a, cases[i].text), cases[i].complaint) != NULL);
    CHECK(strstr(checked(a, "ldap_uri = ldap://127.0.0.1:389\n"), "ldap_uri") == NULL);
    CHECK(strstr(checked(a, "ldap_uri = ldap://l.example.org\nldap_starttls = yes\n"
                            "ldap_ca_file = /etc/passwd\n"),
              "ldap_uri") == NULL);
    arena_free(a);
}

TEST(config_check_of_secrets)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *complaint;
    } cases[] = {
        { "secret\n", 0600, NULL },
        { "secret", 0640, NULL },
        { "secret\n", 0644, "can be read by everybody" },
        { "", 0600, "is empty" },
        { "\n", 0600, "is empty" },
    };
    struct arena *a = arena_new();
    const char *path = "/tmp/chapterd-password-of-test";
    const char *text =
        "ldap_bind_dn = cn=x\nldap_bind_password_file = /tmp/chapterd-password-of-test\n";

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_file(path, cases[i].text, cases[i].mode);
        const char *said = checked(a, text);
        if (cases[i].complaint == NULL)
            CHECK(strstr(said, "password") == NULL);
        else if (!CHECK(strstr(said, cases[i].complaint) != NULL))
            CHECK_TEXT(said, cases[i].complaint);
    }
    unlink(path);
    CHECK(strstr(checked(a, text), "No such file") != NULL);
    arena_free(a);
}

TEST(config_manual_names_each_setting)
{
    struct arena *a = arena_new();
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    config_manual(f);
    fclose(f);
    for (const struct setting *s = settings; s->name != NULL; s++) {
        char *name = arena_printf(a, "*%s*", s->name),
             *escaped = arena_alloc(a, 2 * strlen(name) + 1);
        for (char *from = name, *to = escaped; *from != '\0'; *to++ = *from++)
            if (*from == '_')
                *to++ = '\\';
        if (!CHECK(strstr(text, escaped) != NULL))
            CHECK_TEXT(s->name, "in the manual");
    }
    free(text);
    rmdir(folder);
    arena_free(a);
}
