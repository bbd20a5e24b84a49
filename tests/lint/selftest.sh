#!/bin/sh
# selftest.sh: each rule of lint.sh finds a planted offence, and leaves alone what only looks like one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tree=$folder/tree
: >"$folder/passed"
: >"$folder/failed"

pass() {
    echo >>"$folder/passed"
}

fail() {
    echo "selftest: $1"
    echo >>"$folder/failed"
}

# offence|fine RULE PATH WHY: plants standard input as PATH in an empty tree, and runs the rule.
offence() {
    plant "$2"
    if "$here/lint.sh" -C "$tree" "$1" >"$folder/out" 2>&1; then
        fail "$1 does not find the offence in $2 ($3)"
    elif grep -q "^$2:" "$folder/out" || grep -q "In $2 line" "$folder/out"; then
        pass
    else
        fail "$1 does not name $2 ($3): $(cat "$folder/out")"
    fi
}

fine() {
    plant "$2"
    if "$here/lint.sh" -C "$tree" "$1" >"$folder/out" 2>&1; then
        pass
    else
        fail "$1 complains about $2 ($3): $(cat "$folder/out")"
    fi
}

plant() {
    rm -rf "$tree"
    mkdir -p "$tree/$(dirname "$1")"
    cat >"$tree/$1"
}

lines() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "    x();" }'
}

# ---------------------------------------------------------------- layers
include() {
    echo "#include \"$1\""
}
include http/route.h | offence layers daemon/db/x.c "upward"
include webdav/dav.h | offence layers daemon/auth/x.c "upward"
include html/out.h | offence layers daemon/base/x.c "upward"
include q/node.h | offence layers daemon/base/x.c "base knows no database"
include modules/wiki/wiki.h | offence layers modules/calendar/x.c "module to module"
include modules/module.h | offence layers webdav/x.c "upward"
include auth/access.h | offence layers daemon/jobs/x.c "upward"
include jobs/jobs.h | offence layers daemon/http/x.c "upward"
include check.h | offence layers daemon/base/x.c "no layer"
include daemon/base/arena.h | fine layers tests/unit/x_test.c "tests know all"
{ include base/arena.h; include q/node.h; include db/db.h; } | fine layers daemon/db/x.c "downward"
{ include webdav/dav.h; include modules/module.h; include modules/wiki/wiki.h; } |
    fine layers modules/wiki/x.c "own folder and downward"
{ include modules/module.h; include http/app.h; } | fine layers daemon/main.c "main knows all"
{ include modules/module.h; include auth/access.h; } | fine layers daemon/ctl/x.c "ctl knows all"

# ---------------------------------------------------------------- sizes
{ printf 'static void\nlong_one(void)\n{\n'; lines 79; echo '}'; } | offence sizes daemon/http/x.c "81 lines"
{ printf 'static void\nlong_one(void)\n{\n'; lines 78; echo '}'; } | fine sizes daemon/http/x.c "80 lines"
lines 601 | offence sizes webdav/x.c "601 lines"
lines 600 | fine sizes webdav/x.c "600 lines"

# ---------------------------------------------------------------- words
while IFS='|' read -r verdict path text; do
    printf '%s\n' "$text" | "$verdict" words "$path" "$text"
done <<'CASES'
offence|daemon/http/x.c|    strcpy(a, b);
offence|daemon/http/x.c|    n += sprintf(a, "%d", b);
offence|daemon/http/x.c|    p = strtok (a, ",");
offence|daemon/http/x.c|    t = gmtime(&now);
offence|daemon/http/x.c|    if (localtime(&now))
offence|daemon/http/x.c|    n = atoi(s);
offence|daemon/http/x.c|    system("ls");
offence|daemon/http/x.c|    f = popen("ls", "r");
offence|daemon/http/x.c|    n = rand();
offence|daemon/http/x.c|    p = alloca(n);
offence|daemon/http/x.c|    pid = fork();
offence|daemon/auth/x.c|    execve(a, b, c);
offence|daemon/auth/x.c|    s = getenv("HOME");
offence|webdav/put.c|    p = malloc(n);
offence|modules/wiki/x.c|    free(p);
offence|modules/wiki/x.c|/* a comment */ free(p); /* another */
fine|daemon/jobs/x.c|    pid = fork();
fine|modules/wiki/x.c|    arena_free(p); d->free(p); x.system(p); /* free(p) and system(s) */ // rand()
fine|modules/wiki/x.c|    LOG(LOG_INFO_, "system(x) \" rand()");
fine|daemon/http/x.c|    snprintf(a, sizeof a, "%d", b); vsnprintf(a, n, f, ap); my_strcpy(a);
offence|daemon/http/x.c|#include <libpq-fe.h>
offence|daemon/db/x.c|#include <microhttpd.h>
offence|daemon/auth/login.c|#include <ldap.h>
offence|webdav/xml_out.c|#include <libxml/tree.h>
offence|daemon/auth/x.c|#include <gnutls/crypto.h>
offence|daemon/auth/x.c|#include <sodium.h>
offence|daemon/base/token.c|#include <nettle/sha2.h>
offence|webdav/x.c|#include <uninorm.h>
offence|webdav/x.c|#  include <jansson.h>
offence|daemon/http/x.c|#include <seccomp.h>
offence|modules/documents/x.c|#include <archive.h>
fine|modules/documents/zip.c|#include <archive_entry.h>
offence|modules/documents/x.c|#include <cmark.h>
fine|daemon/jobs/helper_markdown.c|#include <cmark.h>
offence|daemon/blob/x.c|#include <curl/curl.h>
fine|daemon/net/x.c|#include <curl/curl.h>
fine|daemon/auth/ldap.c|#include <ldap.h>
fine|webdav/xml_in.c|#include <libxml/parser.h>
fine|daemon/base/token.c|#include <sodium.h>
fine|daemon/base/hash.c|#include <nettle/sha2.h>
offence|webdav/xml_in.c|    options = XML_PARSE_NONET \| XML_PARSE_HUGE;
offence|webdav/xml_in.c|    xmlCtxtUseOptions(ctxt, XML_PARSE_NOENT);
offence|webdav/xml_in.c|    options = XML_PARSE_DTDLOAD;
offence|webdav/xml_in.c|    options = XML_PARSE_XINCLUDE;
offence|webdav/xml_in.c|    xmlXPathEval(a, b);
fine|webdav/xml_in.c|    options = XML_PARSE_NONET \| XML_PARSE_NO_XXE; /* never XML_PARSE_HUGE */
offence|webdav/x.c|    "select id from chapterd.node where id = $1"
offence|webdav/x.c|    "SELECT chapterd.scope()"
offence|webdav/x.c|    "INSERT INTO node VALUES (1)"
offence|modules/wiki/x.c|    "update dav_node set name = $1"
offence|modules/wiki/x.c|    "DELETE FROM dav_node"
offence|daemon/http/x.c|    run("COMMIT");
offence|daemon/http/x.c|    run("DROP TABLE node");
offence|daemon/db/x.c|    arena_printf(a, "SELECT * FROM %s", name);
fine|daemon/db/tx.c|    send("BEGIN ISOLATION LEVEL READ COMMITTED");
fine|webdav/x.c|    tr(l, "Please select a file from your disk."); tr(l, "Update the page, then set a name.");
fine|webdav/x.c|    /* "select id from node" */
offence|modules/wiki/x.c|    out_raw(o, "<div class=\"x\">", 15);
fine|webdav/x.c|    "<D:href>" "<DAV:> <x>"
CASES

