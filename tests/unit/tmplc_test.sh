#!/bin/sh
# tmplc_test.sh TMPLC: good pages become C that compiles and writes what it should; bad ones are refused.
set -eu
tmplc=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

pass() {
    passed=$((passed + 1))
}

fail() {
    echo "tmplc_test: $1"
    failed=$((failed + 1))
}

# refused TEXT SAYS: a page around TEXT is refused with a message that has the line and SAYS.
refused() {
    printf '%%page p(const char *v)\n%s\n%%end\n' "$1" >"$folder/p.html"
    if "$tmplc" "$folder/p.html" >/dev/null 2>"$folder/said"; then
        fail "takes: $1"
    elif grep -q "p.html:[0-9]*: .*$2" "$folder/said"; then
        pass
    else
        fail "of $1 it says: $(cat "$folder/said")"
    fi
}

refused '<a href={{v}}>' 'only in text or in a quoted attribute'
refused '<a {{v}}>' 'only in text'
refused '<{{v}}>' 'only in text'
refused '<a href="x" {{v}}="y">' 'only in text'
refused '<script>{{v}}</script>' 'only in text'
refused '<STYLE>{{v}}</STYLE>' 'only in text'
refused '<!-- {{v}} -->' 'only in text'
refused '<p onclick="f({{v}})">' 'handler'
refused '<p OnMouseOver="{{v}}">' 'handler'
refused '<p style="width:{{v}}">' 'handler'
refused '<iframe srcdoc="{{v}}">' 'handler'
refused '<img srcset="{{v}}">' 'handler'
refused "<a href='{{v}}'>" 'double quotes'
refused '<a href="javascript:f({{v}})">' 'address that is run'
refused '<a href=" JavaScript:{{v}}">' 'address that is run'
refused '<a href="data:text/html,{{v}}">' 'address that is run'
refused '{{v' '{{ without }}'
refused '<a
% if (v)
href="x">' 'between tags only'
refused '<a href="x' 'between tags only'
refused '%page q()' 'has no %end'

# refused_whole TEXT SAYS: the same for a whole file.
refused_whole() {
    printf '%s\n' "$1" >"$folder/p.html"
    if "$tmplc" "$folder/p.html" >/dev/null 2>"$folder/said"; then
        fail "takes: $1"
    elif grep -q "$2" "$folder/said"; then
        pass
    else
        fail "of $1 it says: $(cat "$folder/said")"
    fi
}

refused_whole 'text' 'outside of %page'
refused_whole '%page p(void' 'write %page name(args)'
refused_whole '%page p()' 'the last page has no %end'
refused_whole '%end' '%end without %page'

# ---------------------------------------------------------------- a page that is good

cat >"$folder/good.html" <<'PAGE'
% #include "good.h"
%page static row(const char *name, int size)
<li title="{{name}}">{{name}}: {{size}}</li>
%end

%page good(const char *text, struct html markup, const char *url)
<!doctype html>
<p class="a b" data-x='??='>"{{text}}" \ ??/ % {{markup}}</p>
PAGE
# Single quotes are refused, so that line is written again without them.
sed -i "s/ data-x='??='//" "$folder/good.html"
cat >>"$folder/good.html" <<'PAGE'
% for (int i = 0; i < 2; i++) {
% row(o, text, i);
% }
<a href="{{url}}">x</a> <a href="/x?next={{url}}&amp;y">x</a> <a href="{{text}}">x</a>
<script src="/s.js"></script>
<span>{{text}}</span>
%end
PAGE
cat >"$folder/good.h" <<'C'
#include "html/out.h"
void good(struct out *, const char *, struct html, const char *);
C
cat >"$folder/main.c" <<'C'
#include <stdio.h>
#include "base/arena.h"
#include "good.h"
int main(void)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, 10000);
    good(o, "<x:\"y'&>", (struct html){ "<b>m</b>", 8 }, "/a?b=1&c");
    fputs(out_memory(o), stdout);
    arena_free(a);
}
C
cat >"$folder/want" <<'HTML'
<!doctype html>
<p class="a b">"&lt;x:&quot;y&#39;&amp;&gt;" \ ??/ % <b>m</b></p>
<li title="&lt;x:&quot;y&#39;&amp;&gt;">&lt;x:&quot;y&#39;&amp;&gt;: 0</li>
<li title="&lt;x:&quot;y&#39;&amp;&gt;">&lt;x:&quot;y&#39;&amp;&gt;: 1</li>
<a href="/a?b=1&amp;c">x</a> <a href="/x?next=%2Fa%3Fb%3D1%26c&amp;y">x</a> <a href="#">x</a>
<script src="/s.js"></script>
<span>&lt;x:&quot;y&#39;&amp;&gt;</span>
HTML

printf 'Hallo <<x  Bcc: y &> & "2",\n\na="<x  Bcc: y &\n' >"$folder/mail_want"

compile() {
    "${CC:-cc}" -std=gnu17 -Wall -Wextra -Wmissing-prototypes -Werror -D_GNU_SOURCE \
        -I"$root/daemon" -I"$folder" "$@"
}

"$tmplc" "$folder/good.html" >"$folder/good.c"
compile -o "$folder/good" "$folder/main.c" "$folder/good.c" "$root/daemon/html/out.c" \
    "$root/daemon/base/arena.c" "$root/daemon/base/macros.c"
if "$folder/good" | diff "$folder/want" -; then pass; else fail "the good page is written otherwise"; fi

# The type decides: no markup in an attribute, no prototype no page, none that differs.
not_compiled() {
    printf '%s\n' "$1" >"$folder/p.html"
    "$tmplc" "$folder/p.html" >"$folder/p.c"
    if compile -fsyntax-only "$folder/p.c" 2>"$folder/said"; then fail "compiles: $1"; else pass; fi
    grep -q 'p.html:[0-9]' "$folder/said" || fail "the compiler does not name the page for $1"
}
not_compiled '%page static p(struct html m)
<p title="{{m}}">
%end'
not_compiled '%page static p(void *v)
{{v}}
%end'
not_compiled '%page p()
%end'
not_compiled '% #include "good.h"
%page good(int n)
{{n}}
%end'

# A text is written as it is: nothing in it is markup, and a value stays on its line.
cat >"$folder/mail.txt" <<'TEXT'
% #include "good.h"
%page mail(const char *s, int n)
Hallo <{{s}}> & "{{n}}",

% if (n > 0) {
a="{{s}}
% }
%end
TEXT
"$tmplc" "$folder/mail.txt" >"$folder/mail.c"
cat >"$folder/mail_main.c" <<'C'
#include "base/arena.h"
#include "good.h"
#include <stdio.h>
int
main(void)
{
    struct arena *arena = arena_new();
    struct out *o = out_new(arena, 1000);
    mail(o, "<x\r\nBcc: y\x7f&", 2);
    fwrite(out_memory(o), 1, (size_t)out_length(o), stdout);
    arena_free(arena);
}
C
echo 'void mail(struct out *, const char *s, int n);' >>"$folder/good.h"
compile -o "$folder/mail" "$folder/mail_main.c" "$folder/mail.c" "$root/daemon/html/out.c" \
    "$root/daemon/base/arena.c" "$root/daemon/base/macros.c"
if "$folder/mail" | diff - "$folder/mail_want"; then pass; else fail "a text is written otherwise"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
