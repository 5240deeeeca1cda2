#!/bin/bash
# A lab certificate authority, a server certificate from it, and three that must be refused:
# expired, for another name, and from an authority nobody trusts.
set -euo pipefail
D=$LABS_DIR/tls
[ -f "$D/done" ] && exit 0
rm -rf "$D"; mkdir -p "$D"; cd "$D"
ca() { # NAME
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Journeyman lab $1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
leaf() { # NAME CA SAN START END
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1.acme.test" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  rm -rf "$1.d"; mkdir "$1.d"; : >"$1.d/index"; echo 01 >"$1.d/serial"
  cat >"$1.cnf" <<C
[ca]
default_ca = c
[c]
dir = $D/$1.d
new_certs_dir = $D/$1.d
database = $D/$1.d/index
serial = $D/$1.d/serial
default_md = sha256
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
basicConstraints = critical,CA:FALSE
subjectAltName = $3
extendedKeyUsage = serverAuth
C
  openssl ca -batch -notext -config "$1.cnf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -out "$1.pem" \
    -startdate "$4" -enddate "$5" 2>/dev/null
  chmod 600 "$1.key"
}
start=$(date -u -d '1 day ago' +%Y%m%d%H%M%SZ); end=$(date -u -d '5 years' +%Y%m%d%H%M%SZ)
names=DNS:dc1.acme.test,DNS:localhost,IP:127.0.0.1
ca ca; ca other-ca
leaf server ca "$names" "$start" "$end"
leaf expired ca "$names" 20200101000000Z 20210101000000Z
leaf wrong-name ca DNS:elsewhere.acme.test "$start" "$end"
touch done
