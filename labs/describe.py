"""Writes DIR/labs.json: where the labs listen and how to sign in. usage: describe.py DIR BASE_PORT LABS"""
import json
import os
import sys

folder, base, labs = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def secret(name, value):
    path = os.path.join(folder, "secrets", name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(value + "\n")
    return path


def token(name):
    with open(os.path.join(folder, "rt", name)) as source:
        return secret(name, source.read().strip())


def tls(name):
    return os.path.join(folder, "tls", name)


described = {
    "postgres": {"url": f"postgres://postgres@127.0.0.1:{base + 432}"},
    "active_directory": {
        "url": f"ldaps://localhost:{base + 636}",
        "plain_url": f"ldap://localhost:{base + 389}",
        "base_dn": "DC=acme,DC=test",
        "people_base": "OU=Staff,DC=acme,DC=test",
        "bind_dn": "svc-journeyman@acme.test",
        "password_file": secret("ad.password", "Svc-Pass!2026"),
        "powerless_bind_dn": "svc-powerless@acme.test",
        "admin_bind_dn": "Administrator@acme.test",
        "admin_password_file": secret("ad-admin.password", "Adm1n-Pass!42"),
        "wrong_password_file": secret("ad-wrong.password", "not-the-password"),
        "user_password": "Lab-Pass!2026",
        "lockout_threshold": 3,
        "ca_file": tls("ca.pem"),
    },
    "request_tracker": {
        "url": f"https://localhost:{base + 443}",
        "plain_url": f"http://127.0.0.1:{base + 80}",
        "ca_file": tls("ca.pem"),
        "token_file": token("bot.token"),
        "idle_token_file": token("idle.token"),
        "wrong_token_file": secret("rt-wrong.token", "1-14-00000000000000000000000000000000"),
        "queues": ["Acme", "Globex"],
        "technician": "tina",
        "technician_password": "Tina-Pass-2026",
        "root_password": "Root-Pass-2026",
    },
    "mail": {
        "host": "127.0.0.1",
        "smtp_port": base + 25,
        "imap_port": base + 143,
        "imaps_port": base + 993,
        "password": "mail-pass",
        "maildir": os.path.realpath(os.path.join(folder, "mail", "mail")),
        "help_desks": {"Acme": "help@acme.test", "Globex": "help@globex.test"},
    },
    "tls": {
        "ca_file": tls("ca.pem"),
        "other_ca_file": tls("other-ca.pem"),
        "expired_certificate": tls("expired.pem"),
        "expired_key": tls("expired.key"),
        "wrong_name_certificate": tls("wrong-name.pem"),
        "wrong_name_key": tls("wrong-name.key"),
    },
    "scripts": labs,
}
path = os.path.join(folder, "labs.json")
with open(path + ".part", "w") as out:
    json.dump(described, out, indent=2)
    out.write("\n")
os.replace(path + ".part", path)
