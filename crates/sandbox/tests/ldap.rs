//! The Active Directory stand-in, spoken to by an LDAP client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The sandbox lives in real time.
#![allow(clippy::disallowed_methods)]

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapResult, Mod, Scope, SearchEntry, SearchOptions};
use sandbox::world::{Company, Person, PersonKind};
use sandbox::{
    DirectoryAccess, Effect, Fault, FaultKind, Options, Preparation, Sandbox, System, WriteKind,
};
use std::collections::HashSet;

const CLIENT: &str = "lakeside";

struct Bench {
    sandbox: Sandbox,
    base: String,
    bind_dn: String,
    password: String,
}

async fn bench() -> Bench {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let client = sandbox.access().clients.into_iter().find(|c| c.id.as_str() == CLIENT).unwrap();
    let DirectoryAccess::ActiveDirectory { url, base_dn, bind_dn, bind_password, .. } =
        client.directory
    else {
        panic!("{CLIENT} uses Active Directory");
    };
    assert_eq!(url, sandbox.ldap_url());
    let password = bind_password.reveal().to_owned();
    Bench { sandbox, base: base_dn, bind_dn, password }
}

impl Bench {
    async fn connect(&self) -> Ldap {
        let (connection, ldap) = LdapConnAsync::new(self.sandbox.ldap_url()).await.unwrap();
        ldap3::drive!(connection);
        ldap
    }

    async fn signed_in(&self) -> Ldap {
        let mut ldap = self.connect().await;
        ldap.simple_bind(&self.bind_dn, &self.password).await.unwrap().success().unwrap();
        ldap
    }

    /// Result code and Windows' sub-code of a sign-in.
    async fn bind(&self, who: &str, password: &str) -> (u32, String) {
        let result = self.connect().await.simple_bind(who, password).await.unwrap();
        let code = result.text.split("data ").nth(1).unwrap_or_default();
        (result.rc, code.split(',').next().unwrap().to_owned())
    }

    fn world<T>(&self, read: impl FnOnce(&Company) -> T) -> T {
        self.sandbox.world().company(CLIENT, read).unwrap()
    }

    /// Ordinary people whose sign-in works.
    fn people(&self) -> Vec<Person> {
        self.world(|c| {
            let old = |p: &Person| self.age_days(p) > 100;
            let plain =
                |p: &&Person| p.kind == PersonKind::Human && p.enabled && !c.is_privileged(&p.id);
            c.people.iter().skip(14).filter(plain).filter(|p| !old(p)).cloned().collect()
        })
    }

    fn age_days(&self, person: &Person) -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        (now.as_millis() as i64 - person.password_set_at.0) as u64 / 86_400_000
    }

    async fn find(
        &self,
        ldap: &mut Ldap,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Vec<SearchEntry> {
        let adapters: Vec<Box<dyn Adapter<'_, &str, &[&str]>>> = vec![Box::new(EntriesOnly::new())];
        let attributes: &[&str] = &["*", "msDS-User-Account-Control-Computed"];
        let mut stream =
            ldap.streaming_search_with(adapters, base, scope, filter, attributes).await.unwrap();
        let mut out = Vec::new();
        while let Some(entry) = stream.next().await.unwrap() {
            out.push(SearchEntry::construct(entry));
        }
        stream.finish().await.success().unwrap();
        out
    }

    async fn dn(&self, ldap: &mut Ldap, login: &str) -> String {
        let filter = format!("(userPrincipalName={login})");
        let mut found = self.find(ldap, &self.base, Scope::Subtree, &filter).await;
        assert_eq!(found.len(), 1, "{login}");
        found.remove(0).dn
    }

    async fn group_dn(&self, ldap: &mut Ldap, name: &str) -> String {
        let filter = format!("(&(objectClass=group)(cn={name}))");
        self.find(ldap, &self.base, Scope::Subtree, &filter).await.remove(0).dn
    }

    fn effects(&self) -> Vec<Effect> {
        let records = self.sandbox.effects();
        assert!(records.iter().all(|r| r.system == System::ActiveDirectory));
        assert!(records.iter().all(|r| r.client.as_str() == CLIENT));
        records.into_iter().map(|r| r.effect).collect()
    }
}

