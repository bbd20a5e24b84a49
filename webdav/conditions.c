#include "webdav/conditions.h"

#include "base/macros.h"
#include "webdav/xml.h"

const struct condition
    NEED_READ = { 403, NS_DAV, "need-privileges", N_("You may not read this.") },
    WRONG_AREA = { 403, NS_DAV, "need-privileges",
        N_("Your app password is not for this. Make another one on the page Devices.") },
    NEED_WRITE = { 403, NS_DAV, "need-privileges", N_("You may not change this.") },
    FINITE_DEPTH = { 403, NS_DAV, "propfind-finite-depth",
        N_("Please list one folder at a time.") },
    LOCKED = { 423, NS_DAV, "lock-token-submitted", N_("Somebody is working on this just now.") },
    LOCK_CONFLICT = { 423, NS_DAV, "no-conflicting-lock",
        N_("Somebody is working on this just now.") },
    LOCK_TOKEN_MISSES = { 409, NS_DAV, "lock-token-matches-request-uri",
        N_("This lock belongs to something else.") },
    LOCK_TOKEN_UNKNOWN = { 412, NS_DAV, "lock-token-matches-request-uri",
        N_("There is no such lock any more.") },
    TOO_MANY_LOCKS = { 403, .title = N_("You hold too many locks.") },
    PROTECTED_PROPERTY = { 403, NS_DAV, "cannot-modify-protected-property",
        N_("This property cannot be changed.") },
    FAILED_DEPENDENCY = { 424, .title = N_("Nothing was changed because a part failed.") },
    PROPERTY_TOO_LARGE = { 507, .title = N_("The properties take too much space.") },
    VALID_RESOURCETYPE = { 403, NS_DAV, "valid-resourcetype",
        N_("A collection of this kind cannot be made here.") },
    VALID_SYNC_TOKEN = { 403, NS_DAV, "valid-sync-token", N_("The sync token is not valid.") },
    VALID_SYNC_TOKEN_400 = { 400, NS_DAV, "valid-sync-token", N_("The sync token is not valid.") },
    SYNC_TRAVERSAL = { 403, NS_DAV, "sync-traversal-supported",
        N_("Only one folder at a time can be synchronised.") },
    SUPPORTED_REPORT = { 403, NS_DAV, "supported-report",
        N_("This report is not available here.") },
    TOO_MANY_MATCHES = { 403, NS_DAV, "number-of-matches-within-limits",
        N_("There are too many results.") },
    TOO_MANY_MATCHES_507 = { 507, NS_DAV, "number-of-matches-within-limits",
        N_("There are too many results.") },
    TOO_MANY_MEMBERS = { 507, .title = N_("There is too much in it for one step.") };
