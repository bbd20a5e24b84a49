#!/bin/sh
# embed.sh SYMBOL FILE...: assembler text for a table of struct embedded with these files' bytes.
set -eu
symbol=$1
shift
i=0
for file; do
    printf '.section .rodata\nname_%s_%d: .asciz "%s"\nbytes_%s_%d: .incbin "%s"\nend_%s_%d: .byte 0\n' \
        "$symbol" $i "$(basename "$file")" "$symbol" $i "$file" "$symbol" $i
    i=$((i + 1))
done
printf '.section .data.rel.ro,"aw"\n.balign 8\n.globl %s\n%s:\n' "$symbol" "$symbol"
n=$i
i=0
while [ $i -lt $n ]; do
    printf '.quad name_%s_%d, bytes_%s_%d, end_%s_%d - bytes_%s_%d\n' \
        "$symbol" $i "$symbol" $i "$symbol" $i "$symbol" $i
    i=$((i + 1))
done
printf '.quad 0, 0, 0\n.section .note.GNU-stack,"",@progbits\n'
