#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct arena;

/* A list of words from a setting with several values. */
struct words {
    const char *const *word;
    int n;
};

/*
 * All settings of an installation, read once at the start and constant after
 * that. One member a setting; the table in config.c gives name, type, default,
 * limits, unit and help, and is what the man page is made from. Sizes are in
 * bytes, times in seconds.
 */
struct config {
    /* Where it is reached */
    struct words listen;  /* "127.0.0.1:8080", "tls:[::]:443", "unix:/run/chapterd/http.sock" */
    const char *tls_certificate, *tls_key; /* files in PEM, for listeners with "tls:" */
    const char *base_url; /* "https://chapters.example.org": what links in mails begin with */
    struct words hosts;   /* names under which it answers; empty: that of base_url and loopback */
    struct words trusted_proxies;  /* addresses, networks or "unix", whose X-Forwarded-* count */
    struct words metrics_networks; /* who may read /metrics and /healthz details */

    /* Where data is */
    const char *database;       /* libpq connection string of the run-time role */
    const char *admin_database; /* the same for chapterctl migrate */
    const char *blob_dir;
    size_t inline_max; /* documents up to this size are kept in the database */
    const char *blob_store; /* "disk" or "s3": where new large documents go */
    const char *s3_endpoint, *s3_bucket, *s3_region, *s3_key_file; /* endpoint NULL: there is none */

    /* Other servers that it asks */
    bool outbound_plain;          /* http besides https, of addresses that people type */
    const char *outbound_ca_file; /* for them, and for the S3 store */

    /* Mail */
    const char *smtp_url; /* smtp://host:port or smtps://; NULL: no mail is sent */
    const char *smtp_user, *smtp_password_file;
    const char *smtp_starttls; /* "auto": unless it is on this machine; "always" */
    int64_t smtp_timeout, smtp_rate; /* seconds for one mail; mails a minute */
    const char *mail_from;           /* address of the installation */
    int64_t invite_most;    /* people, to one event */
    int64_t invite_per_day; /* messages of one person */
    int64_t mail_per_day, mail_outside_per_day; /* of a chapter */
    int64_t mail_days;                          /* how long it is tried */
    const char *mail_receive; /* where answers to invitations come; NULL: to the organizer */

    /* The directory */
    const char *ldap_uri; /* ldap://, ldaps:// or ldapi:// */
    bool ldap_starttls;
    const char *ldap_ca_file;
    const char *ldap_bind_dn, *ldap_bind_password_file;
    const char *ldap_people_base, *ldap_people_filter;
    const char *ldap_group_base, *ldap_group_filter;
    const char *ldap_uid, *ldap_id, *ldap_name, *ldap_mail;              /* names of attributes */
    const char *ldap_member_group, *ldap_board_group, *ldap_chair_group; /* DN with {slug} */
    const char *ldap_state_admin_group;                                  /* DN */
    int64_t ldap_connect_timeout, ldap_timeout, ldap_sync_interval;
    int64_t ldap_parallel; /* binds at the same time */

    /* Threads and limits: security.md 2.2 has the reason of each */
    int64_t event_threads, workers, spool_threads;
    int64_t connections, idle_connections;
    size_t connection_memory;
    int64_t header_timeout, idle_timeout, progress_window, handler_timeout, stop_timeout;
    size_t progress_bytes; /* at least so many in each progress_window */
    size_t body_max;       /* of one uploaded document */
    size_t drain_max, drain_max_anonymous;
    int64_t drain_timeout;
    size_t xml_body_max, report_body_max;
    int64_t xml_depth, xml_attributes, xml_elements;
    int64_t path_segments;
    size_t path_max, name_max;
    int64_t tree_members_max; /* of one COPY, MOVE or DELETE */
    int64_t zip_members_max;  /* of one folder that is loaded as a zip */
    size_t zip_max;           /* bytes of the documents in it */
    int64_t dead_properties_max;
    size_t calendar_object_max;
    size_t dead_property_max, dead_properties_total;
    int64_t locks_per_person, locks_shared, lock_timeout;
    size_t if_header_max;
    int64_t if_lists, if_conditions;
    int64_t chapter_quota; /* of a new chapter */
    int64_t person_quota;  /* of what each person has of her own */
    int64_t password_cache;
    bool app_passwords_only; /* on DAV; pages ask for the directory's */
    int64_t override_time;   /* a state admin's look into a chapter */
    int64_t override_reason_min; /* characters */
    int64_t audit_days;
    int64_t version_sitting; /* seconds */
    int64_t version_days, versions_each;
    int64_t upload_expiry, uploads_per_person, uploads_per_chapter;
    int64_t trash_days, noise_days;
    int64_t link_days, link_days_max;
    int64_t drop_box_files;   /* in all */
    size_t drop_box_max;      /* bytes, in all */
    size_t drop_box_form_max; /* bytes sent at once */

    /* How it speaks */
    const char *title;    /* name of the installation, shown on each page */
    const char *language; /* when a browser asks for none we have */
    const char *time_zone;
    const char *group_domain; /* behind the @ of addresses of chapters in invitations; NULL: base_url's */
    const char *timezone_service; /* where programs find tzdata (RFC 7808); NULL: they know it */
    const char *log_level;
    bool demo; /* the demo federation: refused when a listener is not loopback */

    bool debug_access_log;
    const char *path; /* the file it was read from */
};

/*
 * Reads a file of "name = value" lines; '#' starts a comment at the start of a
 * line only. Every bad line is reported to `report` as "file:line: setting:
 * what is wrong; what to do", all of them in one run.
 * Returns NULL when there was any, else the settings, which live in the arena.
 */
const struct config *config_read(struct arena *, const char *path, FILE *report);

/* What only the whole can tell: files that are missing, unsafe combinations. Same reports; true
 * when fine. */
bool config_check(const struct config *, FILE *report);

/* Writes the table of settings in scdoc, for chapterd.conf(5). */
void config_manual(FILE *);

#endif
