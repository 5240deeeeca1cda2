#!/bin/bash
# Installs with apt the packages of packages.txt that are missing. Does nothing when all are there.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$HERE/packages.txt")

missing=()
for p in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "The labs need packages that only root can install. Run as root: $HERE/install.sh" >&2
    exit 1
  fi
fi
command -v apt-get >/dev/null || { echo "apt-get is missing; install by hand: ${missing[*]}" >&2; exit 1; }

tmp=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
placed=
trap '[ -z "$placed" ] || "${as_root[@]}" rm -f "$policy"; "${as_root[@]}" rm -rf "$tmp"' EXIT
# The labs start their own private daemons; the packages' system services must not start.
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  placed=1
fi
"${as_root[@]}" tee "$tmp/preseed" >/dev/null <<'P'
request-tracker5 request-tracker5/dbconfig-install boolean false
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/rtname string localhost
request-tracker5 request-tracker5/organization string localhost
exim4-config exim4/dc_eximconfig_configtype select no configuration at this time
P
run() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive TMPDIR="$tmp" "$@"; }
command -v debconf-set-selections >/dev/null && run debconf-set-selections "$tmp/preseed"
echo "labs: installing ${missing[*]}"
run apt-get -o DPkg::Lock::Timeout=500 -qq update
run apt-get -o DPkg::Lock::Timeout=500 -qq -y --no-install-recommends install "${missing[@]}" >"/tmp/journeyman-apt.$$" 2>&1 ||
  { tail -30 "/tmp/journeyman-apt.$$" >&2; echo "labs: apt could not install ${missing[*]}" >&2; exit 1; }
rm -f "/tmp/journeyman-apt.$$"
