#!/bin/bash
# Starts a PostgreSQL of three nodes under Patroni and etcd on loopback, with HAProxy before the primary.
# usage: labs/patroni/up.sh DIR [BASE_PORT]     (needs the packages patroni, etcd-server, haproxy, postgresql)
# Writes DIR/postgres.url; `labs/patroni/kill.sh DIR` kills the primary, `labs/patroni/again.sh DIR` starts what was
# killed, `labs/down.sh DIR` ends all of it. LABS_LISTEN, if set, is the address that HAProxy listens on besides loopback,
# with TLS behind it; LABS_DISK_MB gives each PostgreSQL a disk of that size (root only).
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 DIR [BASE_PORT]" >&2; exit 2; }
mkdir -p "$1/log"
LABS_DIR=$(cd "$1" && pwd)
LABS_BASE_PORT=${2:-28000}
. "$HERE/../lib.sh"
for program in patroni etcd haproxy setpriv; do
  command -v "$program" >/dev/null || die "$program is missing; as root: apt-get install -y --no-install-recommends patroni etcd-server haproxy postgresql"
done
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
etcd=$((LABS_BASE_PORT + 1)) front=$((LABS_BASE_PORT + 5))
for port in "$etcd" "$((etcd + 1))" "$front"; do need_port "$port" "the cluster"; done

as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
data=$(data_dir disk1 disk2 disk3)
ssl=()
[ -z "${LABS_LISTEN:-}" ] || ssl=("ssl: \"on\", ssl_cert_file: \"$data/tls.pem\", ssl_key_file: \"$data/tls.key\",")
cd /tmp
spawn etcd "$LABS_DIR/log/etcd.log" "${as[@]}" etcd --name one --data-dir "$data/etcd" \
  --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
  --listen-peer-urls "http://127.0.0.1:$((etcd + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((etcd + 1))" \
  --initial-cluster "one=http://127.0.0.1:$((etcd + 1))"
wait_port "$etcd" etcd "$LABS_DIR/log/etcd.log"

node() {
  local n=$1 pg=$((LABS_BASE_PORT + 10 + $1)) rest=$((LABS_BASE_PORT + 20 + $1))
  cat >"$data/node$n.yml" <<Y
scope: journeyman
name: node$n
restapi: {listen: "127.0.0.1:$rest", connect_address: "127.0.0.1:$rest"}
etcd3: {host: "127.0.0.1:$etcd"}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 3
    # A primary that crashed is replaced, not waited for.
    primary_start_timeout: 0
    maximum_lag_on_failover: 1048576
    # What is acknowledged stands on two nodes.
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters: {max_connections: 200, max_wal_size: 64MB, min_wal_size: 32MB, synchronous_commit: "on", wal_log_hints: "on"}
  initdb: [{encoding: UTF8}, {locale: C}, {auth: trust}]
postgresql:
  listen: "127.0.0.1:$pg"
  connect_address: "127.0.0.1:$pg"
  data_dir: "$data/disk$n/data"
  bin_dir: "$bin"
  pgpass: "$data/pgpass$n"
  use_unix_socket: false
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  authentication:
    superuser: {username: postgres}
    replication: {username: postgres}
    rewind: {username: postgres}
  parameters: {${ssl[*]} unix_socket_directories: "$data"}
Y
  spawn "patroni$n" "$LABS_DIR/log/patroni$n.log" "${as[@]}" patroni "$data/node$n.yml"
}

# role N: what a node says it is.
role() { curl -fsS "http://127.0.0.1:$((LABS_BASE_PORT + 20 + $1))/patroni" 2>/dev/null | grep -o '"role": *"[a-z_]*"' | cut -d'"' -f4; }
wait_role() {
  local i
  for i in $(seq 1 600); do
    case $(role "$1") in "$2" | "$3") return 0 ;; esac
    sleep 0.2
  done
  tail -20 "$LABS_DIR/log/patroni$1.log" >&2
  die "node $1 did not become $2"
}
node 1
wait_role 1 master primary
node 2
node 3
# Both copy the primary now, one of them before anything is acknowledged.
copies() { psql -h 127.0.0.1 -p "$((LABS_BASE_PORT + 11))" -U postgres -Atc "SELECT string_agg(sync_state, ' ' ORDER BY sync_state DESC) FROM pg_stat_replication WHERE state = 'streaming'" 2>/dev/null; }
for _ in $(seq 1 300); do
  [ "$(copies)" = "sync async" ] && break
  sleep 0.2
done
[ "$(copies)" = "sync async" ] || die "the copies do not follow: $(copies); see $LABS_DIR/log"

{
  echo "global
  maxconn 500
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  # A client whose machine is gone without a word must not hold its locks for an hour.
  option clitcpka
  clitcpka-idle 5s
  clitcpka-intvl 2s
  clitcpka-cnt 3
listen primary
  bind 127.0.0.1:$front tcp-ut 10s${LABS_LISTEN:+
  bind ${LABS_LISTEN//,/:$front tcp-ut 10s
  bind }:$front tcp-ut 10s}
  option httpchk GET /primary
  http-check expect status 200
  default-server inter 500ms fall 1 rise 1 on-marked-down shutdown-sessions"
  for n in 1 2 3; do
    echo "  server node$n 127.0.0.1:$((LABS_BASE_PORT + 10 + n)) check port $((LABS_BASE_PORT + 20 + n))"
  done
} >"$data/haproxy.cfg"
spawn haproxy "$LABS_DIR/log/haproxy.log" haproxy -db -f "$data/haproxy.cfg"
wait_port "$front" HAProxy "$LABS_DIR/log/haproxy.log"
# Until its first looks are done it takes each of them for the primary.
writable=0
for _ in $(seq 1 100); do
  case $(psql -h 127.0.0.1 -p "$front" -U postgres -Atc "SELECT pg_is_in_recovery()" 2>/dev/null || true) in
    f) writable=$((writable + 1)) ;;
    *) writable=0 ;;
  esac
  [ "$writable" -lt 4 ] || break
  sleep 0.2
done
[ "$writable" -ge 4 ] || die "HAProxy does not find the primary; see $LABS_DIR/log/haproxy.log"
echo "$LABS_BASE_PORT" >"$LABS_DIR/patroni.base"
echo "postgres://postgres@127.0.0.1:$front" >"$LABS_DIR/postgres.url"
say "three nodes under Patroni at $(cat "$LABS_DIR/postgres.url")"