fn values(value: &[u8]) -> HashSet<Vec<u8>> {
    HashSet::from([value.to_vec()])
}

fn replace(attribute: &str, value: &[u8]) -> Mod<Vec<u8>> {
    Mod::Replace(attribute.as_bytes().to_vec(), values(value))
}

fn new_password(password: &str) -> Mod<Vec<u8>> {
    let quoted: Vec<u8> =
        format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    replace("unicodePwd", &quoted)
}

async fn modify(ldap: &mut Ldap, dn: &str, changes: Vec<Mod<Vec<u8>>>) -> LdapResult {
    ldap.modify(dn, changes).await.unwrap()
}

#[tokio::test]
async fn the_server_introduces_itself_to_anybody_and_shows_people_only_after_sign_in() {
    let b = bench().await;
    let mut ldap = b.connect().await;
    let root = b.find(&mut ldap, "", Scope::Base, "(objectClass=*)").await;
    let said = |name: &str| root[0].attrs.get(name).cloned().unwrap_or_default();
    assert_eq!(said("defaultNamingContext"), std::slice::from_ref(&b.base));
    assert_eq!(said("supportedLDAPVersion"), ["3"]);
    assert!(said("supportedControl").contains(&"1.2.840.113556.1.4.319".to_owned()), "paging");
    let refused = ldap.search(&b.base, Scope::Subtree, "(objectClass=user)", vec!["cn"]).await;
    let refused = refused.unwrap().1;
    assert_eq!(refused.rc, 1);
    assert!(refused.text.contains("successful bind must be completed"), "{}", refused.text);
    assert_eq!(modify(&mut ldap, &b.base, vec![replace("cn", b"x")]).await.rc, 1);
}

#[tokio::test]
async fn sign_in_is_refused_with_the_codes_of_windows() {
    let b = bench().await;
    let person = b.people().remove(0);
    let password = person.password.reveal().to_owned();
    let login = person.login.as_str();
    let mut ldap = b.signed_in().await;
    let dn = b.dn(&mut ldap, login).await;
    let short = format!("LAKESIDE-BUILDE\\{}", person.short_name);
    for name in [login, &login.to_uppercase(), &dn, &short] {
        assert_eq!(b.bind(name, &password).await.0, 0, "{name}");
    }
    assert_eq!(b.bind("nobody@lakeside-builders.example", "x").await, (49, "525".into()));
    assert_eq!(b.bind(login, "wrong").await, (49, "52e".into()));
    assert_eq!(b.bind(&b.bind_dn, "wrong").await, (49, "52e".into()));
    // The right password ends the count; then five wrong ones in a row lock, and it shows at once.
    assert_eq!(b.bind(login, &password).await.0, 0);
    for _ in 0..5 {
        assert_eq!(b.bind(login, "wrong").await, (49, "52e".into()));
    }
    assert_eq!(b.bind(login, "wrong").await, (49, "775".into()));
    assert_eq!(b.bind(login, &password).await, (49, "775".into()));
    assert!(b.world(|c| c.by_login(login).unwrap().locked()));
    assert!(b.effects().is_empty(), "nobody's API call did that");

    let unlocked = modify(&mut ldap, &dn, vec![replace("lockoutTime", b"0")]).await;
    assert_eq!(unlocked.rc, 0, "{}", unlocked.text);
    assert_eq!(b.bind(login, &password).await.0, 0);

    let states = [
        (Preparation::Expire { login: login.into() }, "532"),
        (Preparation::Block { login: login.into() }, "533"),
        (Preparation::Lock { login: login.into() }, "775"),
    ];
    for (preparation, code) in states {
        b.sandbox.prepare(CLIENT, &preparation);
        assert_eq!(b.bind(login, &password).await, (49, code.into()));
    }
}

