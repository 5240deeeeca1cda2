#!/bin/bash
# Runs a command beside a new PostgreSQL that waits for its disk, with its data below FOLDER and its address in
# JOURNEYMAN_BENCH_POSTGRES; afterwards it is gone. Usage: labs/peers/with-postgres.sh FOLDER COMMAND…
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 2 ] || { echo "usage: labs/peers/with-postgres.sh FOLDER COMMAND…" >&2; exit 1; }
mkdir -p "$1"
DIR=$(cd "$1" && pwd); shift
export LABS_DIR=$DIR/labs LABS_BASE_PORT=${JOURNEYMAN_PEERS_BASE_PORT:-28600}
. "$HERE/../lib.sh"
end() { stop_all; [ ! -s "$LABS_DIR/postgres.data" ] || rm -rf "$(cat "$LABS_DIR/postgres.data")"; }
trap end EXIT
LABS_DURABLE=yes LABS_DATA=$DIR bash "$HERE/../postgres/start.sh" >&2
JOURNEYMAN_BENCH_POSTGRES=$(cat "$LABS_DIR/postgres.url")/postgres "$@"
