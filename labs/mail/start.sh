#!/bin/bash
# Exim takes mail for acme.test and globex.test from loopback without a password and hands it to
# Dovecot's mailboxes, or, for a help desk's address, to Request Tracker's mail gateway.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
B=$LABS_BASE_PORT; SMTP=$((B + 25)); IMAP=$((B + 143)); IMAPS=$((B + 993))
for p in $SMTP $IMAP $IMAPS; do need_port "$p" mail; done

# Exim never delivers as root: under root, the mail lab runs as nobody, in a place nobody can reach.
as=()
D=$LABS_DIR/mail
rm -rf "$D"
if [ "$(id -u)" -eq 0 ]; then
  real=/tmp/journeyman-mail-$(printf %s "$LABS_DIR" | sha256sum | cut -c1-12)
  rm -rf "$real"; mkdir -p "$real"; ln -s "$real" "$D"; D=$real
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  U=nobody; G=nogroup
else
  mkdir -p "$D"
  U=$(id -un); G=$(id -gn)
fi
mkdir -p "$D"/{mail,run,state,spool,log,tls}
cp "$LABS_DIR"/tls/server.{pem,key} "$D/tls/"

: >"$D/users"
for who in jroe mboss bklein amiller amiller2 juergen.mueller "s.o'neil" ppay lleft dadmin nnested outsider; do
  echo "$who@acme.test:{PLAIN}mail-pass" >>"$D/users"
done
echo "desk@globex.test:{PLAIN}mail-pass" >>"$D/users"

cat >"$D/dovecot.conf" <<C
base_dir = $D/run
state_dir = $D/state
log_path = $D/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = $U
default_internal_group = $G
default_login_user = $U
first_valid_uid = 0
ssl = yes
ssl_cert = <$D/tls/server.pem
ssl_key = <$D/tls/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:$D/mail/%u
mail_uid = $U
mail_gid = $G
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $D/users
}
userdb {
  driver = static
  args = uid=$U gid=$G home=$D/mail/%u
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = $IMAPS
    ssl = yes
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0600
  }
}
protocol lmtp {
  postmaster_address = postmaster@acme.test
}
C
cat >"$D/exim.conf" <<C
primary_hostname = mx.acme.test
domainlist local_domains = acme.test : globex.test
spool_directory = $D/spool
log_file_path = $D/log/exim_%slog
pid_file_path = $D/run/exim.pid
exim_user = $U
exim_group = $G
never_users =
local_interfaces = 127.0.0.1
daemon_smtp_ports = $SMTP
tls_advertise_hosts = *
tls_certificate = $D/tls/server.pem
tls_privatekey = $D/tls/server.key
acl_smtp_rcpt = rcpt
acl_smtp_data = data
queue_only = false
host_lookup =
rfc1413_query_timeout = 0s
disable_ipv6 = true
deliver_drop_privilege = true
keep_environment =
begin acl
rcpt:
  accept domains = +local_domains
         verify = recipient
  deny message = relay not permitted
data:
  accept
begin routers
desk:
  driver = accept
  local_parts = help
  domains = +local_domains
  transport = desk
boxes:
  driver = accept
  domains = +local_domains
  condition = \${lookup{\$local_part@\$domain}lsearch{$D/users}{yes}{no}}
  transport = lmtp
begin transports
desk:
  driver = pipe
  command = /usr/bin/rt-mailgate-5 --queue "\${if eq{\$domain}{globex.test}{Globex}{Acme}}" --action correspond --url http://127.0.0.1:$((B + 80))
  user = $U
  group = $G
  message_prefix =
  message_suffix =
  return_fail_output = true
lmtp:
  driver = lmtp
  socket = $D/run/lmtp
  batch_max = 20
begin retry
* * F,1h,1m
C
chmod 600 "$D/tls/server.key"
[ ${#as[@]} -eq 0 ] || chown -R "$U:$G" "$D"
spawn dovecot "$LABS_DIR/log/dovecot.log" "${as[@]}" /usr/sbin/dovecot -F -c "$D/dovecot.conf"
spawn exim "$LABS_DIR/log/exim.log" "${as[@]}" /usr/sbin/exim4 -C "$D/exim.conf" -bdf -q5s
wait_port "$SMTP" Exim "$LABS_DIR/log/exim.log"
wait_port "$IMAP" Dovecot "$LABS_DIR/log/dovecot.log"
