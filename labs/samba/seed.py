"""The people, groups and devices of the lab's domain, written straight into its database.

usage: seed.py SMB_CONF
"""
import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
db = SamDB(session_info=system_session(), lp=lp)
BASE = str(db.domain_dn())
STAFF, ADMINS, SERVICE, DEVICES = (
    f"OU={name},{BASE}" for name in ("Staff", "Admins", "Service Accounts", "Devices")
)
PASSWORD = "Lab-Pass!2026"


def escape(value):
    """A value inside a distinguished name (RFC 4514)."""
    return "".join("\\" + c if c in ',+"\\<>;=#' else c for c in value)


def quoted(password):
    return f'"{password}"'.encode("utf-16-le")


def user(login, given, family, parent=STAFF, cn=None, password=PASSWORD, disabled=False, **more):
    name = " ".join(p for p in (given, family) if p)
    dn = f"CN={escape(cn or name)},{parent}"
    entry = {
        "dn": dn,
        "objectClass": "user",
        "sAMAccountName": login,
        "userPrincipalName": f"{login}@acme.test",
        "displayName": name,
        "givenName": given,
        "sn": family,
        "unicodePwd": quoted(password),
        "userAccountControl": "514" if disabled else "512",
    }
    entry.update(more)
    db.add({k: v for k, v in entry.items() if v is not None})
    return dn


def group(name, parent=STAFF, members=(), **more):
    dn = f"CN={escape(name)},{parent}"
    entry = {"dn": dn, "objectClass": "group", "sAMAccountName": "".join(c for c in name if c.isalnum() or c == " ").strip(),
             "groupType": "-2147483646"}
    if members:
        entry["member"] = list(members)
    entry.update(more)
    db.add(entry)
    return dn


def add_member(group_dn, member_dn):
    message = ldb.Message(ldb.Dn(db, group_dn))
    message["member"] = ldb.MessageElement(member_dn, ldb.FLAG_MOD_ADD, "member")
    db.modify(message)


def protect(dn):
    """What a Windows domain controller does every hour to members of protected groups: they get
    the access list of AdminSDHolder, which inherits nothing. Samba leaves it to the administrator."""
    holder = db.search(f"CN=AdminSDHolder,CN=System,{BASE}", ldb.SCOPE_BASE,
                       attrs=["nTSecurityDescriptor"])[0]["nTSecurityDescriptor"][0]
    descriptor = ndr_unpack(security.descriptor, holder)
    descriptor.type |= security.SEC_DESC_DACL_PROTECTED
    message = ldb.Message(ldb.Dn(db, dn))
    message["nTSecurityDescriptor"] = ldb.MessageElement(
        ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    message["adminCount"] = ldb.MessageElement("1", ldb.FLAG_MOD_REPLACE, "adminCount")
    db.modify(message, ["sd_flags:1:4"])


for dn in (STAFF, ADMINS, SERVICE, DEVICES):
    db.add({"dn": dn, "objectClass": "organizationalUnit"})

boss = user("mboss", "Max", "Boss", mail="mboss@acme.test", title="Managing Director")
jane = user("jroe", "Jane", "Roe", mail="jroe@acme.test", title="Accountant", department="Finance",
            manager=boss, proxyAddresses=["SMTP:jroe@acme.test", "smtp:jane.roe@acme.test"],
            otherMailbox="jane@home.example")
user("bklein", "Bert", "Klein", mail="bklein@acme.test", manager=boss)
user("amiller", "Alex", "Miller", mail="amiller@acme.test", manager=boss)
user("amiller2", "Alex", "Miller", cn="Alex Miller (Sales)", mail="amiller2@acme.test")
user("jmueller", "Jürgen", "Müller", mail="juergen.mueller@acme.test", title="Lagerist")
user("soneil", "Sean", "O'Neil (*) #1, \\ Dept", cn="Sean O'Neil (*) #1, \\ Dept",
     mail="s.o'neil@acme.test")
petra = user("ppay", "Petra", "Payne", mail="ppay@acme.test", title="Head of Payroll")
user("lleft", "Lea", "Left", mail="lleft@acme.test", disabled=True)
dora = user("dadmin", "Dora", "Admin", mail="dadmin@acme.test")
nils = user("nnested", "Nils", "Nested", mail="nnested@acme.test")
user("sqlrunner", "", "SQL Runner", givenName=None, servicePrincipalName="MSSQLSvc/db1.acme.test:1433")
user("svc-backup", "", "Backup", givenName=None, parent=SERVICE)
user("svc-journeyman", "", "Journeyman", givenName=None, parent=SERVICE, password="Svc-Pass!2026")
user("svc-powerless", "", "Powerless", givenName=None, parent=SERVICE, password="Svc-Pass!2026")

group("Sales", description="Everyone in sales")
group("Finance", description="Ledgers and bank access", managedBy=boss, members=[jane])
group("Payroll", description="Salaries", managedBy=petra)
group("Läger (Nord) *", description="Lagerverwaltung")
helpers = group("Server Helpers", description="Looks harmless", members=[nils])
inner = group("Helpers of Helpers", description="Two steps from the top")
add_member(helpers, inner)
add_member(f"CN=Domain Admins,CN=Users,{BASE}", dora)
add_member(f"CN=Domain Admins,CN=Users,{BASE}", helpers)
for dn in (dora, nils, helpers, inner):
    protect(dn)

for name, owner, system, version in (
    ("ACME-L01", jane, "Windows 11 Pro", "10.0 (26100)"),
    ("ACME-L02", jane, "Windows 10 Pro", "10.0 (19045)"),
    ("ACME-L03", boss, "Windows 11 Pro", "10.0 (26100)"),
):
    db.add({"dn": f"CN={name},{DEVICES}", "objectClass": "computer", "sAMAccountName": f"{name}$",
            "userAccountControl": "4096", "dNSHostName": f"{name.lower()}.acme.test",
            "operatingSystem": system, "operatingSystemVersion": version, "managedBy": owner})
