#!/bin/bash
# check-package.sh: what is installed and packaged. Ends with "N passed, N failed".
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# expect WHAT COMMAND...: one test; what the command says is shown when it fails.
expect()
{
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok: $what"
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 40 "$work/said"
    fi
}

example_names_known_settings()
{
    local name
    build/manual | sed -n 's/^\*\([^*]*\)\* = .*/\1/p' | sed 's,\\,,g' >"$work/settings"
    [ -s "$work/settings" ] || return 1
    sed -n 's/^#\{0,1\}\([a-z_]\+\) = .*/\1/p' packaging/chapterd.conf | while read -r name; do
        grep -qx "$name" "$work/settings" || { echo "$name"; exit 1; }
    done
}

manual_has_every_command()
{
    local command
    build/chapterctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\+\( [a-z-]\+\)\?\).*/\1/p' >"$work/commands"
    [ -s "$work/commands" ] || return 1
    while read -r command; do
        grep -qx "## $command" build/man/chapterctl.1.scd || { echo "$command"; return 1; }
    done <"$work/commands"
}

pages_are_clean() { ! man --warnings -l "$1" 2>&1 >/dev/null | grep .; }

# Of daemon/base/version.h, of the package, and what the program says.
one_version()
{
    local package
    package=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
    grep -qx "#define VERSION \"${package%-*}\"" daemon/base/version.h &&
        [ "$(build/chapterd --version)" = "chapterd ${package%-*}" ]
}

installs() { make --no-print-directory install DESTDIR="$work/root" && find "$work/root" -type f | sort; }

installed() { test -s "$work/root/$1"; }

hardened()
{
    local exposure
    exposure=$(systemd-analyze security --offline=yes packaging/debian/chapterd.service |
        sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
    echo "exposure $exposure"
    [ -n "$exposure" ] && awk -v e="$exposure" 'BEGIN { exit !(e <= 1.5) }'
}

builds_package() { env -u MAKEFLAGS make --no-print-directory deb; }

# Not uploaded to Debian: there is no bug to close, and the maintainer's address is yet to be named.
package_is_clean()
{
    lintian --allow-root --fail-on error,warning \
        --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs \
        build/chapterd_*.deb
}

package_has()
{
    dpkg-deb -c build/chapterd_*.deb >"$work/contents"
    grep -q " \./$1$" "$work/contents"
}

expect 'make install' installs
for file in usr/sbin/chapterd usr/bin/chapterctl usr/lib/chapterd/chapterd-extract usr/lib/chapterd/chapterd-mime etc/chapterd/chapterd.conf \
    usr/share/man/man8/chapterd.8 usr/share/man/man7/chapterd-upload.7 usr/share/man/man5/chapterd.conf.5 usr/share/man/man1/chapterctl.1 \
    lib/systemd/system/chapterd.service lib/systemd/system/chapterd.socket \
    usr/lib/sysusers.d/chapterd.conf usr/lib/tmpfiles.d/chapterd.conf \
    usr/share/bash-completion/completions/chapterctl; do
    expect "installs $file" installed $file
done
expect 'make man' make --no-print-directory man build/manual
for page in chapterd-upload.7 chapterd.8 chapterd.conf.5 chapterctl.1; do
    expect "no warnings in $page" pages_are_clean build/man/$page
done
expect 'the example names settings that there are' example_names_known_settings
expect 'chapterctl(1) has every command' manual_has_every_command
expect 'the service is fenced in' hardened
expect 'program and package have one version' one_version
expect 'make deb' builds_package
expect 'lintian finds nothing' package_is_clean
for file in usr/sbin/chapterd lib/systemd/system/chapterd.service usr/lib/sysusers.d/chapterd.conf \
    etc/chapterd/chapterd.conf; do
    expect "the package has $file" package_has $file
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
