#!/bin/sh
# lint.sh [-C FOLDER] [RULE...]: the rules of daemon/README.md that a machine can check.
# Prints "file:line: what is wrong"; the status is 1 when there was any.
# The compiler's flags for the rule "headers" come in $LINT_CFLAGS, the
# library for the rules "globals" and "twins" in $LINT_LIBRARY.
# shellcheck disable=SC2317 # rules are called by their names
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if [ "${1-}" = -C ]; then
    cd "$2"
    shift 2
else
    cd "$here/../.."
fi

# Files of ours with one of these endings, as paths from the root.
files() {
    for ending; do
        find daemon webdav modules sql packaging tests .ci ./*.* -name node_modules -prune -o \
            -name "*$ending" -type f -print 2>/dev/null || true
    done | sed 's|^\./||' | sort -u
}

scripts() {
    find . \( -name build -o -name .git -o -name .run -o -name node_modules \) -prune -o -type f -print |
        while read -r f; do
            case $f in
            *.c | *.h | *.sql | *.html | *.md | *.png) continue ;;
            esac
            case $(head -c 11 "$f" | tr -d '\0') in '#!/bin/sh'* | '#!/bin/bash') echo "${f#./}" ;; esac
        done | sort
}

lint_layers() {
    files .c .h | xargs awk -f "$here/layers.awk"
}

lint_sizes() {
    files .c .h .awk .py .sh | xargs awk -f "$here/sizes.awk"
}

lint_words() {
    files .c .h | xargs awk -f "$here/words.awk"
}

lint_headers() {
    status=0
    for f in $(files .h); do
        # shellcheck disable=SC2086 # several flags
        printf '#include "%s"\n' "$f" |
            ${CC:-cc} -std=gnu17 -fsyntax-only -I. -Idaemon ${LINT_CFLAGS-} -x c - ||
            { echo "$f:1: does not compile alone"; status=1; }
    done
    return "$status"
}

lint_shell() {
    command -v shellcheck >/dev/null || { echo "shellcheck is missing: make deps" >&2; return 1; }
    scripts | xargs -r shellcheck -x
}

# Work left for later belongs into an issue; paths and hosts of one machine nowhere.
lint_leftovers() {
    # shellcheck disable=SC2046
    set -- $(files .c .h .sql .awk .sh .py .mk .html .md .css .js; scripts)
    ! grep -nE '(^|[^A-Za-z_])(TODO|FIXME|XXX)([^A-Za-z_X]|$)|/home/[a-z]+/' "$@" /dev/null |
        grep -v '^tests/lint/'
}

# Nothing that can be written to outlives a request, except what globals.txt names.
lint_globals() {
    [ -n "${LINT_LIBRARY-}" ] || return 0
    objdump -t "$LINT_LIBRARY" | awk -v allowed="$here/globals.txt" '
        BEGIN { while ((getline line < allowed) > 0) { split(line, word, " "); ok[word[1]] = 1 } }
        /^[^ ]+\.o:/ { object = $1; sub(/\.o:$/, "", object) }
        $3 == "O" && $4 ~ /^\.(data|bss)$/ || $4 == "O" && $5 ~ /^\.(data|bss)$/ {
            name = object ":" $NF
            sub(/\.[0-9]+$/, "", name)
            if (name !~ /:__odr_asan/ && !(name in ok)) { printf "%s: can be written to; see tests/lint/globals.txt\n", name; bad = 1 }
        }
        END { exit bad }'
}

# A function of one name in two files: the linker takes whichever comes first out of a library.
lint_twins() {
    [ -n "${LINT_LIBRARY-}" ] || return 0
    nm -A --defined-only -g "$LINT_LIBRARY" | awk '
        { object = $1; sub(/:[0-9a-f]*$/, "", object); sub(/.*:/, "", object) }
        $(NF - 1) ~ /^[TDRB]$/ && ($NF in at) { # two files of a name in two folders are two
            printf "%s: is both in %s and in %s\n", $NF, at[$NF], object
            bad = 1
        }
        $(NF - 1) ~ /^[TDRB]$/ { at[$NF] = object }
        END { exit bad }'
}

# Debian has one awk or another; ours are to make the same of each query.
lint_awk() {
    status=0
    for f in $(files .sql | grep '^sql/queries/'); do
        [ "$(mawk -f "$here/../../sql/queries.awk" -v part=c "$f" | cksum)" = \
            "$(gawk -f "$here/../../sql/queries.awk" -v part=c "$f" | cksum)" ] ||
            { echo "$f:1: mawk and gawk make different programs of it"; status=1; }
    done
    return "$status"
}

[ $# -gt 0 ] || set -- layers sizes words headers shell leftovers globals twins awk
bad=0
for rule; do
    "lint_$rule" || { echo "lint: $rule failed" >&2; bad=1; }
done
exit $bad
