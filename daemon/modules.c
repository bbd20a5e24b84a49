/* The parts of the groupware, in the order in which they are asked. */
#include "modules/module.h"

#include <stddef.h>

#include "modules/audit/audit.h"
#include "modules/calendars/calendars.h"
#include "modules/chapters/chapters.h"
#include "modules/contacts/contacts.h"
#include "modules/documents/documents.h"
#include "modules/homes/homes.h"
#include "webdav/dav.h"

const struct module *const modules[] = {
    &chapters_module,
    &documents_module,
    &calendars_module,
    &contacts_module,
    &homes_module,
    &audit_module,
    NULL,
};

const struct dav_mount *const dav_mounts[] = {
    &files_mount,
    &versions_mount,
    &calendars_mount,
    &contacts_mount,
    NULL,
};
