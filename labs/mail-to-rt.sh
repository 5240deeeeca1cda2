#!/bin/bash
# Sends a mail to the help desk, as a user would: standard input is the body.
# usage: echo "I cannot sign in" | labs/mail-to-rt.sh DIR FROM SUBJECT [MESSAGE_ID] [TO]
# With --pipe as the first argument the mail goes straight into rt-mailgate-5, without Exim.
set -euo pipefail
pipe=
[ "${1:-}" = --pipe ] && { pipe=1; shift; }
[ $# -ge 3 ] || { echo "usage: $0 [--pipe] DIR FROM SUBJECT [MESSAGE_ID] [TO] <BODY" >&2; exit 2; }
exec /usr/bin/python3 - "$pipe" "$@" 3<&0 <<'P'
import email.message
import email.utils
import json
import os
import smtplib
import subprocess
import sys

pipe, folder, sender, subject, *more = sys.argv[1:]
labs = json.load(open(os.path.join(folder, "labs.json")))
message = email.message.EmailMessage()
message["From"] = sender
message["To"] = more[1] if len(more) > 1 else "help@acme.test"
message["Subject"] = subject
message["Date"] = email.utils.formatdate()
message["Message-ID"] = (more[0] if more and more[0] else email.utils.make_msgid(domain="acme.test"))
message.set_content(os.fdopen(3).read())
if pipe:
    queue = "Globex" if message["To"].endswith("@globex.test") else "Acme"
    subprocess.run(
        ["rt-mailgate-5", "--queue", queue, "--action", "correspond", "--url", labs["request_tracker"]["plain_url"]],
        input=message.as_bytes(), check=True)
else:
    with smtplib.SMTP(labs["mail"]["host"], labs["mail"]["smtp_port"]) as smtp:
        smtp.send_message(message)
P
