#!/bin/sh
# upload.sh FILE URL: uploads a large file in pieces, and goes on after whatever broke it off; see chapterd-upload(7).
#
#   USERPASS='name:app password' upload.sh film.mp4 https://chapters.example.org/dav/files/jena/Filme/film.mp4
#
# Asked again after it was ended it goes on where it was: the address of the upload is kept in FILE.upload. PIECE is the
# size of a piece in MiB, TRIES how often in a row nothing may come of it before it gives up.
set -eu

[ $# = 2 ] || { sed -n 's/^# \{0,1\}//p' "$0" | sed 1q >&2; exit 2; }
file=$1 url=$2
piece=${PIECE:-32} tries=${TRIES:-20}
size=$(wc -c < "$file")
head=$(mktemp)
trap 'rm -f "$head"' EXIT

# ask METHOD URL ARGUMENTS...: leaves the head of the answer in $head, its status in $status. The password is not in the list of processes.
ask() {
    method=$1 where=$2
    shift 2
    if [ "$method" = HEAD ]; then set -- "$@" --head; else set -- "$@" --request "$method"; fi
    status=$(printf 'user = "%s"\n' "$USERPASS" |
        curl --silent --config - --dump-header "$head" --output /dev/null --write-out '%{http_code}' \
             --header 'Tus-Resumable: 1.0.0' "$@" "$where") || status=000
}

header() {
    sed -n "s/^$1: *//Ip" "$head" | tr -d '\r' | tail -n 1
}

server=$(printf '%s' "$url" | sed 's|^\([a-z]*://[^/]*\).*|\1|')
[ -f "$file.upload" ] || {
    ask POST "$url" --header "Upload-Length: $size" --data-binary ''
    [ "$status" = 201 ] || { echo "cannot begin: $status" >&2; exit 1; }
    header Location > "$file.upload"
}
upload=$server$(cat "$file.upload")

failed=0
while [ "$failed" -lt "$tries" ]; do
    ask HEAD "$upload"
    case $status in
    200) ;;
    404) rm -f "$file.upload"; echo "the upload has expired; please begin again" >&2; exit 1 ;;
    *) failed=$((failed + 1)); sleep "$failed"; continue ;;
    esac
    offset=$(header Upload-Offset)
    while :; do
        tail -c "+$((offset + 1))" "$file" | head -c "$((piece * 1048576))" > "$head.piece"
        ask PATCH "$upload" --header "Upload-Offset: $offset" --header 'Content-Type: application/offset+octet-stream' \
            --header 'Expect:' --data-binary "@$head.piece"
        rm -f "$head.piece"
        case $status in
        204) failed=0 ;;
        000 | 409 | 429 | 5*) failed=$((failed + 1)); sleep "$failed"; break ;;
        *) echo "refused: $status" >&2; exit 1 ;;
        esac
        offset=$(header Upload-Offset)
        [ "$offset" -lt "$size" ] || { rm -f "$file.upload"; echo "done: $size bytes"; exit 0; }
    done
done
echo "gave up after $tries attempts; run it again to go on" >&2
exit 1
