#!/bin/bash
# The C programs in tests/sql: the database layer, and the queries' declared types, against a private
# server.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
dir=$(mktemp -d /var/tmp/chapterd-sql-XXXXXX)
chmod 0755 "$dir"
trap 'packaging/stack down --dir "$dir" --delete >/dev/null' EXIT

packaging/stack up --dir "$dir" postgres
# shellcheck source=/dev/null
. "$dir/stack.env"
server="host=$PGHOST port=$PGPORT dbname=$PGDATABASE"
export CHAPTERD_TEST_DB="$server user=chapterd" CHAPTERD_TEST_ADMIN="$server user=postgres"
export CHAPTERD_CONF=$dir/sql.conf
cat >"$CHAPTERD_CONF" <<CONF
database = $server user=chapterd
admin_database = $server user=chapterd_admin
blob_dir = $dir
CONF
"${CHAPTERD_BUILD:-build/asan}/chapterctl" migrate

code=0
for test in build/asan/tests/sql/*_test; do "$test" || code=1; done
exit $code
