#ifndef HTML_PLIST_H
#define HTML_PLIST_H

#include <stdbool.h>
#include <stdint.h>

struct out;

/*
 * A property list as Apple's systems read it (plist(5) of theirs, in XML). Whoever writes one
 * closes what she opens. key NULL: inside an array. Text that XML cannot carry becomes "?".
 */
void plist_begin(struct out *);
void plist_end(struct out *);
void plist_dict(struct out *, const char *key);
void plist_dict_end(struct out *);
void plist_array(struct out *, const char *key);
void plist_array_end(struct out *);
void plist_text(struct out *, const char *key, const char *text);
void plist_int(struct out *, const char *key, int64_t);
void plist_flag(struct out *, const char *key, bool);

#endif
