#!/bin/bash
# Kills the primary of a cluster that labs/patroni/up.sh started: its PostgreSQL and its Patroni, with -9.
# usage: labs/patroni/kill.sh DIR
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LABS_DIR=$(cd "$1" && pwd)
. "$HERE/../lib.sh"
base=$(cat "$LABS_DIR/patroni.base") data=$(cat "$LABS_DIR/postgres.data")
for n in 1 2 3; do
  curl -fsS -o /dev/null "http://127.0.0.1:$((base + 20 + n))/primary" 2>/dev/null || continue
  read -r patroni _ <"$LABS_DIR/pids/patroni$n"
  postgres=$(head -1 "$data/disk$n/data/postmaster.pid")
  kill -9 "$patroni" "$postgres"
  rm -f "$LABS_DIR/pids/patroni$n"
  say "node $n, the primary, is killed"
  exit 0
done
die "there is no primary to kill"
