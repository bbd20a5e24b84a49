# words.awk: functions that nobody calls, libraries that stay behind their
# fence, parts of libxml2 that are off, SQL and HTML that stand elsewhere.
#   awk -f tests/lint/words.awk FILE...

BEGIN {
    # function, where it may be called all the same, what to use
    ban("strcpy stpcpy strcat strncpy strncat sprintf vsprintf gets", "^tests/", "arena_printf, buf_*, snprintf")
    ban("strtok", "^tests/", "text_split")
    ban("gmtime localtime ctime asctime strftime localtime_r tzset setlocale", "^daemon/ctl/main\\.c", "time_http, time_people")
    ban("atoi atol atoll atof sscanf scanf", "^tests/", "text_to_int")
    ban("system popen execl execlp execle execv execve execvp fork vfork posix_spawn", "^daemon/jobs/|^daemon/db/tool\\.c|^tests/", "jobs/helpers.h, db/tool.h")
    ban("rand srand random srandom drand48 rand_r", "", "random_bytes")
    ban("alloca tmpnam tempnam mktemp setjmp longjmp", "", "the arena, O_TMPFILE, fallible")
    ban("getenv secure_getenv", "^daemon/main\\.c|^daemon/ctl/|^daemon/html/out\\.c|^daemon/base/macros\\.c|^tests/", "struct config")
    ban("setenv putenv unsetenv chdir umask", "^daemon/main\\.c|^daemon/auth/ldap\\.c|^daemon/db/tool\\.c|^daemon/ctl/|^daemon/jobs/|^tests/", "main.c")
    ban("malloc calloc realloc free strdup strndup asprintf vasprintf", "^daemon/|^webdav/(xml_[a-z]+|quota)\\.c|^modules/calendars/schedule/deliver_thread\\.c|^tests/", "the arena")
    ban("bcmp bcopy bzero index rindex", "", "memcmp, memcpy, memset, strchr")

    fence("microhttpd\\.h", "^daemon/http/")
    fence("libpq-fe\\.h", "^daemon/db/")
    fence("(ldap|lber)\\.h", "^daemon/auth/ldap[a-z_]*\\.[ch]$")
    fence("libxml/", "^webdav/xml_in\\.c$|^daemon/main\\.c$|^daemon/extract/(office|main)\\.c$")
    fence("vips/", "^daemon/extract/picture\\.c$")
    fence("poppler\\.h", "^daemon/extract/(pdf|page|main)\\.c$")
    fence("(gnutls/|sodium)", "^daemon/base/token\\.c$|^daemon/http/tls\\.c$|^daemon/ctl/check_tls\\.c$")
    fence("nettle/", "^daemon/base/hash\\.c$")
    fence("uni(norm|str|case|type|conv|width|name|lbrk|wbrk)\\.h", "^daemon/base/text\\.c$")
    fence("jansson\\.h", "^daemon/html/json\\.c$|^daemon/ctl/")
    fence("seccomp\\.h", "^daemon/jobs/")
    fence("(gmime/|glib\\.h)", "^daemon/mime/")
    fence("archive(_entry)?\\.h", "^modules/documents/zip\\.c$|^daemon/extract/office\\.c$")
    fence("qrencode\\.h", "^daemon/html/qr\\.c$")
    fence("cmark\\.h", "^daemon/jobs/helper_markdown\\.c$")
    fence("curl/", "^daemon/net/")

    SQL = "[\"(] *(select|SELECT) .*( (from|FROM) |chapterd\\.|pg_[a-z]+\\(|\\$[0-9])" \
        "|(insert|INSERT) (into|INTO) |(update|UPDATE) [a-z_.]+ (set|SET) " \
        "|(delete|DELETE) (from|FROM) |(with|WITH) [a-z_]+ (as|AS) \\(" \
        "|(create|CREATE|alter|ALTER|drop|DROP) (table|TABLE|index|INDEX|role|ROLE|schema|SCHEMA|function|FUNCTION|policy|POLICY)" \
        "|\"(begin|BEGIN|commit|COMMIT|rollback|ROLLBACK)[\"; ]|(set|SET) (local|LOCAL|role|ROLE|session|SESSION) " \
        "|(truncate|TRUNCATE) (table|TABLE|chapterd)|\"(listen|LISTEN|notify|NOTIFY) [a-z_]+[\";]" \
        "|(grant|GRANT|revoke|REVOKE) (select|SELECT|usage|USAGE|all|ALL|execute|EXECUTE) (on|ON) "
    HTML = "<(!DOCTYPE html|html|body|div|p|a|span|table|tr|td|form|input|ul|li|h[1-6]|script|style)[ >]"
    C14 = "XML_PARSE_(HUGE|NOENT|DTDLOAD|DTDATTR|DTDVALID|XINCLUDE)|xmlXPath|xmlXInclude|xmlSchema|xmlRelaxNG|[lL]oadCatalog|xmlSubstituteEntitiesDefault"
}

function ban(names, where, instead,    n, i, name) {
    n = split(names, name, " ")
    for (i = 1; i <= n; i++) {
        allowed[name[i]] = where
        remedy[name[i]] = instead
    }
}

function fence(header, where) {
    fences++
    pattern[fences] = "^#[ \t]*include[ \t]*<" header
    inside[fences] = where
}

function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad = 1
}

FNR == 1 { in_comment = 0 }

{
    code = without_comments($0)
    literals = only_literals(code)
    calls = without_literals(code)

    for (i = 1; i <= fences; i++)
        if (code ~ pattern[i] && FILENAME !~ inside[i] && FILENAME !~ /^tests\//)
            complain("this library stays behind its fence (" inside[i] ")")
    while (match(calls, /[A-Za-z_][A-Za-z_0-9]*[ ]?\(/)) {
        name = substr(calls, RSTART, RLENGTH - 1)
        sub(/ $/, "", name)
        before = RSTART > 1 ? substr(calls, 1, RSTART - 1) : ""
        calls = substr(calls, RSTART + RLENGTH)
        if (name in allowed && before !~ /(\.|->)$/ && (allowed[name] == "" || FILENAME !~ allowed[name]))
            complain("nobody calls " name " here; use " remedy[name])
    }
    if (code ~ C14)
        complain("this part of libxml2 is off (security.md C14)")
    # BEGIN is a word of RFC 5545, too.
    if (literals ~ SQL && FILENAME !~ /^(tests|daemon\/ical)\// && (FILENAME !~ /^daemon\/db\// || literals ~ /%s/))
        complain("SQL stands in sql/queries (J22)")
    if (literals ~ HTML && FILENAME !~ /^tests\/|tmplc\.c$/)
        complain("HTML stands in pages/*.html")
}

function without_comments(s,    out, c, two, quoted, i) {
    out = ""
    quoted = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        two = substr(s, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
            continue
        }
        if (quoted != "") {
            out = out c
            if (c == "\\") {
                out = out substr(s, ++i, 1)
            } else if (c == quoted) {
                quoted = ""
            }
            continue
        }
        if (two == "/*") {
            in_comment = 1
            i++
            continue
        }
        if (two == "//")
            break
        if (c == "\"" || c == "'")
            quoted = c
        out = out c
    }
    return out
}

function only_literals(s,    out) {
    out = ""
    while (match(s, /"([^"\\]|\\.)*"/)) {
        out = out substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
    }
    return out
}

function without_literals(s) {
    gsub(/"([^"\\]|\\.)*"/, "\"\"", s)
    return s
}

END { exit bad }
