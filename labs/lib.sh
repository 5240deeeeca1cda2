# Shared by the lab scripts; sourced, not run. Expects LABS_DIR and LABS_BASE_PORT to be set.

say() { printf 'labs: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
now_ms() { date +%s%3N; }

# start_time PID: the kernel's start time, which tells a process from a later one of the same id.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# spawn NAME LOG COMMAND…: starts a daemon in a session of its own and records it.
spawn() {
  local name=$1 log=$2; shift 2
  setsid "$@" </dev/null >"$log" 2>&1 &
  local pid=$!
  mkdir -p "$LABS_DIR/pids"
  echo "$pid $(start_time "$pid")" >"$LABS_DIR/pids/$name"
}

# stop_all: ends every recorded process group, kindly, then not.
stop_all() {
  local f pid started alive=()
  for f in "$LABS_DIR"/pids/*; do
    [ -f "$f" ] || continue
    read -r pid started <"$f" || true
    if [ -n "${pid:-}" ] && [ -n "${started:-}" ] && [ "$(start_time "$pid")" = "$started" ]; then
      kill -TERM -- "-$pid" 2>/dev/null || true
      alive+=("$pid")
    fi
    rm -f "$f"
  done
  local i
  for i in $(seq 1 60); do
    local left=()
    for pid in "${alive[@]}"; do kill -0 -- "-$pid" 2>/dev/null && left+=("$pid"); done
    alive=("${left[@]}")
    [ ${#alive[@]} -eq 0 ] && return 0
    sleep 0.05
  done
  for pid in "${alive[@]}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
}

# data_dir PARENT… : a folder for databases that everything else of this machine can read the way to, recorded
# for labs/down.sh. With LABS_DISK_MB each named folder in it is a file system of so many megabytes.
data_dir() {
  local data name
  data=$(mktemp -d "${LABS_DATA:-/tmp}/journeyman-postgres.XXXXXX")
  echo "$data" >"$LABS_DIR/postgres.data"
  for name in "$@"; do
    mkdir "$data/$name"
    [ -z "${LABS_DISK_MB:-}" ] || mount -t tmpfs -o "size=${LABS_DISK_MB}m,mode=0700" none "$data/$name"
  done
  [ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$data"
  # Who comes from elsewhere than loopback comes encrypted.
  if [ -n "${LABS_LISTEN:-}" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=labs -days 2 \
      -keyout "$data/tls.key" -out "$data/tls.pem" 2>/dev/null
    chmod 600 "$data/tls.key"
    [ "$(id -u)" -ne 0 ] || chown postgres:postgres "$data"/tls.*
  fi
  echo "$data"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_port PORT NAME LOG: until something listens, or 60 s.
wait_port() {
  local i
  for i in $(seq 1 1200); do
    port_open "$1" && return 0
    sleep 0.05
  done
  tail -20 "$3" >&2 || true
  die "$2 did not open port $1 within 60 s; its log is $3"
}

# need_port PORT NAME: refuses to start beside something else.
need_port() {
  port_open "$1" && die "port $1, wanted for $2, is taken; stop what holds it or set JOURNEYMAN_LABS_BASE_PORT"
  return 0
}
