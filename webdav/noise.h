#ifndef WEBDAV_NOISE_H
#define WEBDAV_NOISE_H

#include <stdbool.h>

/*
 * Files that programs leave beside documents for themselves: "._*", ".DS_Store", "Thumbs.db",
 * "desktop.ini"; lock files of office programs "~$*", ".~lock.*#"; what they write before it gets its
 * name, such as "~WRD0001.tmp", "ppt2A1.tmp", "5C3F1A00.tmp" (Microsoft), "lu12345abc.tmp"
 * (LibreOffice), ".goutputstream-*" (GNOME); ".*.swp" and ".*.swo" (editors), ".fuse_hidden*", ".nfs*".
 *
 * To WebDAV they are documents like others, but they have no versions, stay out of the pages of
 * folders, of search, zip and trash, and are removed after config->noise_days. That holds for what was
 * made under such a name (dav_node.noise): a document that a program renames to one while it saves
 * remains a document. Names are compared without regard to the case of ASCII letters; the function
 * noise_name of the database says the same.
 */
bool noise_name(const char *name);

#endif
