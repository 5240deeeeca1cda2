#!/bin/bash
# Starts every lab on loopback under DIR, afresh, and writes DIR/labs.json. See README.md.
# usage: labs/up.sh DIR      (JOURNEYMAN_LABS_BASE_PORT moves all ports; default 27000)
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
LABS_DIR=$(cd "$1" && pwd)
LABS_BASE_PORT=${JOURNEYMAN_LABS_BASE_PORT:-27000}
export LABS_DIR LABS_BASE_PORT
. "$HERE/lib.sh"

[ ${#LABS_DIR} -le 70 ] || die "$LABS_DIR is too long a path for the labs' sockets; use one of at most 70 characters"
"$HERE/install.sh"
begin=$(now_ms)
stop_all
rm -f "$LABS_DIR/labs.json"
mkdir -p "$LABS_DIR"/{log,cache,secrets}
chmod 700 "$LABS_DIR/secrets"

"$HERE/tls.sh"
# The two slow preparations are independent; both keep a copy under DIR/cache.
"$HERE/samba/prepare.sh" & samba=$!
"$HERE/rt/prepare.sh" & rt=$!
wait "$samba" || die "the directory could not be prepared; see $LABS_DIR/log/samba-prepare.log"
wait "$rt" || die "the help desk could not be prepared; see $LABS_DIR/log/rt-prepare.log"
"$HERE/postgres/start.sh"
"$HERE/mail/start.sh"
"$HERE/samba/start.sh"
"$HERE/rt/start.sh"
/usr/bin/python3 "$HERE/describe.py" "$LABS_DIR" "$LABS_BASE_PORT" "$HERE"
say "up in $(( $(now_ms) - begin )) ms; endpoints and credentials are in $LABS_DIR/labs.json"
