#include "base/config_table.h"

#include "base/config.h"
#include "base/macros.h"

/* The type follows from the member, so the table cannot lie about it. */
#define TYPE_OF(member)                                                                            \
    _Generic(((struct config *)0)->member, bool: SETTING_BOOL, int64_t: SETTING_NUMBER,            \
        size_t: SETTING_SIZE, const char *: SETTING_TEXT, struct words: SETTING_WORDS)
#define SETTING(member)                                                                            \
    .name = #member, .type = TYPE_OF(member), .offset = offsetof(struct config, member)

#define EB(n) ((int64_t)(n) << 60)
#define TB(n) ((int64_t)(n) << 40)

static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const starttls[] = { "auto", "always", NULL };
static const char *const stores[] = { "disk", "s3", NULL };
static const char *const tongues[] = { "en", "de", NULL };

const struct setting settings[] = {
    { SETTING(listen), .section = "Where it is reached", .standard = "127.0.0.1:8080",
        .help = "Addresses to listen on: *127.0.0.1:8080*, *[::1]:8080*, *unix:/run/chapterd/"
                "http.sock*, and with TLS *tls:0.0.0.0:443*. Put a reverse proxy with TLS in front "
                "of it, or let it speak TLS itself." },
    { SETTING(tls_certificate), .unit = UNIT_FILE,
        .help = "File in PEM with the server's certificate, and behind it those between it and "
                "its authority. For *tls:* in *listen*. This file and *tls_key* are read again "
                "when they change, and on SIGHUP; the old ones stay in use when the new ones "
                "cannot be used." },
    { SETTING(tls_key), .unit = UNIT_FILE,
        .help = "File in PEM with its private key, without a password, readable by the daemon's "
                "user alone." },
    { SETTING(base_url), .help = "What links in mails and calendars begin with, as people see it: "
                                 "*https://chapters.example.org*. May be left out when it listens "
                                 "on a loopback address." },
    { SETTING(hosts), .help = "Names under which it answers; others get 421. When left out: that "
                              "of *base_url*, and loopback." },
    { SETTING(trusted_proxies), .standard = "127.0.0.1 ::1 unix",
        .help = "Addresses, networks (*10.0.0.0/8*) or *unix*, whose X-Forwarded-For, -Proto and "
                "-Host count." },
    { SETTING(metrics_networks), .standard = "127.0.0.0/8 ::1/128",
        .help = "Networks that may read /metrics and the details of /healthz, besides whoever may "
                "open a unix socket of ours." },

    { SETTING(database), .section = "Where data is", .standard = "dbname=chapterd user=chapterd",
        .help =
            "libpq connection string of the role *chapterd*. It must not own the tables, be a "
            "superuser or bypass row-level security. A primary and its standbys are named "
            "together: *host=a,b dbname=chapterd user=chapterd target_session_attrs=read-write*; "
            "whichever takes changes is used. With asynchronous replication a failover loses what "
            "was written last, although it had been confirmed; with *synchronous_standby_names* "
            "it loses nothing." },
    { SETTING(admin_database), .standard = "dbname=chapterd user=chapterd_admin",
        .help = "The same for *chapterctl migrate*, *backup* and *restore*; the daemon does not "
                "use it." },
    { SETTING(blob_dir), .unit = UNIT_FOLDER, .standard = "/var/lib/chapterd/blobs",
        .help = "Folder of the large documents; belongs to the daemon's user alone." },
    { SETTING(inline_max), .standard = "64 KiB", .most = MB(1),
        .help = "Documents up to this size are kept in the database." },
    { SETTING(blob_store), .standard = "disk", .only = stores,
        .help = "Where new large documents go: *disk* is *blob_dir*, *s3* the bucket below. Those "
                "that are there already stay; *chapterctl blobs move* moves them. Uploads pass "
                "through *blob_dir* in any case." },
    { SETTING(s3_endpoint),
        .help = "Address of an S3-compatible store, without bucket: *https://s3.example.org*. "
                "This address alone may be a private one; nothing that people type gets there." },
    { SETTING(s3_bucket), .help = "The bucket in it, which belongs to this installation alone." },
    { SETTING(s3_region), .standard = "us-east-1", .help = "What requests are signed for." },
    { SETTING(s3_key_file), .unit = UNIT_FILE,
        .help = "File with the access key in its first line and the secret in its second, readable "
                "by the daemon's user alone." },

    { SETTING(outbound_plain), .section = "Other servers that it asks", .standard = "no",
        .help = "Addresses that people enter may begin with http:// too. They never lead into "
                "private networks." },
    { SETTING(outbound_ca_file), .unit = UNIT_FILE,
        .standard = "/etc/ssl/certs/ca-certificates.crt",
        .help = "Authorities one of which must have signed the certificate of a server that is "
                "asked, the S3 store included." },

    { SETTING(smtp_url), .section = "Mail",
        .help = "The mail server that takes the mails of this installation and delivers them: "
                "*smtp://mail.example.org:587*, with TLS from the beginning "
                "*smtps://mail.example.org:465*, or one on this machine, *smtp://localhost*. When "
                "left out, no mail is sent, and pages show what is to be passed on by hand." },
    { SETTING(smtp_user), .help = "Login name there, when it wants one." },
    { SETTING(smtp_password_file), .unit = UNIT_FILE,
        .help = "File with the password, readable by the daemon's user alone." },
    { SETTING(smtp_starttls), .standard = "auto", .only = starttls,
        .help = "With *smtp://*: *auto* wants STARTTLS of every server but one on this machine, "
                "*always* of that too. A server that does not offer it gets no mail." },
    { SETTING(smtp_timeout), .unit = UNIT_SECONDS, .standard = "120", .least = 2, .most = 600,
        .help = "How long handing over one mail may take. A mail that a crashed daemon was about to "
                "hand over is looked after when three times this time has passed." },
    { SETTING(smtp_rate), .standard = "600", .least = 1, .most = 100000,
        .help = "Mails that one daemon hands over in a minute at most." },
    { SETTING(mail_from),
        .help = "Address from which all mails come, such as *chapters@example.org*. The name "
                "before it is that of the chapter. What cannot be delivered comes back to it." },
    { SETTING(invite_most), .standard = "100", .least = 1, .most = 100,
        .help = "People, or groups, who can be invited to one event." },
    { SETTING(invite_per_day), .standard = "1000", .least = 1, .most = 1000000,
        .help = "Invitations, changes of them and answers that one person may send in a day." },
    { SETTING(mail_per_day), .standard = "5000", .least = 1, .most = 1000000,
        .help = "Mails that one chapter, or one person, may send in a day." },
    { SETTING(mail_outside_per_day), .standard = "50", .most = 100000,
        .help = "How many of them to people who have no account here." },
    { SETTING(mail_days), .standard = "5", .least = 1, .most = 30,
        .help = "Days for which a mail is tried that the mail server does not take." },
    { SETTING(mail_receive),
        .help = "Address to which answers to invitations come by mail, such as "
                "*calendar@example.org*: its mail server gives what comes to it, and to it with a "
                "plus sign and a word behind (*calendar+3f9...@example.org*), to *chapterctl mail "
                "receive*. Then nobody's own address leaves the house with an invitation. When left "
                "out, answers by mail go to the organizer; the link in the mail works in any case." },

    { SETTING(ldap_uri), .section = "The directory",
        .help = "*ldaps://host*, *ldapi://%2frun%2fslapd%2fldapi*, or *ldap://host* with "
                "*ldap_starttls*." },
    { SETTING(ldap_starttls), .standard = "no", .help = "Begin TLS on an ldap:// connection." },
    { SETTING(ldap_ca_file), .unit = UNIT_FILE, .standard = "/etc/ssl/certs/ca-certificates.crt",
        .help = "Authorities one of which must have signed the directory's certificate." },
    { SETTING(ldap_bind_dn),
        .help = "Whom the daemon signs in as to search. Left out: anonymous." },
    { SETTING(ldap_bind_password_file), .unit = UNIT_FILE,
        .help = "File with that password in its first line, readable by the daemon's user alone." },
    { SETTING(ldap_people_base), .help = "Where people are: *ou=people,dc=example,dc=org*." },
    { SETTING(ldap_people_filter), .standard = "(objectClass=inetOrgPerson)",
        .help = "What of it is a person. The login name is added by the daemon." },
    { SETTING(ldap_group_base), .help = "Where the groups are that give roles." },
    { SETTING(ldap_group_filter), .standard = "(objectClass=groupOfNames)",
        .help = "What of it is a group." },
    { SETTING(ldap_uid), .standard = "uid", .help = "Attribute with the login name." },
    { SETTING(ldap_id), .standard = "entryUUID",
        .help = "Attribute that stays when a person is renamed." },
    { SETTING(ldap_name), .standard = "cn", .help = "Attribute with the name to show." },
    { SETTING(ldap_mail), .standard = "mail", .help = "Attribute with the mail address." },
    { SETTING(ldap_member_group),
        .help = "DN of the group of a chapter's members, with *{slug}* in its place: "
                "*cn=members,ou={slug},ou=chapters,dc=example,dc=org*." },
    { SETTING(ldap_board_group), .help = "The same for the board." },
    { SETTING(ldap_chair_group), .help = "The same for the chair." },
    { SETTING(ldap_state_admin_group), .help = "DN of the group of the state admins." },
    { SETTING(ldap_connect_timeout), .unit = UNIT_SECONDS, .standard = "2", .least = 1, .most = 30,
        .help = "How long a connection to the directory may take." },
    { SETTING(ldap_timeout), .unit = UNIT_SECONDS, .standard = "3", .least = 1, .most = 60,
        .help = "How long it may take to answer." },
    { SETTING(ldap_sync_interval), .unit = UNIT_SECONDS, .standard = "120", .least = 10,
        .most = 86400,
        .help = "How often names and groups are read again, and whoever left loses access." },
    { SETTING(ldap_parallel), .standard = "8", .least = 1, .most = 64,
        .help = "Logins that the directory checks at the same time." },

    { SETTING(event_threads), .section = "Threads and limits", .standard = "0", .most = 64,
        .help = "Threads that move bytes. 0: one a processor, at most 4." },
    { SETTING(workers), .standard = "24", .least = 1, .most = 500,
        .help = "Requests handled at the same time; each has a database connection." },
    { SETTING(spool_threads), .standard = "2", .least = 1, .most = 16,
        .help = "Threads that write uploads to the disk." },
    { SETTING(connections), .standard = "10000", .least = 10, .most = 1000000,
        .help = "Connections of clients at the same time." },
    { SETTING(idle_connections), .standard = "2000", .most = 1000000,
        .help = "Of these, without a request; the oldest are closed first." },
    { SETTING(connection_memory), .standard = "64 KiB", .least = KB(16), .most = MB(1),
        .help = "Memory of a connection; half of it is for the header of a request." },
    { SETTING(header_timeout), .unit = UNIT_SECONDS, .standard = "10", .least = 1, .most = 300,
        .help = "How long a header may take to arrive." },
    { SETTING(idle_timeout), .unit = UNIT_SECONDS, .standard = "60", .least = 1, .most = 3600,
        .help = "How long a connection may wait for its next request." },
    { SETTING(progress_window), .unit = UNIT_SECONDS, .standard = "30", .least = 1, .most = 600,
        .help = "In each such span a body or reply must move on by *progress_bytes*." },
    { SETTING(handler_timeout), .unit = UNIT_SECONDS, .standard = "30", .least = 1, .most = 600,
        .help = "How long a request may wait for a worker and its answer." },
    { SETTING(stop_timeout), .unit = UNIT_SECONDS, .standard = "30", .least = 1, .most = 600,
        .help = "How long running requests may take when the daemon stops." },
    { SETTING(progress_bytes), .standard = "30 KiB", .least = 1, .most = MB(100),
        .help = "See *progress_window*; the default is 1 KiB a second." },
    { SETTING(body_max), .standard = "20 GiB", .least = KB(64), .most = TB(1),
        .help = "One uploaded document." },
    { SETTING(drain_max), .standard = "1 GiB", .most = TB(1),
        .help = "How much of a refused upload is read, so that a proxy passes the answer on." },
    { SETTING(drain_max_anonymous), .standard = "16 MiB", .most = TB(1),
        .help = "The same without a login, when no trusted proxy is in between." },
    { SETTING(drain_timeout), .unit = UNIT_SECONDS, .standard = "60", .least = 1, .most = 3600,
        .help = "How long that may take." },
    { SETTING(xml_body_max), .standard = "256 KiB", .least = KB(4), .most = MB(64),
        .help = "Body of PROPFIND, PROPPATCH, LOCK and MKCOL." },
    { SETTING(report_body_max), .standard = "8 MiB", .least = KB(4), .most = MB(64),
        .help = "Body of REPORT." },
    { SETTING(xml_depth), .standard = "32", .least = 8, .most = 200,
        .help = "Elements inside each other." },
    { SETTING(xml_attributes), .standard = "64", .least = 8, .most = 1000,
        .help = "Attributes, and namespaces declared, of one element." },
    { SETTING(xml_elements), .standard = "20000", .least = 1000, .most = 1000000,
        .help = "Elements of one body. A REPORT may name up to 50,000 addresses besides." },
    { SETTING(path_segments), .standard = "36", .least = 8, .most = 200,
        .help = "Parts of an address; 32 of them below a chapter's folder." },
    { SETTING(path_max), .standard = "4 KiB", .least = 256, .most = KB(8),
        .help = "Bytes of an address, as sent." },
    { SETTING(name_max), .standard = "255", .least = 64, .most = KB(1),
        .help = "Bytes of one part of it." },
    { SETTING(tree_members_max), .standard = "10000", .least = 100, .most = 1000000,
        .help = "Documents that one COPY, MOVE or DELETE may touch." },
    { SETTING(calendar_object_max), .standard = "1 MiB", .least = KB(16), .most = MB(16),
        .help = "One event or task of a calendar." },
    { SETTING(zip_members_max), .standard = "20000", .least = 100, .most = 1000000,
        .help = "Documents and folders in one zip that a folder is loaded as." },
    { SETTING(zip_max), .standard = "20 GiB", .least = MB(1), .most = GB(1024),
        .help = "Bytes of the documents in it, before they are compressed." },
    { SETTING(dead_properties_max), .standard = "100", .most = 10000,
        .help = "Properties that clients have set on one document." },
    { SETTING(dead_property_max), .standard = "16 KiB", .least = 64, .most = MB(1),
        .help = "One of them." },
    { SETTING(dead_properties_total), .standard = "64 KiB", .least = 64, .most = MB(16),
        .help = "All of them together." },
    { SETTING(locks_per_person), .standard = "50", .least = 1, .most = 10000,
        .help = "Locks that a person may hold." },
    { SETTING(locks_shared), .standard = "20", .least = 1, .most = 1000,
        .help = "Shared locks on one document." },
    { SETTING(lock_timeout), .unit = UNIT_SECONDS, .standard = "3600", .least = 10, .most = 604800,
        .help = "How long a lock lasts that is not renewed." },
    { SETTING(if_header_max), .standard = "8 KiB", .least = 256, .most = KB(32),
        .help = "The If header." },
    { SETTING(if_lists), .standard = "64", .least = 1, .most = 1000, .help = "Lists in it." },
    { SETTING(if_conditions), .standard = "256", .least = 1, .most = 10000,
        .help = "Conditions in it." },
    { SETTING(chapter_quota), .unit = UNIT_BYTES, .standard = "10 GiB", .most = EB(1),
        .help = "Space of a new chapter." },
    { SETTING(person_quota), .unit = UNIT_BYTES, .standard = "64 MiB", .least = MB(1), .most = GB(1),
        .help = "Space of each person's own calendars and address books. What was changed or deleted "
                "counts until it is swept, a week later." },
    { SETTING(password_cache), .unit = UNIT_SECONDS, .standard = "60", .most = 60,
        .help = "How long a password counts as right after the directory said so. 0: it is asked "
                "each time." },
    { SETTING(app_passwords_only), .standard = "no",
        .help =
            "Programs and devices (WebDAV) sign in with an app password only, which people make "
            "for each on the page *Devices*; the directory's password is for the browser." },
    { SETTING(override_time), .unit = UNIT_SECONDS, .standard = "3600", .least = 60, .most = 86400,
        .help = "How long a state admin who has said why may read what a chapter keeps for its "
                "members. The chapter sees it in its log." },
    { SETTING(override_reason_min), .standard = "20", .least = 10, .most = 200,
        .help = "Characters that the reason for it must have." },
    { SETTING(audit_days), .standard = "730", .least = 91, .most = 36500,
        .help = "Days after which entries of the chapters' logs are removed." },
    { SETTING(version_sitting), .unit = UNIT_SECONDS, .standard = "600", .most = 86400,
        .help = "What one person saves within this time counts as one version of the document. 0: "
                "each time it is saved is one." },
    { SETTING(version_days), .standard = "365", .least = 1, .most = 36500,
        .help = "Days after which a version that was overwritten is removed." },
    { SETTING(versions_each), .standard = "100", .least = 1, .most = 10000,
        .help = "Versions of one document that are kept; older ones are removed." },
    { SETTING(upload_expiry), .unit = UNIT_SECONDS, .standard = "172800", .least = 1,
        .most = 2592000,
        .help = "How long an upload in pieces waits for its next one before it is given up." },
    { SETTING(uploads_per_person), .standard = "50", .least = 1, .most = 10000,
        .help = "Uploads in pieces that one person may have begun and not finished, in one chapter." },
    { SETTING(uploads_per_chapter), .standard = "500", .least = 1, .most = 100000,
        .help = "The same of all people in one chapter." },
    { SETTING(trash_days), .standard = "30", .least = 1, .most = 3650,
        .help = "Days for which what was deleted can be restored." },
    { SETTING(noise_days), .standard = "7", .least = 1, .most = 3650,
        .help = "Days after which files are removed that programs leave beside documents for themselves "
                "(._*, .DS_Store, Thumbs.db, desktop.ini, lock files, known *.tmp). Pages do not show them." },
    { SETTING(link_days), .standard = "30", .least = 1, .most = 3650,
        .help = "Days for which a link to a folder or document works unless whoever makes it says "
                "otherwise." },
    { SETTING(link_days_max), .standard = "365", .least = 1, .most = 3650,
        .help = "The longest that she may say." },
    { SETTING(drop_box_files), .standard = "500", .least = 1, .most = 1000000,
        .help = "Files that one drop box takes in all." },
    { SETTING(drop_box_max), .standard = "5 GiB", .least = KB(64), .most = TB(1),
        .help = "Bytes that one drop box takes in all. They count in the space of the chapter." },
    { SETTING(drop_box_form_max), .standard = "1 GiB", .least = KB(64), .most = GB(1),
        .help = "Bytes that can be sent to a drop box at once." },

    { SETTING(title), .section = "How it speaks", .standard = "chapterd",
        .help = "Name of the installation, on each page." },
    { SETTING(language), .standard = "en", .only = tongues,
        .help = "For whoever's browser asks for a language that we do not have." },
    { SETTING(time_zone), .standard = "Europe/Berlin", .help = "In which times are shown." },
    { SETTING(group_domain),
        .help = "What stands behind the @ when a chapter or a group of it is invited to an event: "
                "*members.example.org*. No mail needs to arrive there. Without it, the host of "
                "*base_url*. Whoever changes it has the groups of events that are to come invited "
                "again by hand." },
    { SETTING(timezone_service),
        .help = "Where calendar programs find all time zones, if the association has such a service (RFC "
                "7808): *https://zones.example.org*. Without it they use those they come with." },
    { SETTING(log_level), .standard = "info", .only = levels, .help = "The least that is logged." },
    { SETTING(demo), .standard = "no",
        .help = "A federation with known passwords, for trying out: refused unless all addresses "
                "to listen on are loopback." },
    { SETTING(debug_access_log), .standard = "no",
        .help =
            "Log the paths of requests, to find an error. Tells who read what: ends by itself 24 "
            "hours after the start, and stands in the log of every chapter." },
    { .name = NULL },
};
