#!/bin/bash
# run.sh [PORT [TLS]]: "make run", "make run TLS=1". The whole house in the foreground until Ctrl-C; the data stays in .run/.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
stack=("$root/packaging/stack" --dir "$root/.run" --build "$root/build")

# shellcheck disable=SC2317 # the trap calls it
finish()
{
    trap '' INT TERM HUP
    trap - EXIT
    echo
    echo "stops; the data stays in $root/.run"
    "${stack[@]}" down
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

port=${1:-} tls=()
if [ -n "${2:-}" ]; then tls=(--tls); fi
"${stack[@]}" up --port "${port:-8080}" "${tls[@]}"

# shellcheck source=/dev/null
. "$root/.run/stack.env"
cat <<TEXT

  Pages        $CHAPTERD_URL/
  Documents    $CHAPTERD_URL/dav/files/   (WebDAV)

  Sign in as   land-admin                          state admin
               land-chair, land-board, land-member
               jena-chair, jena-board, jena-member the same for erfurt, weimar, jena-nord, bildung
               guest                               belongs to no chapter
  Password     demo

  chapterctl   CHAPTERD_CONF=$CHAPTERD_CONF build/chapterctl --help
  Log          $CHAPTERD_LOG

  Ctrl-C stops it all; the data stays for the next time.
TEXT

if [ -n "$CHAPTERD_CA_FILE" ]; then
    cat <<TEXT

  So that programs believe this certificate, give them the authority
  $CHAPTERD_CA_FILE
    Firefox   Settings, Privacy & Security, View Certificates, Authorities, Import: for websites
    Chromium  Settings, Privacy and security, Security, Manage certificates, Authorities, Import
    Windows   copy it as ca.crt, open it, Install Certificate, Local Machine, "Trusted Root
              Certification Authorities"
    macOS     sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain FILE
    Android   Settings, Security, Encryption & credentials, Install a certificate, CA certificate;
              adb reverse tcp:PORT tcp:PORT brings the telephone here
    iOS       send it to the device and install the profile, then Settings, General, About,
              Certificate Trust Settings: turn it on
    davfs2    trust_ca_cert FILE in /etc/davfs2/davfs2.conf
    curl      --cacert FILE; rclone: --ca-cert FILE
  It can speak for this machine alone. Take it away again when you are done.
TEXT
fi

# Somebody should see it when a part dies.
while "${stack[@]}" status >/dev/null; do
    for _ in 1 2 3 4; do sleep 0.5; done
done
echo "a part has stopped by itself:" >&2
"${stack[@]}" status >&2 || true
tail -n 20 "$CHAPTERD_LOG" >&2
exit 1
