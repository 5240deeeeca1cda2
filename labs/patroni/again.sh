#!/bin/bash
# Starts the nodes anew that labs/patroni/kill.sh has killed: they become copies of the new primary.
# usage: labs/patroni/again.sh DIR
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LABS_DIR=$(cd "$1" && pwd)
. "$HERE/../lib.sh"
data=$(cat "$LABS_DIR/postgres.data")
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
cd /tmp
for n in 1 2 3; do
  [ -f "$LABS_DIR/pids/patroni$n" ] || spawn "patroni$n" "$LABS_DIR/log/patroni$n.log" "${as[@]}" patroni "$data/node$n.yml"
done
