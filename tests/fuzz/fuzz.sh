#!/bin/sh
# fuzz.sh SECONDS TARGET...: runs build/fuzz/fuzz-TARGET for that long each, from its seeds
# and from what former runs found interesting. An input that breaks a target stays in .run/fuzz/.
# SEED: of the dice; without one or 0 they fall differently each time.
set -eu
seconds=$1
shift
passed=0
failed=0
began=$(date +%s)
for target; do
    corpus=.run/fuzz/$target
    mkdir -p "$corpus"
    if "build/fuzz/fuzz-$target" -seed="${SEED:-0}" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
        -max_len=16384 -artifact_prefix="$corpus-" -print_final_stats=1 "$corpus" \
        "tests/fuzz/seeds/$target" >"$corpus.log" 2>&1; then
        echo "fuzz $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") inputs"
        passed=$((passed + 1))
    else
        echo "fuzz $target FAILED:"
        tail -n 40 "$corpus.log"
        failed=$((failed + 1))
    fi
done
echo "fuzz: $passed passed, $failed failed, $(($(date +%s) - began)) seconds"
[ "$failed" -eq 0 ]
