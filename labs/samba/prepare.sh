#!/bin/bash
# Puts a provisioned and populated domain into DIR/samba: from the cache, or made once (about 25 s).
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"
D=$LABS_DIR/samba; LOG=$LABS_DIR/log/samba-prepare.log
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
stamp=$( (cat "$HERE"/{prepare.sh,provision.py,seed.py,delegate.sh}; echo "$D"; samba --version) | sha256sum | cut -c1-16)
copy=$LABS_DIR/cache/samba-$stamp.tar
rm -rf "$D"
if [ -f "$copy" ]; then
  tar -C "$LABS_DIR" -xf "$copy"
else
  mkdir -p "$D"
  {
    /usr/bin/python3 "$HERE/provision.py" domain provision --configfile=/dev/null --targetdir="$D" --quiet \
      --realm=ACME.TEST --domain=ACME --server-role=dc --dns-backend=NONE --host-name=dc1 --host-ip=127.0.0.1 \
      --adminpass='Adm1n-Pass!42' --option='interfaces=127.0.0.1/8' --option='bind interfaces only=yes'
    mkdir -p "$D/cache"
    sed -i -e '/^\[sysvol\]/,$d' -e '/^\[netlogon\]/,$d' -e '/server services/d' "$D/etc/smb.conf"
    cat >>"$D/etc/smb.conf" <<C
 server services = ldap
 dcerpc endpoint servers =
 old password allowed period = 0
 log file = $D/log.samba
 pid directory = $D
 ncalrpc dir = $D/n
 winbindd socket directory = $D/w
 ntp signd socket directory = $D/s
 tls keyfile = $LABS_DIR/tls/server.key
 tls certfile = $LABS_DIR/tls/server.pem
 tls cafile = $LABS_DIR/tls/ca.pem
C
    samba-tool domain passwordsettings set -s "$D/etc/smb.conf" --account-lockout-threshold=3 \
      --account-lockout-duration=30 --reset-account-lockout-after=30 --min-pwd-age=0 --history-length=3
    /usr/bin/python3 "$HERE/seed.py" "$D/etc/smb.conf"
    "$HERE/delegate.sh" "$D/etc/smb.conf"
  } >"$LOG" 2>&1
  tar -C "$LABS_DIR" -cf "$copy.part" samba
  rm -f "$LABS_DIR"/cache/samba-*.tar
  mv "$copy.part" "$copy"
fi
gcc -shared -fPIC -O1 -o "$D/portmap.so" "$HERE/portmap.c" -ldl
