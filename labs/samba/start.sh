#!/bin/bash
# Starts the directory that prepare.sh left in DIR/samba.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"
D=$LABS_DIR/samba; B=$LABS_BASE_PORT; LOG=$LABS_DIR/log/samba.log
map=
for p in 389 636 3268 3269; do
  need_port $((B + p)) "the directory"
  map+="$p:$((B + p)),"
done
spawn samba "$LOG" env LD_PRELOAD="$D/portmap.so" LABS_PORTMAP="${map%,}" \
  /usr/sbin/samba -F -M single --no-process-group -s "$D/etc/smb.conf" --debug-stdout -d1
wait_port $((B + 636)) "the directory" "$LOG"