# ---------------------------------------------------------------- headers, shell, leftovers
echo 'size_t x(void);' | offence headers daemon/base/x.h "needs stddef.h"
printf '#include <stddef.h>\nsize_t x(void);\n' | fine headers daemon/base/x.h "complete"
# shellcheck disable=SC2016 # these are the offences
printf '#!/bin/sh\nrm $1\n' | offence shell packaging/x "unquoted, without .sh"
# shellcheck disable=SC2016
printf '#!/bin/sh\nrm "$1"\n' | fine shell packaging/x "quoted"
word=$(printf 'TO%s' DO)
echo "/* $word: later */" | offence leftovers daemon/base/x.c "left for later"
echo "// FIX""ME" | offence leftovers modules/wiki/x.c "left for later"
echo "-- $word" | offence leftovers sql/queries/x.sql "left for later"
echo "path = /ho""me/anna/x" | offence leftovers tests/http/x.py "a path of one machine"
echo 'char name[] = "x-XXXXXX"; int TODOS;' | fine leftovers daemon/base/x.c "looks like it"

# ---------------------------------------------------------------- globals
# globals offence|fine WHY: compiles standard input into a library, and runs the rule.
globals() {
    cat >"$folder/x.c"
    "${CC:-cc}" -c -o "$folder/x.o" "$folder/x.c"
    rm -f "$folder/x.a"
    ar rc "$folder/x.a" "$folder/x.o"
    if LINT_LIBRARY=$folder/x.a "$here/lint.sh" globals >"$folder/out" 2>&1; then
        got=fine
    else
        got=offence
    fi
    if [ $got = "$1" ]; then pass; else fail "globals calls it $got ($2)"; fi
}
echo 'static int n; int f(void); int f(void) { return ++n; }' | globals offence "static number"
echo 'int n = 5;' | globals offence "global number"
echo 'int f(void); int f(void) { static const char *last; last = last ? 0 : "x"; return last != 0; }' |
    globals offence "static in a function"
echo 'static const char *const names[] = { "a", "b" }; const char *f(int i); const char *f(int i) { return names[i]; }' |
    globals fine "constant table"
echo 'static _Thread_local int n; int f(void); int f(void) { return ++n; }' | globals fine "one thread alone"

# ---------------------------------------------------------------- twins
# twins offence|fine WHY FIRST SECOND: compiles two files into a library, and runs the rule.
twins() {
    rm -f "$folder/x.a"
    for part in 1 2; do
        [ $part = 1 ] && text=$3 || text=$4
        echo "$text" | "${CC:-cc}" -c -x c -o "$folder/part$part.o" -
        ar rc "$folder/x.a" "$folder/part$part.o"
    done
    if LINT_LIBRARY=$folder/x.a "$here/lint.sh" twins >"$folder/out" 2>&1; then got=fine; else got=offence; fi
    if [ $got = "$1" ]; then pass; else fail "twins calls it $got ($2)"; fi
}
twins offence "the same function" 'int f(void) { return 1; }' 'int f(void) { return 2; }'
twins offence "the same table" 'const int t[] = { 1 };' 'const int t[] = { 2 };'
twins fine "static in both" 'static int f(void) { return 1; } int g(void) { return f(); }' \
    'static int f(void) { return 2; } int h(void) { return f(); }'

failed=$(wc -l <"$folder/failed")
echo "lint selftest: $(wc -l <"$folder/passed") passed, $failed failed"
[ "$failed" -eq 0 ]
