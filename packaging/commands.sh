#!/bin/sh
# commands.sh CHAPTERCTL: the commands part of chapterctl(1), in scdoc, from what --help says of each.
set -eu

"$1" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\+\( [a-z-]\+\)\?\).*/\1/p' | while read -r command; do
    printf '## %s\n\n```\n' "$command"
    # shellcheck disable=SC2086 # two words
    "$1" $command --help
    printf '```\n\n'
done
