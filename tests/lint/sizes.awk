# sizes.awk: a file has at most 600 lines, a function at most 80.
#   awk -f tests/lint/sizes.awk FILE...
# A function begins with "{" and ends with "}" in the first column: our format
# has it so. Its name stands in the lines above.

FNR == 1 { finish(); start = 0 }

{ last = FNR; file = FILENAME }

/^[a-z_]+\(|^[a-z].*[ *][a-z_0-9]+\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{$/ { start = FNR }
/^\}/ {
    if (start > 0 && FNR - start + 1 > 80) {
        printf "%s:%d: %s() has %d lines, more than 80\n", FILENAME, start, name, FNR - start + 1
        bad = 1
    }
    start = 0
}

function finish() {
    if (last > 600) {
        printf "%s: has %d lines, more than 600\n", file, last
        bad = 1
    }
}

END { finish(); exit bad }
