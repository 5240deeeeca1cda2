#!/usr/bin/python3
"""Stands in for sendmail: hands a message from standard input to the mail lab.

usage: sendmail.py SMTP_PORT; recipients are those in To, Cc and Bcc. Addresses outside the lab are
dropped, so that nothing ever leaves the machine.
"""
import email
import email.policy
import email.utils
import smtplib
import sys

message = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.SMTP)
named = [v for field in ("To", "Cc", "Bcc") for v in message.get_all(field, [])]
del message["Bcc"]
local = [a for _, a in email.utils.getaddresses(map(str, named)) if a.endswith((".test",))]
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as smtp:
    for address in local:
        try:
            smtp.sendmail("", [address], message.as_bytes())
        except smtplib.SMTPRecipientsRefused:
            pass
