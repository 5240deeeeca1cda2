#!/bin/bash
# Starts the help desk that prepare.sh left in DIR/rt, and a TLS front before it.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
D=$LABS_DIR/rt; P=$((LABS_BASE_PORT + 80)); S=$((LABS_BASE_PORT + 443))
need_port "$P" "the help desk"; need_port "$S" "the help desk"
export RT_SITE_CONFIG=$D/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$D/conf.d
spawn rt "$LABS_DIR/log/rt.log" /usr/share/request-tracker5/libexec/rt-server \
  --server Starlet --host 127.0.0.1 --port "$P" --max-workers 3
spawn rt-tls "$LABS_DIR/log/rt-tls.log" /usr/bin/python3 "$HERE/tls_front.py" \
  "$S" "$P" "$LABS_DIR/tls/server.pem" "$LABS_DIR/tls/server.key"
wait_port "$P" "the help desk" "$LABS_DIR/log/rt.log"
wait_port "$S" "the help desk's TLS front" "$LABS_DIR/log/rt-tls.log"
