#!/bin/bash
# Starts a PostgreSQL for tests on loopback, afresh. Its data is thrown away: it is made for speed.
# Expects LABS_DIR and LABS_BASE_PORT; writes DIR/postgres.url.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"

port=$((LABS_BASE_PORT + 432))
need_port "$port" "PostgreSQL"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || die "PostgreSQL is not installed; run labs/install.sh"

# PostgreSQL refuses to run as root, and its own user may not look into every folder.
as=()
data=$(mktemp -d /tmp/journeyman-postgres.XXXXXX)
echo "$data" >"$LABS_DIR/postgres.data"
if [ "$(id -u)" -eq 0 ]; then
  as=(setpriv --reuid=postgres --regid=postgres --init-groups)
  chown postgres:postgres "$data"
fi
cd /tmp
"${as[@]}" "$bin/initdb" -D "$data/d" -A trust -U postgres -N -E UTF8 --locale=C --no-instructions \
  >"$LABS_DIR/log/postgres-init.log" 2>&1 || die "PostgreSQL cannot be prepared; see $LABS_DIR/log/postgres-init.log"
spawn postgres "$LABS_DIR/log/postgres.log" "${as[@]}" "$bin/postgres" -D "$data/d" -F -p "$port" \
  -h 127.0.0.1 -k "$data" -c max_connections=300 -c full_page_writes=off -c shared_buffers=64MB
wait_port "$port" "PostgreSQL" "$LABS_DIR/log/postgres.log"
echo "postgres://postgres@127.0.0.1:$port" >"$LABS_DIR/postgres.url"
