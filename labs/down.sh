#!/bin/bash
# Stops every lab under DIR. usage: labs/down.sh DIR
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
[ -d "$1" ] || exit 0
LABS_DIR=$(cd "$1" && pwd)
. "$HERE/lib.sh"
stop_all
rm -f "$LABS_DIR/labs.json"
if [ -f "$LABS_DIR/postgres.data" ]; then
  data=$(cat "$LABS_DIR/postgres.data")
  case $data in
    /tmp/journeyman-postgres.*)
      # A PostgreSQL outlives the Patroni that was killed.
      for f in "$data"/*/postmaster.pid "$data"/*/*/postmaster.pid; do
        [ ! -f "$f" ] || [ "$(readlink "/proc/$(head -1 "$f")/cwd")" != "$(dirname "$f")" ] || kill -KILL "$(head -1 "$f")" 2>/dev/null || true
      done
      for disk in "$data"/*/; do
        ! mountpoint -q "$disk" || umount -l "$disk"
      done
      rm -rf "$data"
      ;;
  esac
  rm -f "$LABS_DIR/postgres.data"
fi
