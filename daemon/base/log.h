#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/*
 * Lines of key=value for the journal, on standard error, with the level as a
 * "<6>" prefix when systemd reads them. Never a path, uid, address, body or
 * token: see daemon/README.md, "Logs". Values are quoted where they need it,
 * control bytes are escaped, and a value ends at 512 bytes. Writing never
 * blocks a caller: what a full pipe does not take is counted and dropped.
 */
enum log_level { LOG_ERROR_ = 3, LOG_WARNING_ = 4, LOG_NOTICE_ = 5, LOG_INFO_ = 6, LOG_DEBUG_ = 7 };

/* Once, before threads start. */
void log_start(enum log_level most, bool for_journal);

/* LOG(LOG_INFO_, "started", "listen", addr, "workers", count, NULL): names and values in turn. */
void log_event(enum log_level, const char *event, ...) __attribute__((sentinel));
#define LOG(level, ...) log_event((level), __VA_ARGS__, (char *)0)

#endif
