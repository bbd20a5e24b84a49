# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables they share are set in stack and common.sh
# chapterd itself, with the demo chapters.

chapterd_up()
{
    local program=$build/chapterd control=$build/chapterctl started=$EPOCHREALTIME
    if [ ! -x "$program" ] || [ ! -x "$control" ] || [ ! -x "$build/chapterd-extract" ] || [ ! -x "$build/chapterd-mime" ]; then
        fail "$build/chapterd, chapterctl, chapterd-extract or chapterd-mime is missing; run: make"
    fi
    build=$(cd "$build" && pwd -P)
    program=$build/chapterd control=$build/chapterctl
    own chapterd "$state/chapterd" 0711
    own chapterd "$state/chapterd/blobs" 0700
    keep_settings
    if [ -n "$tls" ]; then tls_up; fi

    local pid
    pid=$(pid_of chapterd)
    if [ -z "$pid" ]; then http_port=$(pick_port http "$port"); fi
    if [ -n "$port" ] && [ "$port" != "$http_port" ]; then
        stop_part chapterd TERM 90
        pid='' http_port=$(pick_port http "$port")
    fi
    if write_conf && [ -n "$pid" ] && same_program "$pid" "$program"; then
        say chapterd "runs already"
        return
    fi
    if [ -n "$pid" ]; then
        say chapterd "program or settings are new: starts again"
        stop_part chapterd TERM 90
    fi

    if [ "$(id -u)" = 0 ] && ! as chapterd test -x "$program"; then
        # The checkout is under /root, say: the daemon's user needs a copy that it can reach.
        own chapterd "$state/bin" 0755
        install -m 0755 "$program" "$build/chapterd-extract" "$state/bin"
        program=$state/bin/chapterd
    fi
    CHAPTERD_CONF=$conf "$control" migrate >>"$state/chapterd.log" 2>&1 9>&- ||
        { tail -n 20 "$state/chapterd.log" >&2; fail "chapterctl migrate failed"; }
    demo_chapters_up "$control"
    launch chapterd "$state/chapterd/chapterd.log" "$program" -c "$conf"
    wait_for_answer
    say chapterd "started in $(seconds_since "$started") s on $(chapterd_url)"
}

chapterd_url()
{
    if [ -n "$tls" ]; then echo "https://localhost:$http_port"; else echo "http://127.0.0.1:$http_port"; fi
}

# A program that was built anew while it ran shows as deleted, or its copy differs.
same_program()
{
    local running
    running=$(readlink "/proc/$1/exe" || true)
    [ "$running" = "$2" ] || cmp -s "$running" "$2"
}

# The --set of this call joins those of earlier ones.
keep_settings()
{
    local one name value file=$state/settings
    touch "$file"
    for one in "${set[@]}"; do
        name=${one%%=*} value=${one#*=}
        if [ "$name" = "$one" ] || [[ ! $name =~ ^[a-z][a-z0-9_]*$ ]]; then
            fail "--set $one: should look like name=value" 64
        fi
        awk -v name="$name" '$1 != name' "$file" >"$file.new"
        if [ -n "$value" ]; then printf '%s = %s\n' "$name" "$value" >>"$file.new"; fi
        mv "$file.new" "$file"
    done
}

# Writes chapterd.conf; true when it was the same before.
write_conf()
{
    local chapters=ou=chapters,$ldap_base secret=$state/chapterd/ldap.password
    printf 'service\n' >"$secret"
    if [ "$(id -u)" = 0 ]; then chown "${user_of[chapterd]}:" "$secret"; fi
    chmod 0600 "$secret"
    local listen=127.0.0.1:$http_port
    if [ -n "$tls" ]; then listen="tls:$listen"; fi
    awk -v settings="$state/settings" '
        BEGIN { while ((getline <settings) > 0) set[$1] = 1 }
        !($1 in set)' >"$conf.new" <<CONF
# Made by packaging/stack; change it with --set.
listen = $listen
base_url = $(chapterd_url)
${tls:+tls_certificate = $state/tls/server.pem
tls_key = $state/tls/server-key.pem
}database = host=$sockets/postgres port=5432 dbname=chapterd user=chapterd
admin_database = host=$sockets/postgres port=5432 dbname=chapterd user=chapterd_admin
blob_dir = $state/chapterd/blobs
ldap_uri = $ldapi_url
ldap_bind_dn = cn=chapterd,ou=services,$ldap_base
ldap_bind_password_file = $secret
ldap_people_base = ou=people,$ldap_base
ldap_group_base = $chapters
ldap_member_group = cn=members,ou={slug},$chapters
ldap_board_group = cn=board,ou={slug},$chapters
ldap_chair_group = cn=chair,ou={slug},$chapters
ldap_state_admin_group = cn=state-admins,$chapters
title = Demo-Verband
demo = yes
CONF
    sed -e "s|{port}|$http_port|g" -e "s|{state}|$state|g" -e "s|{sockets}|$sockets|g" \
        "$state/settings" >>"$conf.new"
    if cmp -s "$conf.new" "$conf"; then rm "$conf.new"; return 0; fi
    mv "$conf.new" "$conf"
    return 1
}

demo_chapters_up()
{
    local slug kind parent name
    while IFS='|' read -r slug kind parent name _; do
        CHAPTERD_CONF=$conf "$1" chapter add "$slug" --if-missing --name "$name" --kind "$kind" --language de \
            ${parent:+--parent "$parent"} >>"$state/chapterd.log" 2>&1 9>&- ||
            { tail -n 20 "$state/chapterd.log" >&2; fail "chapterctl chapter add $slug failed"; }
    done < <(demo_chapters)
}

wait_for_answer()
{
    local tenths log=$state/chapterd/chapterd.log
    for ((tenths = 0; tenths < 600; tenths++)); do
        if healthy; then return; fi
        if [ "$tenths" -gt 5 ] && gone chapterd; then
            tail -n 20 "$log" >&2
            fail "chapterd does not start; see $log"
        fi
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    fail "chapterd does not answer; see $log"
}

healthy()
{
    local status=''
    if [ -n "$tls" ]; then
        status=$(printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
            timeout 5 openssl s_client -quiet -verify_quiet -connect "127.0.0.1:$http_port" 2>/dev/null |
            head -n 1)
        [[ $status == HTTP/1.1\ 200* ]]
        return
    fi
    {
        exec 8<>"/dev/tcp/127.0.0.1/$http_port" &&
            printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$http_port" >&8 &&
            read -r -t 5 status <&8
        exec 8>&-
    } 2>/dev/null
    [[ $status == HTTP/1.[01]\ 200* ]]
}
