# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables they share are set in stack and common.sh
# PostgreSQL for one stack: reached by its unix socket only, durable as in production.

postgres_bin()
{
    # The newest server installed: Debian keeps initdb out of PATH.
    local bin
    bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [ -x "$bin/initdb" ] || fail "PostgreSQL's server is not installed; run: make deps" 69
    echo "$bin"
}

psql_as_superuser()
{
    "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$sockets/postgres" -U postgres "$@"
}

postgres_up()
{
    if [ -n "$(pid_of postgres)" ]; then say postgres "runs already"; return; fi
    local bin data=$state/postgres/data started=$EPOCHREALTIME
    bin=$(postgres_bin)
    own postgres "$state/postgres" 0711
    own postgres "$sockets/postgres" 0711

    if [ ! -s "$data/PG_VERSION" ]; then
        say postgres "makes its data directory"
        rm -rf "$data.new"
        as postgres "$bin/initdb" -D "$data.new" -U postgres -A peer --data-checksums -E UTF8 \
            --locale=C.UTF-8 --no-instructions >"$state/postgres.log" 2>&1 ||
            fail "initdb failed; see $state/postgres.log"
        mv "$data.new" "$data"
    fi
    postgres_conf "$data"
    # Killed the hard way, its children take a moment to notice and keep the data until then.
    local try
    for ((try = 1; ; try++)); do
        if as postgres "$bin/pg_ctl" -s -w -t 120 -D "$data" -l "$state/postgres/log" start \
            >"$state/postgres.log" 2>&1 9>&-; then
            break
        fi
        [ "$try" -lt 20 ] || fail "PostgreSQL does not start; see $state/postgres.log and $state/postgres/log"
        sleep 0.5
    done
    postgres_roles
    say postgres "started in $(seconds_since "$started") s"
}

# Written at every start, so that a stack of yesterday gets the settings of today.
postgres_conf()
{
    local me role
    me=$(id -un)
    cat >"$1/stack.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$sockets/postgres'
port = 5432
max_connections = 100
max_prepared_transactions = 0
shared_buffers = 128MB
fsync = on
full_page_writes = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'

# What people ask for and write is nobody's to read in a log.
log_statement = none
log_min_duration_statement = -1
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_connections = off
log_disconnections = off
track_commit_timestamp = off
CONF
    # Users of this machine that may sign in, and as what; the daemon's user is never the superuser.
    cat >"$1/pg_hba.conf" <<CONF
local all all peer map=stack
CONF
    {
        for role in postgres chapterd_admin chapterd; do echo "stack $me $role"; done
        if [ "$me" != "${user_of[chapterd]}" ]; then
            for role in chapterd_admin chapterd; do echo "stack ${user_of[chapterd]} $role"; done
        fi
    } >"$1/pg_ident.conf"
    grep -q "^include 'stack.conf'" "$1/postgresql.conf" || echo "include 'stack.conf'" >>"$1/postgresql.conf"
    if [ "$(id -u)" = 0 ]; then
        chown "${user_of[postgres]}:" "$1/stack.conf" "$1/pg_hba.conf" "$1/pg_ident.conf"
    fi
}

postgres_roles()
{
    psql_as_superuser -d postgres <<'SQL' || fail "cannot make the roles and the database"
SELECT format('CREATE ROLE %s', r) FROM (VALUES
    ('chapterd_owner', 'chapterd_owner NOLOGIN'),
    ('chapterd_admin', 'chapterd_admin LOGIN IN ROLE chapterd_owner'),
    ('chapterd', 'chapterd LOGIN')) AS wanted (name, r)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
\gexec
SELECT 'CREATE DATABASE chapterd OWNER chapterd_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'chapterd')
\gexec
SQL
}

postgres_down()
{
    if [ -z "$(pid_of postgres)" ]; then say postgres "does not run"; return; fi
    as postgres "$(postgres_bin)/pg_ctl" -s -D "$state/postgres/data" -m fast -w -t 60 stop ||
        fail "PostgreSQL does not stop; see $state/postgres/log"
    say postgres "stopped"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }
