#ifndef HOMES_HOMES_H
#define HOMES_HOMES_H

struct module;

/* Which calendars and address books programs find in somebody's homes (webdav/home.h). */
extern const struct module homes_module;

#endif
