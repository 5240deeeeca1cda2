#!/bin/bash
# Puts an initialised Request Tracker on SQLite into DIR/rt: from the cache, or made once (about 10 s).
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../lib.sh"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
D=$LABS_DIR/rt; LOG=$LABS_DIR/log/rt-prepare.log; P=$((LABS_BASE_PORT + 80))
stamp=$( (cat "$HERE"/{prepare.sh,seed.initialdata,token.pl,history.pl}; echo "$D $P"; dpkg-query -W request-tracker5) | sha256sum | cut -c1-16)
copy=$LABS_DIR/cache/rt-$stamp.tar
rm -rf "$D"
if [ -f "$copy" ]; then
  tar -C "$LABS_DIR" -xf "$copy"
else
  mkdir -p "$D"/{conf.d,mason,session,log}
  cat >"$D/RT_SiteConfig.pm" <<C
Set(\$rtname, 'acme.test'); Set(\$Organization, 'acme.test');
Set(\$WebDomain, '127.0.0.1'); Set(\$WebPort, $P); Set(\$WebPath, ''); Set(\$WebBaseURL, 'http://127.0.0.1:$P');
Set(\$DatabaseType, 'SQLite'); Set(\$DatabaseName, '$D/rt.db');
Set(\$DatabaseHost, ''); Set(\$DatabaseUser, ''); Set(\$DatabasePassword, '');
Set(\$Timezone, 'UTC'); Set(\$LogToSyslog, undef); Set(\$LogToSTDERR, 'warning');
Set(\$BcryptCost, 4); # the default costs 0.4 s at every request
Set(\$MailCommand, 'sendmailpipe'); Set(\$SendmailPath, '$HERE/sendmail.py'); Set(\$SendmailArguments, '$((LABS_BASE_PORT + 25))');
Set(\$SendmailBounceArguments, ''); Set(\$CorrespondAddress, 'help\@acme.test'); Set(\$CommentAddress, 'help-comment\@acme.test');
Set(\$OwnerEmail, 'mboss\@acme.test'); Set(\$WebSecureCookies, 0);
\$RT::VarPath = '$D'; \$RT::MasonDataDir = '$D/mason'; \$RT::MasonSessionDir = '$D/session';
1;
C
  export RT_SITE_CONFIG=$D/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$D/conf.d
  echo 'Root-Pass-2026' >"$D/root.password"
  {
    rt-setup-database-5 --action init --root-password-file "$D/root.password" --skip-create </dev/null
    rt-setup-database-5 --action insert --datafile "$HERE/seed.initialdata" --skip-create </dev/null
    perl "$HERE/history.pl" 230
    perl "$HERE/token.pl" bot >"$D/bot.token"
    perl "$HERE/token.pl" idle >"$D/idle.token"
  } >"$LOG" 2>&1
  tar -C "$LABS_DIR" -cf "$copy.part" rt
  rm -f "$LABS_DIR"/cache/rt-*.tar
  mv "$copy.part" "$copy"
fi