#[tokio::test]
async fn a_blocked_or_expired_account_tells_so_only_to_who_knows_the_password() {
    let b = bench().await;
    let people = b.people();
    let (blocked, expired) = (people[0].login.clone(), people[1].login.clone());
    b.sandbox.prepare(CLIENT, &Preparation::Block { login: blocked.clone() });
    b.sandbox.prepare(CLIENT, &Preparation::Expire { login: expired.clone() });
    for login in [blocked, expired] {
        assert_eq!(b.bind(&login, "wrong").await, (49, "52e".into()), "{login}");
    }
}

#[tokio::test]
async fn an_entry_has_the_attributes_of_a_domain() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let person = b.world(|c| c.people[30].clone());
    b.sandbox.prepare(CLIENT, &Preparation::Lock { login: person.login.clone() });
    let dn = b.dn(&mut ldap, &person.login).await;
    let entry = b.find(&mut ldap, &dn.to_lowercase(), Scope::Base, "(objectCategory=person)").await;
    let entry = &entry[0];
    let text = |name: &str| entry.attrs.get(name).and_then(|v| v.first()).cloned();
    let guid = uuid_of(entry);
    assert_eq!(guid, person.id);
    assert_eq!(text("sAMAccountName"), Some(person.short_name.clone()));
    assert_eq!(text("otherMailbox"), person.other_mails.first().cloned());
    assert_eq!(text("proxyAddresses"), Some(format!("SMTP:{}", person.mail)));
    assert_eq!(text("userAccountControl").as_deref(), Some("512"));
    assert_ne!(text("lockoutTime").as_deref(), Some("0"));
    let computed: i64 = text("msDS-User-Account-Control-Computed").unwrap().parse().unwrap();
    assert_eq!(computed & 0x10, 0x10, "locked out");
    let set: i64 = text("pwdLastSet").unwrap().parse().unwrap();
    assert_eq!(set / 10_000 - 11_644_473_600_000, person.password_set_at.0);
    let manager = person.manager.clone().unwrap();
    let boss =
        b.find(&mut ldap, &text("manager").unwrap(), Scope::Base, "(objectClass=user)").await;
    assert_eq!(uuid_of(&boss[0]), manager);
    assert!(!entry.attrs.contains_key("unicodePwd") && !entry.bin_attrs.contains_key("unicodePwd"));

    let by_guid = b.find(&mut ldap, &format!("<GUID={guid}>"), Scope::Base, "(cn=*)").await;
    assert_eq!(by_guid[0].dn, dn);
    let computers = b
        .find(
            &mut ldap,
            &b.base,
            Scope::Subtree,
            &format!("(&(objectCategory=computer)(managedBy={dn}))"),
        )
        .await;
    assert_eq!(computers.len(), 1, "phones are no domain computers");
    let named = ldap.search(&dn, Scope::Base, "(cn=*)", vec!["DISPLAYNAME"]).await.unwrap();
    let only = SearchEntry::construct(named.0.into_iter().next().unwrap());
    assert_eq!(only.attrs.keys().collect::<Vec<_>>(), ["displayName"]);
}

fn uuid_of(entry: &SearchEntry) -> String {
    // The client files bytes that happen to be text under texts.
    let bytes = match entry.bin_attrs.get("objectGUID") {
        Some(values) => values[0].clone(),
        None => entry.attrs["objectGUID"][0].clone().into_bytes(),
    };
    let b: [u8; 16] = bytes.try_into().unwrap();
    format!(
        "{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{}",
        u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        u16::from_le_bytes([b[4], b[5]]),
        u16::from_le_bytes([b[6], b[7]]),
        b[8],
        b[9],
        b[10..].iter().map(|x| format!("{x:02x}")).collect::<String>()
    )
}

