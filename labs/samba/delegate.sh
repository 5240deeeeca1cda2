#!/bin/bash
# The least-privilege rights of svc-journeyman, as an MSP would grant them on a client's domain:
# on people and groups below OU=Staff, and nowhere else. usage: delegate.sh SMB_CONF
set -euo pipefail
CONF=$1
BASE=DC=acme,DC=test
SID=$(/usr/bin/python3 - "$CONF" <<'P'
import sys
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm(); lp.load(sys.argv[1])
db = SamDB(session_info=system_session(), lp=lp)
found = db.search(db.domain_dn(), expression="(sAMAccountName=svc-journeyman)", attrs=["objectSid"])
print(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))
P
)
USER=bf967aba-0de6-11d0-a285-00aa003049e2
GROUP=bf967a9c-0de6-11d0-a285-00aa003049e2
RESET_PASSWORD=00299570-246d-11d0-a768-00aa006e0529
LOCKOUT_TIME=28630ebf-41d5-11d1-a9c1-0000f80367c1
PWD_LAST_SET=bf967a0a-0de6-11d0-a285-00aa003049e2
USER_ACCOUNT_CONTROL=bf967a68-0de6-11d0-a285-00aa003049e2
MEMBER=bf9679c0-0de6-11d0-a285-00aa003049e2
rights="(OA;CIIO;CR;$RESET_PASSWORD;$USER;$SID)"
for attribute in $LOCKOUT_TIME $PWD_LAST_SET $USER_ACCOUNT_CONTROL; do
  rights+="(OA;CIIO;WP;$attribute;$USER;$SID)"
done
rights+="(OA;CIIO;WP;$MEMBER;$GROUP;$SID)"
samba-tool dsacl set -s "$CONF" -H "$(dirname "$CONF")/../private/sam.ldb" \
  --action=allow --objectdn="OU=Staff,$BASE" --sddl="$rights"
