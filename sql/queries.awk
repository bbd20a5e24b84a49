# queries.awk: turns sql/queries/*.sql into typed C functions.
#   awk -f sql/queries.awk -v part=h sql/queries/wiki.sql > build/q/wiki.h      (part=c: wiki.c)
#
#   -- name: what it does          starts a query; the SQL follows
#   -- in   page int8, note text?  its parameters $1, $2 ... (? may be null)
#   -- out  id int8, note text?    its columns

BEGIN {
    # text[] and int8[] serve as parameters only.
    c_type["text[]"] = "struct texts"; make["text[]"] = "db_texts"; oid["text[]"] = "DB_TEXTS"
    c_type["int8[]"] = "struct ints";  make["int8[]"] = "db_ints";  oid["int8[]"] = "DB_INTS"
    c_type["int2"] = "int16_t";     make["int2"] = "db_int2";       read["int2"] = "(int16_t)row_int"; oid["int2"] = "DB_INT2"
    c_type["xid8"] = "int64_t";     make["xid8"] = "db_xid8";       read["xid8"] = "row_int";    oid["xid8"] = "DB_XID8"
    c_type["date"] = "int32_t";     make["date"] = "db_date";       read["date"] = "(int32_t)row_int"; oid["date"] = "DB_DATE"
    c_type["bool"] = "bool";        make["bool"] = "db_bool";       read["bool"] = "row_bool";   oid["bool"] = "DB_BOOL"
    c_type["int4"] = "int32_t";     make["int4"] = "db_int4";       read["int4"] = "(int32_t)row_int"; oid["int4"] = "DB_INT4"
    c_type["int8"] = "int64_t";     make["int8"] = "db_int8";       read["int8"] = "row_int";    oid["int8"] = "DB_INT8"
    c_type["timestamptz"] = "int64_t"; make["timestamptz"] = "db_time"; read["timestamptz"] = "row_time"; oid["timestamptz"] = "DB_TIMESTAMPTZ"
    c_type["text"] = "const char *";  make["text"] = "db_text";     read["text"] = "row_text";   oid["text"] = "DB_TEXT"
    c_type["bytea"] = "struct bytes"; make["bytea"] = "db_bytea";   read["bytea"] = "row_bytes"; oid["bytea"] = "DB_BYTEA"
    c_type["uuid"] = "struct uuid";   make["uuid"] = "db_uuid";     read["uuid"] = "row_uuid";   oid["uuid"] = "DB_UUID"
}

function fail(what) { printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"; failed = 1; exit 1 }
function declare(type, name) { return type ~ /\*$/ ? type name : type " " name }

# Reads "page int8, note text?" into names[], types[], nullable[]; gives their number.
function split_list(s, names, types, nullable,    n, i, part, parts) {
    n = s ~ /[^ ]/ ? split(s, parts, /, */) : 0
    for (i = 1; i <= n; i++) {
        split(parts[i], part, " ")
        names[i] = part[1]
        nullable[i] = sub(/\?$/, "", part[2])
        types[i] = part[2]
        if (!(types[i] in c_type)) fail("unknown type " types[i])
    }
    return n
}

function prototype(    s, i) {
    s = "fallible q_" name "(struct db *db, struct arena *arena"
    for (i = 1; i <= n_in; i++)
        s = s ", " declare(c_type[in_type[i]] (in_null[i] && in_type[i] != "text" ? " const *" : ""), in_name[i])
    return s ", struct rows *rows)"
}

function emit_header(    i) {
    printf "\n/* %s */\n", what
    if (n_out > 0) {
        printf "struct %s_row {\n", name
        for (i = 1; i <= n_out; i++) {
            printf "    %s;\n", declare(c_type[out_type[i]], out_name[i])
            if (out_null[i] && out_type[i] != "text") printf "    bool %s_is_null;\n", out_name[i]
        }
        printf "};\nstruct %s_row %s_row(const struct rows *rows, int row);\n", name, name
    }
    printf "%s;\nextern const struct query query_%s;\n", prototype(), name
}

function emit_types(label, n, types,    i) {
    if (n == 0) return
    printf "static const enum db_type %s_%s[] = { ", name, label
    for (i = 1; i <= n; i++) printf "%s%s", oid[types[i]], (i < n ? ", " : " };\n")
}

function emit_code(    i, s) {
    emit_types("in", n_in, in_type)
    emit_types("out", n_out, out_type)
    printf "const struct query query_%s = {\n    .name = \"%s\", .n_in = %d, .in = %s, .n_out = %d, .out = %s,\n    .sql =\n%s};\n\n",
        name, name, n_in, n_in ? name "_in" : "NULL", n_out, n_out ? name "_out" : "NULL", sql
    printf "%s\n{\n", gensub_prototype()
    printf "    const struct db_arg args[] = {"
    for (i = 1; i <= n_in; i++) {
        s = make[in_type[i]] "(" in_name[i] ")"
        if (in_null[i] && in_type[i] != "text")
            s = in_name[i] " == NULL ? (struct db_arg){ .type = " oid[in_type[i]] ", .null = true } : " make[in_type[i]] "(*" in_name[i] ")"
        printf "%s%s", (i > 1 ? ", " : " "), s
    }
    if (n_in == 0) printf " { .type = 0 }"
    printf " };\n    return db_run(db, arena, &query_%s, args, %d, rows);\n}\n\n", name, n_in
    if (n_out == 0) return
    printf "struct %s_row\n%s_row(const struct rows *rows, int row)\n{\n    return (struct %s_row){\n", name, name, name
    for (i = 1; i <= n_out; i++) {
        printf "        .%s = %s(rows, row, %d),\n", out_name[i], read[out_type[i]], i - 1
        if (out_null[i] && out_type[i] != "text") printf "        .%s_is_null = row_null(rows, row, %d),\n", out_name[i], i - 1
    }
    printf "    };\n}\n\n"
}

function gensub_prototype(    s) { s = prototype(); sub(/^fallible q_/, "struct error *\nq_", s); return s }

function finish() {
    if (name == "") return
    if (sql == "") fail(name " has no SQL")
    if (part == "h") emit_header(); else emit_code()
    list = list "    &query_" name ",\n"
    name = ""
}

FNR == 1 {
    unit = FILENAME; sub(/.*\//, "", unit); sub(/\.sql$/, "", unit)
    printf "/* Made from %s by queries.awk; do not edit. */\n", FILENAME
    if (part == "h") printf "#pragma once\n#include \"db/db.h\"\nextern const struct query *const queries_%s[];\n", unit
    else printf "#include \"q/%s.h\"\n\n", unit
}
/^-- [a-z_0-9]+: /  { finish(); name = substr($2, 1, length($2) - 1); what = $0; sub(/^-- [a-z_0-9]+: /, "", what)
                      sql = ""; n_in = n_out = 0; next }
/^-- in /           { sub(/^-- in +/, ""); n_in = split_list($0, in_name, in_type, in_null); next }
/^-- out /          { sub(/^-- out +/, ""); n_out = split_list($0, out_name, out_type, out_null); next }
/^ *--/ || /^ *$/   { next }
name == ""          { fail("SQL before the first -- name:") }
                    { gsub(/\\/, "&&"); gsub(/"/, "\\\""); sql = sql "        \"" $0 "\\n\"\n" }
END {
    if (failed) exit 1
    finish()
    if (part == "c") printf "const struct query *const queries_%s[] = {\n%s    NULL\n};\n", unit, list
}