#[tokio::test]
async fn searches_keep_to_their_scope_and_come_in_pages() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let staff = format!("OU=Staff,{}", b.base);
    let below = b.find(&mut ldap, &staff, Scope::OneLevel, "(objectClass=user)").await;
    let humans = b.world(|c| c.people.iter().filter(|p| p.kind == PersonKind::Human).count());
    assert_eq!(below.len(), humans);
    let base = b.find(&mut ldap, &staff, Scope::Base, "(objectClass=*)").await;
    assert_eq!(base.len(), 1);

    let adapters: Vec<Box<dyn Adapter<'_, &str, &[&str]>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(7))];
    let attributes: &[&str] = &["cn"];
    let mut stream = ldap
        .streaming_search_with(adapters, &b.base, Scope::Subtree, "(objectClass=user)", attributes)
        .await
        .unwrap();
    let mut names = HashSet::new();
    while let Some(entry) = stream.next().await.unwrap() {
        assert!(names.insert(SearchEntry::construct(entry).dn), "no entry comes twice");
    }
    stream.finish().await.success().unwrap();
    let all = b.find(&mut ldap, &b.base, Scope::Subtree, "(objectClass=user)").await;
    assert_eq!(names.len(), all.len());

    let limited = ldap
        .with_search_options(SearchOptions::new().sizelimit(3))
        .search(&staff, Scope::Subtree, "(objectClass=user)", vec!["cn"])
        .await
        .unwrap();
    assert_eq!((limited.0.len(), limited.1.rc), (3, 4));

    for (base, code) in
        [(format!("OU=Nowhere,{}", b.base), 32), ("DC=other,DC=test".into(), 10), ("x".into(), 34)]
    {
        let answer = ldap.search(&base, Scope::Subtree, "(cn=*)", vec!["cn"]).await.unwrap().1;
        assert_eq!(answer.rc, code, "{base}");
    }
}

#[tokio::test]
async fn several_changes_happen_together_or_not_at_all() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let person = b.people().remove(0);
    let (login, old) = (person.login.clone(), person.password.reveal().to_owned());
    let dn = b.dn(&mut ldap, &login).await;
    b.sandbox.prepare(CLIENT, &Preparation::Lock { login: login.clone() });

    let weak = vec![replace("lockoutTime", b"0"), new_password("abc"), replace("pwdLastSet", b"0")];
    let refused = modify(&mut ldap, &dn, weak).await;
    assert_eq!(refused.rc, 19);
    assert!(refused.text.starts_with("0000052D: AtrErr"), "{}", refused.text);
    let unknown = vec![replace("lockoutTime", b"0"), replace("shoeSize", b"44")];
    assert_eq!(modify(&mut ldap, &dn, unknown).await.rc, 16);
    let plain_text = vec![replace("lockoutTime", b"0"), replace("unicodePwd", b"Abc-12345")];
    assert_eq!(modify(&mut ldap, &dn, plain_text).await.rc, 53);
    assert!(b.effects().is_empty(), "{:?}", b.effects());
    assert_eq!(b.bind(&login, &old).await.1, "775", "still locked");

    let right = vec![
        new_password("Fjord-7291-ü"),
        replace("lockoutTime", b"0"),
        replace("pwdLastSet", b"0"),
    ];
    assert_eq!(modify(&mut ldap, &dn, right).await.rc, 0);
    assert_eq!(
        b.effects(),
        [Effect::PasswordSet { login: login.clone() }, Effect::Unlocked { login: login.clone() }]
    );
    assert_eq!(b.bind(&login, "Fjord-7291-ü").await, (49, "773".into()));
    assert_eq!(b.bind(&login, &old).await, (49, "52e".into()));
    assert_eq!(modify(&mut ldap, &dn, vec![replace("pwdLastSet", b"-1")]).await.rc, 0);
    assert_eq!(b.bind(&login, "Fjord-7291-ü").await.0, 0);
    assert_eq!(b.sandbox.write_count(CLIENT, &login, WriteKind::Password), 1);
    assert_eq!(b.sandbox.write_count(CLIENT, &login, WriteKind::Unlock), 1);
}

