#include "html/plist.h"

#include <string.h>

#include "base/text.h"
#include "html/out.h"

static void
raw(struct out *o, const char *s)
{
    out_raw(o, s, strlen(s));
}

static void
leaf(struct out *o, const char *name, const char *text)
{
    raw(o, "<");
    raw(o, name);
    raw(o, ">");
    out_text(o, text_is_xml(text, strlen(text)) ? text : "?");
    raw(o, "</");
    raw(o, name);
    raw(o, ">\n");
}

static void
write_key(struct out *o, const char *key)
{
    if (key != NULL)
        leaf(o, "key", key);
}

void
plist_begin(struct out *o)
{
    raw(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
           "<plist version=\"1.0\">\n");
}

void
plist_end(struct out *o)
{
    raw(o, "</plist>\n");
}

void
plist_dict(struct out *o, const char *key)
{
    write_key(o, key);
    raw(o, "<dict>\n");
}

void
plist_dict_end(struct out *o)
{
    raw(o, "</dict>\n");
}

void
plist_array(struct out *o, const char *key)
{
    write_key(o, key);
    raw(o, "<array>\n");
}

void
plist_array_end(struct out *o)
{
    raw(o, "</array>\n");
}

void
plist_text(struct out *o, const char *key, const char *text)
{
    write_key(o, key);
    leaf(o, "string", text);
}

void
plist_int(struct out *o, const char *key, int64_t v)
{
    write_key(o, key);
    raw(o, "<integer>");
    out_int(o, v);
    raw(o, "</integer>\n");
}

void
plist_flag(struct out *o, const char *key, bool yes)
{
    write_key(o, key);
    raw(o, yes ? "<true/>\n" : "<false/>\n");
}
