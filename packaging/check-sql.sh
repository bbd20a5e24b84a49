#!/bin/bash
# The tests that want a real database: C tests of the database layer and of the queries' declared
# types, on a private server of their own.
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

# The tree, space and the wall between chapters, on a server that the tests may kill.
"${PYTHON:-/usr/bin/python3}" -m pytest -q -c tests/pytest.ini tests/sql || code=1
exit $code