#[tokio::test]
async fn the_block_is_a_compare_and_set() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let person = b.people().remove(1);
    let dn = b.dn(&mut ldap, &person.login).await;
    let flags = b"userAccountControl".to_vec();
    let swap = |old: &[u8], new: &[u8]| {
        vec![Mod::Delete(flags.clone(), values(old)), Mod::Add(flags.clone(), values(new))]
    };
    assert_eq!(modify(&mut ldap, &dn, swap(b"514", b"512")).await.rc, 16, "it is not 514");
    assert_eq!(modify(&mut ldap, &dn, swap(b"512", b"514")).await.rc, 0);
    assert_eq!(modify(&mut ldap, &dn, swap(b"512", b"514")).await.rc, 16, "no longer 512");
    let gone = vec![Mod::Delete(flags.clone(), values(b"514"))];
    assert_eq!(modify(&mut ldap, &dn, gone).await.rc, 65);
    let second = vec![Mod::Add(flags.clone(), values(b"512"))];
    assert_eq!(modify(&mut ldap, &dn, second).await.rc, 20);
    assert_eq!(b.effects(), [Effect::Disabled { login: person.login.clone() }]);
    assert_eq!(b.bind(&person.login, person.password.reveal()).await.1, "533");
}

#[tokio::test]
async fn memberships_change_once_and_say_so_the_second_time() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let person = b.people().pop().unwrap();
    let dn = b.dn(&mut ldap, &person.login).await;
    let group = b.group_dn(&mut ldap, "Wiki Editors").await;
    let member = || (b"member".to_vec(), values(dn.as_bytes()));
    let add = || vec![Mod::Add(member().0, member().1)];
    let remove = || vec![Mod::Delete(member().0, member().1)];
    assert_eq!(modify(&mut ldap, &group, add()).await.rc, 0);
    assert_eq!(modify(&mut ldap, &group, add()).await.rc, 68);
    let listed = b.find(&mut ldap, &group, Scope::Base, &format!("(member={dn})")).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(modify(&mut ldap, &group, remove()).await.rc, 0);
    assert_eq!(modify(&mut ldap, &group, remove()).await.rc, 53);
    let nobody = format!("CN=Nobody,{}", b.base);
    let wrong = vec![Mod::Add(b"member".to_vec(), values(nobody.as_bytes()))];
    assert_eq!(modify(&mut ldap, &group, wrong).await.rc, 32);
    let all = vec![Mod::Replace(b"member".to_vec(), HashSet::new())];
    assert_eq!(modify(&mut ldap, &group, all).await.rc, 53);
    let (group, login) = ("Wiki Editors".to_owned(), person.login.clone());
    assert_eq!(
        b.effects(),
        [
            Effect::MemberAdded { group: group.clone(), login: login.clone() },
            Effect::MemberRemoved { group: group.clone(), login },
        ]
    );
    assert_eq!(b.sandbox.write_count(CLIENT, &group, WriteKind::AddMember), 2);
    assert_eq!(b.sandbox.write_count(CLIENT, &group, WriteKind::RemoveMember), 2);
}

