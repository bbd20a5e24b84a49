#!/bin/bash
# fresh.sh [root] [user]: "make check-fresh". Makes a bare Debian 12 in a folder, copies what is
# committed into it and types the README's commands there, once as root and once as a user with sudo.
# Ends with "N passed, N failed".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
if [ "$(id -u)" != 0 ]; then exec sudo "$0" "$@"; fi
if [ $# = 0 ]; then set -- root user; fi

work=$(mktemp -d /var/tmp/chapterd-fresh-XXXXXX)
chmod 0755 "$work"
trap 'rm -rf --one-file-system "$work"' EXIT

# Where this machine gets Debian 12 from; other archives are none of a fresh machine's.
sources()
{
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -e "$file" ] || grep -E '^deb .*[[:blank:]]bookworm(-updates|-security)?[[:blank:]]' "$file" || true
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || awk -v RS= '
            /(^|\n)Types:[^\n]*deb/ && !/(^|\n)Enabled: *no/ {
                n = split($0, line, "\n"); uris = suites = components = ""
                for (i = 1; i <= n; i++) {
                    if (line[i] ~ /^URIs:/) uris = substr(line[i], 6)
                    if (line[i] ~ /^Suites:/) suites = substr(line[i], 8)
                    if (line[i] ~ /^Components:/) components = substr(line[i], 12)
                }
                nu = split(uris, u, " "); ns = split(suites, s, " ")
                for (i = 1; i <= nu; i++)
                    for (k = 1; k <= ns; k++)
                        if (s[k] ~ /^bookworm(-updates|-security)?$/) print "deb " u[i] " " s[k] " " components
            }' "$file"
    done | sort -u
}

make_debian()
{
    sources >"$work/sources.list"
    [ -s "$work/sources.list" ] || { echo "fresh.sh: found no source of Debian 12 in /etc/apt" >&2; exit 1; }
    # How this machine reaches it: proxies and the like.
    grep -lsr '^Acquire' /etc/apt/apt.conf.d | xargs -r cat >"$work/apt.conf" || true
    mmdebstrap --quiet --variant=minbase --include=git,make,sudo,ca-certificates \
        --aptopt="$work/apt.conf" bookworm "$work/debian" "$work/sources.list"
    cp "$work/apt.conf" "$work/debian/etc/apt/apt.conf.d/99machine"
    cp /etc/resolv.conf /etc/hosts "$work/debian/etc/"
    # Packages must not start servers: the ports are those of this machine.
    printf '#!/bin/sh\nexit 101\n' >"$work/debian/usr/sbin/policy-rc.d"
    chmod 0755 "$work/debian/usr/sbin/policy-rc.d"
    # Whom this machine trusts besides Debian's list.
    if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
        cp /usr/local/share/ca-certificates/*.crt "$work/debian/usr/local/share/ca-certificates/"
        chroot "$work/debian" update-ca-certificates >/dev/null 2>&1
    fi
    git clone -q --bare "$root" "$work/debian/srv/chapterd.git"
    cp "$root/packaging/fresh-inside.sh" "$work/debian/srv/"
}

# In namespaces of its own, so that nothing that was started there outlives it.
inside()
{
    local tree=$work/$1 code=0
    cp -a "$work/debian" "$tree"
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount --pid --fork --ipc --kill-child sh -euc '
        # A root that is a mount of its own: the tests make namespaces in it.
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount -t tmpfs tmpfs "$1/tmp"
        exec chroot "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
            NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
            npm_config_registry="$3" /srv/fresh-inside.sh "$2"
    ' sh "$tree" "$1" "$(npm config get registry 2>/dev/null || echo)" || code=$?
    rm -rf --one-file-system "$tree"
    return $code
}

echo "makes a Debian 12 in $work"
make_debian
passed=0 failed=0
for who in "$@"; do
    if inside "$who"; then
        echo "fresh as $who: passed"
        passed=$((passed + 1))
    else
        echo "fresh as $who: failed"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
