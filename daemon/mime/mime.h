#ifndef MIME_MIME_H
#define MIME_MIME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What of a mail answers an invitation (RFC 6047). Mails are what anybody sends, and the library
 * that takes them apart is large, so it runs in a program of its own, chapterd-mime, which has
 * locked itself in before it sees one. chapterctl starts it, says how many bytes there are
 * (decimal, and a newline), gives it the mail and is told:
 *
 *     ready          it is locked in and has the mail: what goes wrong from here on, the mail did
 *     to ADDRESS     each address that the mail was sent to, as its head says
 *     alone          nobody waits for an answer: a machine has written it (RFC 3834), or nobody has
 *     calendar N     and N bytes behind it: its iCalendar part in UTF-8; not if it has none
 */
#define MIME_MAIL_MAX (2 * 1024 * 1024) /* bytes; an answer has no large attachments */
#define MIME_CPU_MS   2000
#define MIME_READY    "ready\n"

/* Once, before the program locks itself in: what the library reads from files, it does now. */
void mime_begin(void);
/* Takes n bytes of a mail apart and writes the above. */
void mime_tell(const char *mail, size_t n, int out);

#endif