#[tokio::test]
async fn rights_reach_ordinary_staff_and_nothing_else() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let (direct, nested, service, glass) = b.world(|c| {
        let admins = c.group_named("Domain Admins").unwrap();
        let team = c.group_named("Server Operations").unwrap();
        let login = |id: &str| c.person(id).unwrap().login.clone();
        let kind = |kind| c.people.iter().find(|p| p.kind == kind).unwrap().login.clone();
        (
            login(&admins.members[0]),
            login(&team.members[0]),
            kind(PersonKind::Service),
            kind(PersonKind::BreakGlass),
        )
    });
    for login in [direct, nested, service, glass] {
        let dn = b.dn(&mut ldap, &login).await;
        let changes = [
            new_password("Fjord-7291-u"),
            replace("lockoutTime", b"0"),
            replace("pwdLastSet", b"0"),
            replace("userAccountControl", b"514"),
        ];
        for change in changes {
            assert_eq!(modify(&mut ldap, &dn, vec![change]).await.rc, 50, "{login}");
        }
    }
    let person = b.people().remove(0);
    let dn = b.dn(&mut ldap, &person.login).await;
    for group in ["Domain Admins", "Account Operators", "Server Operations", "Domain Users"] {
        let group = b.group_dn(&mut ldap, group).await;
        let add = vec![Mod::Add(b"member".to_vec(), values(dn.as_bytes()))];
        assert_eq!(modify(&mut ldap, &group, add).await.rc, 50, "{group}");
    }
    assert_eq!(modify(&mut ldap, &dn, vec![replace("title", b"Boss")]).await.rc, 50);
    assert_eq!(ldap.delete(&dn).await.unwrap().rc, 50);

    // Nor may a person change anybody.
    let mut own = b.connect().await;
    own.simple_bind(&person.login, person.password.reveal()).await.unwrap().success().unwrap();
    assert_eq!(modify(&mut own, &dn, vec![replace("lockoutTime", b"0")]).await.rc, 50);
    assert!(b.effects().is_empty());
}

#[tokio::test]
async fn faults_hit_before_or_after_the_change_or_answer_for_it() {
    let b = bench().await;
    let person = b.people().remove(0);
    let dn = b.dn(&mut b.signed_in().await, &person.login).await;
    let fault = |kind| {
        b.sandbox.fault(Fault {
            system: System::ActiveDirectory,
            method: Some("MODIFY".into()),
            path_contains: dn.clone(),
            kind,
            times: 1,
        });
    };
    let due = || vec![replace("pwdLastSet", b"0")];

    fault(FaultKind::Status { code: 503, retry_after_s: None });
    let mut ldap = b.signed_in().await;
    assert_eq!(modify(&mut ldap, &dn, due()).await.rc, 52);
    fault(FaultKind::DropBefore);
    assert!(ldap.modify(&dn, due()).await.is_err());
    assert!(b.effects().is_empty());

    fault(FaultKind::DropAfter);
    let mut ldap = b.signed_in().await;
    assert!(ldap.modify(&dn, due()).await.is_err());
    assert_eq!(b.effects(), [Effect::ChangeRequired { login: person.login.clone() }]);
    let before = b.sandbox.requests(System::ActiveDirectory);
    b.signed_in().await;
    assert_eq!(b.sandbox.requests(System::ActiveDirectory), before + 1);
    assert_eq!(b.sandbox.requests(System::Graph), 0);
}

#[tokio::test]
async fn nonsense_ends_the_connection_and_harms_nobody_else() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let b = bench().await;
    let mut other = b.signed_in().await;
    let addr = b.sandbox.ldap_url().strip_prefix("ldap://").unwrap().to_owned();
    for junk in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], &[0x30, 2, 5, 0]]
    {
        let mut raw = tokio::net::TcpStream::connect(&addr).await.unwrap();
        raw.write_all(junk).await.unwrap();
        let mut notice = Vec::new();
        raw.read_to_end(&mut notice).await.unwrap();
        let oid = b"1.3.6.1.4.1.1466.20036";
        assert!(notice.windows(oid.len()).any(|w| w == oid), "it says that it hangs up");
    }
    let still = b.find(&mut other, &b.base, Scope::Base, "(objectClass=domain)").await;
    assert_eq!(still.len(), 1);
}

#[tokio::test]
async fn dropping_the_sandbox_ends_every_connection() {
    let b = bench().await;
    let mut ldap = b.signed_in().await;
    let base = b.base.clone();
    drop(b);
    let answer = ldap.search(&base, Scope::Base, "(objectClass=*)", vec!["cn"]).await;
    assert!(answer.is_err(), "{answer:?}");
}
