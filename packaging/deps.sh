#!/bin/bash
# deps.sh LIST...: installs what packaging/deps/LIST.list names and this machine lacks; asks the
# package manager nothing when all is there. With sudo when not root. A line of a list is a package,
# and a file by which it is known where another package may have brought it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
missing=()
mapfile -t wanted < <(for list in "$@"; do sed '/^#/d; /^$/d' "$here/deps/$list.list"; done)

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]%% *}" 2>/dev/null || true)
for line in "${wanted[@]}"; do
    read -r package file <<<"$line"
    if [ -n "$file" ] && [ -e "$file" ]; then continue; fi
    grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done

root() { "$@"; }
if [ "$(id -u)" != 0 ]; then
    root() { sudo "$@"; }
    if [ ${#missing[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
        echo "missing: ${missing[*]}" >&2
        echo "install them as root, or install sudo" >&2
        exit 69
    fi
fi

install_missing()
{
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q
        --no-install-recommends --no-remove -o Dpkg::Use-Pty=0)
    local drop_in=/etc/postgresql-common/createcluster.d/chapterd-deps.conf

    echo "installs from Debian: ${missing[*]}"
    root apt-get update -q
    # The stack starts servers of its own. Those of the machine, which the packages would set up and
    # start when they are installed for the first time, nobody asked for.
    case " ${missing[*]} " in
    *" slapd "*) root debconf-set-selections <<<"slapd slapd/no_configuration boolean true" ;;
    esac
    case " ${missing[*]} " in
    *" postgresql "*)
        root mkdir -p "${drop_in%/*}"
        root tee "$drop_in" >/dev/null <<<"create_main_cluster = false"
        # shellcheck disable=SC2064 # as it is now
        trap "root rm -f '$drop_in'" EXIT
        ;;
    esac
    root "${install[@]}" "${missing[@]}"
    local package server
    for package in "${missing[@]}"; do
        case $package in
        nginx-light) server=nginx ;;
        exim4-daemon-light) server=exim4 ;;
        cyrus-caldav) server=cyrus-imapd ;;
        php-fpm) server=$(basename /etc/init.d/php*-fpm) ;;
        haproxy | caddy | memcached | radicale | sogo | swift-proxy | swift-account | swift-container | swift-object) server=$package ;;
        *) continue ;;
        esac
        root invoke-rc.d "$server" stop || true
        # Caddy has no init script, and a machine without systemd no systemctl.
        if command -v systemctl >/dev/null; then
            root systemctl disable -q "$server.service"
        else
            root update-rc.d "$server" disable
        fi
    done
}

if [ ${#missing[@]} -gt 0 ]; then install_missing; fi

# The browser tests take two packages of npm's beside Debian's Chromium.
case " $* " in
*" check "*)
    browser=$here/../tests/browser
    if [ -e "$browser/package-lock.json" ] &&
        [ "$browser/node_modules/.package-lock.json" -ot "$browser/package-lock.json" ]; then
        (cd "$browser" && npm ci --no-audit --no-fund --loglevel=error)
    fi
    ;;
esac
