#!/bin/bash
# run.sh [PORT]: "make run". The whole house in the foreground until Ctrl-C; the data stays in .run/.
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

"${stack[@]}" up --port "${1:-8080}"

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

# Somebody should see it when a part dies.
while "${stack[@]}" status >/dev/null; do
    for _ in 1 2 3 4; do sleep 0.5; done
done
echo "a part has stopped by itself:" >&2
"${stack[@]}" status >&2 || true
tail -n 20 "$CHAPTERD_LOG" >&2
exit 1
