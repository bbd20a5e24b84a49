# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables they share are set in stack and common.sh
# What all parts of a stack share: messages, users, places, ports, process ids.

fail()
{
    echo "stack: $1" >&2
    exit "${2:-1}"
}

say() { printf '%-10s %s\n' "$1" "$2"; }

# The user a server runs as when we are root; the first of the names that exists.
first_user()
{
    local name
    for name in "$@"; do
        if getent passwd "$name" >/dev/null; then echo "$name"; return; fi
    done
    fail "none of the users $* exists"
}

# as PART COMMAND...: runs it as the user of that part. In "/", since the part's user may not be
# able to read the directory we stand in.
as()
{
    local user=${user_of[$1]}
    shift
    if [ "$(id -u)" != 0 ]; then
        (cd / && exec "$@")
    else
        (cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
            --no-new-privs -- env HOME=/ USER="$user" LOGNAME="$user" "$@")
    fi
}

# own PART DIR MODE: a directory that belongs to the part's user.
own()
{
    mkdir -p "$2"
    if [ "$(id -u)" = 0 ]; then chown "${user_of[$1]}:" "$2"; fi
    chmod "$3" "$2"
}

# A directory at a name others could have taken: ours, and no link to elsewhere.
own_in_tmp()
{
    mkdir -m 0711 "$1" 2>/dev/null || true
    if [ -L "$1" ] || [ ! -O "$1" ]; then fail "$1 belongs to somebody else; remove it"; fi
}

# Finds the places of the stack and takes its lock, which ends with this process.
open_stack()
{
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd -P)
    hash=$(printf %s "$dir" | sha256sum | cut -c1-12)
    exec 9>"$dir/lock"
    flock -w 120 9 || fail "another stack command holds $dir/lock"

    declare -gA user_of
    if [ "$(id -u)" = 0 ]; then
        user_of[postgres]=$(first_user postgres nobody)
        user_of[directory]=$(first_user openldap nobody)
        user_of[chapterd]=$(first_user _chapterd nobody)
    else
        user_of[postgres]=$(id -un) user_of[directory]=$(id -un) user_of[chapterd]=$(id -un)
    fi

    # A server that has dropped root may not reach DIR; PostgreSQL and slapd dislike blanks in names.
    state=$dir
    if [[ $dir =~ [^A-Za-z0-9/._+-] ]] || ! reachable "$dir"; then
        state=/var/tmp/chapterd-$(id -u)-$hash
        own_in_tmp "$state"
    fi
    sockets=/tmp/chapterd-$hash
    own_in_tmp "$sockets"
    conf=$state/chapterd/chapterd.conf
    ldapi_url=ldapi://${sockets//\//%2F}%2Fdirectory%2Fsocket
    mkdir -p "$state/ports"
    # What is saved is right for the parts that run already.
    http_port=$(saved_port http) ldap_port=$(saved_port ldap) ldaps_port=$(saved_port ldaps)
}

reachable()
{
    local part
    for part in postgres directory chapterd; do
        as "$part" test -r "$1" -a -x "$1" || return 1
    done
}

# ---------------------------------------------------------------- ports

saved_port() { cat "$state/ports/$1" 2>/dev/null || true; }

port_is_free() { ! (exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# pick_port NAME [N]: prints the port NAME uses from now on: N, that of the last time, or any free one
# below those that the kernel gives to outgoing connections.
pick_port()
{
    local n=${2:-$(saved_port "$1")} try
    if [ -n "$n" ] && ! port_is_free "$n"; then
        [ -z "${2:-}" ] || fail "port $n is taken by another program; choose one with --port"
        n=
    fi
    for ((try = 0; try < 200; try++)); do
        [ -z "$n" ] || break
        n=$((16384 + (RANDOM * 32768 + RANDOM) % 16000))
        port_is_free "$n" || n=
    done
    [ -n "$n" ] || fail "found no free port"
    echo "$n" >"$state/ports/$1"
    echo "$n"
}

# ---------------------------------------------------------------- processes

# The word in its command line that tells a part of this stack from everything else.
mark_of()
{
    case $1 in
    postgres) echo "$state/postgres/data" ;;
    directory) echo "$state/directory/slapd.d" ;;
    chapterd) echo "$conf" ;;
    esac
}

# pid_of PART: its process id while it runs, else nothing. A process id alone proves nothing after
# a restart of the machine.
pid_of()
{
    local file=$state/$1/pid pid
    [ "$1" != postgres ] || file=$state/postgres/data/postmaster.pid
    pid=$(head -n 1 "$file" 2>/dev/null || true)
    [ -n "$pid" ] || return 0
    if { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF "$(mark_of "$1")"; then
        echo "$pid"
    fi
}

# stop_part PART SIGNAL SECONDS: by its process id, and by force when it does not listen.
stop_part()
{
    local pid tenths
    pid=$(pid_of "$1")
    if [ -z "$pid" ]; then say "$1" "does not run"; return; fi
    kill "-$2" "$pid"
    for ((tenths = 0; tenths < $3 * 10; tenths++)); do
        if [ -z "$(pid_of "$1")" ]; then say "$1" "stopped"; rm -f "$state/$1/pid"; return; fi
        sleep 0.1
    done
    kill -KILL "$pid"
    say "$1" "did not stop within $3 s and was killed"
}

# launch PART LOG COMMAND...: in the background, away from the terminal and the stack's lock, with as
# many open files as it may have. It writes its process id itself, since "as" and setsid may fork.
launch()
{
    local part=$1 log=$2
    shift 2
    rm -f "$state/$part/pid"
    (
        exec 9>&-
        ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
        # shellcheck disable=SC2016 # the inner shell expands it
        as "$part" setsid sh -c 'echo $$ >"$0"; exec "$@"' "$state/$part/pid" "$@" \
            </dev/null >>"$log" 2>&1 &
    )
}

# gone PART: it was launched and is there no more.
gone() { [ -s "$state/$1/pid" ] && [ -z "$(pid_of "$1")" ]; }
