#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/check.h"

static char text[8192];

/* What is logged while standard error is one end of a pipe or of a pair of sockets. */
static int saved, reader;

static void
begin(bool socket)
{
    int end[2];

    CHECK((socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, end) : pipe(end)) == 0);
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    saved = dup(STDERR_FILENO);
    dup2(end[1], STDERR_FILENO);
    close(end[1]);
    reader = end[0];
}

static const char *
end(void)
{
    ssize_t n;

    dup2(saved, STDERR_FILENO);
    close(saved);
    n = read(reader, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    close(reader);
    return text;
}

TEST(log_line_for_the_journal)
{
    log_start(LOG_INFO_, true);
    begin(false);
    LOG(LOG_INFO_, "started", "workers", "24", "listen", "127.0.0.1:8080");
    LOG(LOG_DEBUG_, "unseen");
    CHECK_TEXT(end(), "<6>started workers=24 listen=127.0.0.1:8080\n");
}

TEST(log_line_for_people_begins_with_a_time)
{
    log_start(LOG_DEBUG_, false);
    begin(true);
    LOG(LOG_DEBUG_, "x");
    CHECK(strstr(end(), " debug x\n") != NULL);
    log_start(LOG_INFO_, true);
}

/* One event stays one line, whatever its values hold. */
TEST(log_values_are_quoted_and_escaped)
{
    begin(false);
    LOG(LOG_INFO_, "e", "a", "two words", "b", "", "c", "q\"\\", "d", "x=y", "n", NULL);
    CHECK_TEXT(end(), "<6>e a=\"two words\" b=\"\" c=\"q\\\"\\\\\" d=\"x=y\" n=-\n");
    begin(false);
    LOG(LOG_ERROR_, "e", "a", "1\n<3>forged", "b", "\x1b[2J", "c", "\xff", "d", "Größe", "e",
        "\xc2\x9b");
    CHECK_TEXT(end(), "<3>e a=\"1\\x0a<3>forged\" b=\"\\x1b[2J\" c=\\xff d=Größe e=\xc2\\x9b\n");
}

TEST(log_values_end_at_512_bytes_between_characters)
{
    char value[1200];

    for (int i = 0; i < 599; i++)
        memcpy(value + 2 * i + 1, "ü", 3);
    value[0] = 'a';
    begin(false);
    LOG(LOG_INFO_, "e", "v", value);
    CHECK_INT((int64_t)strlen(end()), 3 + 1 + 3 + 511 + 1);
}

TEST(log_drops_what_a_full_pipe_does_not_take)
{
    begin(false);
    fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096);
    for (int i = 0; i < 1000; i++)
        LOG(LOG_INFO_, "event", "value", "0123456789012345678901234567890123456789");
    while (read(reader, text, sizeof text) > 0)
        ;
    LOG(LOG_INFO_, "after");
    const char *line = end();
    CHECK(strncmp(line, "<6>after dropped=", 17) == 0);
}
