#!/bin/bash
# Starts a PostgreSQL for tests on loopback, afresh. Its data is thrown away: it is made for speed. With LABS_DURABLE set it waits
# for its disk like one that is not (for benchmarks), and its data is below LABS_DATA.
# Expects LABS_DIR and LABS_BASE_PORT; writes DIR/postgres.url. With `again` the data of a server that was
# killed is taken up once more. LABS_LISTEN, if set, is what it listens on besides loopback, with TLS; LABS_DISK_MB gives
# it a disk of that size (root only).
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"

port=$((LABS_BASE_PORT + 432))
need_port "$port" "PostgreSQL"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || die "PostgreSQL is not installed; run labs/install.sh"

# PostgreSQL refuses to run as root, and its own user may not look into every folder.
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
mkdir -p "$LABS_DIR/log"
cd /tmp
if [ "${1:-}" = again ]; then
  data=$(cat "$LABS_DIR/postgres.data")
else
  data=$(data_dir d)
  "${as[@]}" "$bin/initdb" -D "$data/d" -A trust -U postgres -N -E UTF8 --locale=C --no-instructions \
    >"$LABS_DIR/log/postgres-init.log" 2>&1 || die "PostgreSQL cannot be prepared; see $LABS_DIR/log/postgres-init.log"
  [ -z "${LABS_LISTEN:-}" ] || echo "hostssl all all all trust" >>"$data/d/pg_hba.conf"
fi
fast=(-F -c full_page_writes=off)
[ -z "${LABS_DURABLE:-}" ] || fast=()
listen=(-h 127.0.0.1)
[ -z "${LABS_LISTEN:-}" ] || listen=(-h "127.0.0.1,$LABS_LISTEN" -c ssl=on -c "ssl_cert_file=$data/tls.pem" -c "ssl_key_file=$data/tls.key")
for _ in $(seq 1 100); do
  spawn postgres "$LABS_DIR/log/postgres.log" "${as[@]}" "$bin/postgres" -D "$data/d" "${fast[@]}" -p "$port" \
    "${listen[@]}" -k "$data" -c max_wal_size=64MB -c min_wal_size=32MB -c max_connections=300 -c shared_buffers=64MB
  sleep 0.2
  # What is left of a killed server may need a moment to notice.
  read -r pid _ <"$LABS_DIR/pids/postgres"
  kill -0 "$pid" 2>/dev/null && break
done
wait_port "$port" "PostgreSQL" "$LABS_DIR/log/postgres.log"
echo "postgres://postgres@127.0.0.1:$port" >"$LABS_DIR/postgres.url"
