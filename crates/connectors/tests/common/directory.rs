//! What every directory must do, whatever its vendor. A new connector gives a fixture and runs
//! [`directory_suite`]; which changes are tried follows from its capabilities.

use super::{fresh_password, judge, now, permit};
use async_trait::async_trait;
use connectors::{CallError, Directory, ReadBack};
use domain::{
    Account, AccountQuery, AccountState, Action, ActionKind, Group, Lock,
    action::{
        AddGroupMember, DisableAccount, EnableAccount, RemoveGroupMember, RequirePasswordChange,
        ResetPassword, UnlockAccount,
    },
};
use secrecy::{ExposeSecret, SecretString};

/// How a directory answers a person who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// In.
    Accepted,
    /// Right, but a new password must be chosen first.
    MustChange,
    /// Not with this password, or not now.
    Refused,
}

/// The world behind the connector, reached past it.
#[async_trait]
pub trait World: Sync {
    /// Locks the account as wrong passwords would; `false` where that cannot be done or seen.
    async fn lock_out(&self, _account: &Account) -> bool {
        false
    }

    /// Signs in as the person; `None` where there is nothing to sign in to.
    async fn sign_in(&self, _account: &Account, _password: &str) -> Option<SignIn> {
        None
    }
}

/// Whom the suite finds where. Nothing but `worker` is changed, and that is left enabled and
/// unlocked, in none of the groups named here.
pub struct DirectoryFixture<'a> {
    /// Past the connector.
    pub world: &'a dyn World,
    /// Address of an ordinary person whom the suite may change.
    pub worker: &'a str,
    /// Address of a person who has a manager, with the manager's address.
    pub managed: (&'a str, &'a str),
    /// A further address on file, with its owner's primary one.
    pub alias: Option<(&'a str, &'a str)>,
    /// Given name, family name and address of somebody with letters beyond ASCII.
    pub umlaut: (&'a str, &'a str, &'a str),
    /// A display name full of special characters.
    pub odd_name: &'a str,
    /// A display name that two people have.
    pub twins: &'a str,
    /// Address of a person whose sign-in is blocked.
    pub blocked: &'a str,
    /// Addresses of administrators, nested ones included.
    pub administrators: &'a [&'a str],
    /// Address of an account that shows itself as a service's, where there is one.
    pub service: Option<&'a str>,
    /// Address of a person with devices, and how many.
    pub devices: (&'a str, usize),
    /// An ordinary group.
    pub group: &'a str,
    /// A group whose name is full of special characters, where there is one.
    pub odd_group: Option<&'a str>,
    /// A group and its owner's address.
    pub owned_group: (&'a str, &'a str),
    /// A group that is administrative by nesting, where there is one.
    pub nested_group: Option<&'a str>,
    /// An address of the same form that nobody has.
    pub nobody: &'a str,
}

/// Runs everything.
pub async fn directory_suite(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let probe = dir.probe().await.expect("the probe of a right configuration");
    assert!(!probe.detail.is_empty());
    finds_people(dir, fx).await;
    keeps_values_in_their_place(dir, fx).await;
    shows_who_is_special(dir, fx).await;
    shows_groups_and_devices(dir, fx).await;
    let can = |kind| dir.capabilities().contains(&kind);
    if can(ActionKind::DisableAccount) && can(ActionKind::EnableAccount) {
        blocks_and_allows(dir, fx).await;
    }
    if can(ActionKind::UnlockAccount) {
        unlocks(dir, fx).await;
    }
    if can(ActionKind::ResetPassword) {
        resets(dir, fx).await;
    }
    if can(ActionKind::RequirePasswordChange) {
        requires_a_change(dir, fx).await;
    }
    if can(ActionKind::AddGroupMember) && can(ActionKind::RemoveGroupMember) {
        adds_and_removes(dir, fx).await;
    }
    refuses_what_is_gone(dir, fx).await;
}

/// The one account with this address.
pub async fn by_address(dir: &dyn Directory, address: &str) -> Account {
    let query = AccountQuery::Address(address.into());
    let found = dir.find_accounts(&query).await.unwrap_or_else(|e| panic!("{address}: {e}"));
    assert_eq!(found.len(), 1, "{address} is exactly one account");
    found.into_iter().next().unwrap()
}

/// The one group with this name.
pub async fn group_named(dir: &dyn Directory, name: &str) -> Group {
    let found = dir.find_groups(name).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(found.len(), 1, "{name} is exactly one group");
    found.into_iter().next().unwrap()
}

async fn state_of(dir: &dyn Directory, id: &str) -> AccountState {
    dir.account(id).await.unwrap().expect("the account").state
}

/// Performs the action and expects the change to be shown after it.
pub async fn do_it(dir: &dyn Directory, action: &Action, secret: Option<&SecretString>) {
    let id = &action.account().expect("an account action").id;
    let before = state_of(dir, id).await;
    let started = now();
    dir.perform(permit(action), secret)
        .await
        .unwrap_or_else(|e| panic!("{}: {e}", action.sentence()));
    let shown = dir.read_back(action, Some(&before), started, secret).await.unwrap();
    assert!(matches!(shown, ReadBack::Shown(_)), "{}: {shown:?}", action.sentence());
    if let (ReadBack::Shown(text), Some(secret)) = (&shown, secret) {
        assert!(!text.contains(secret.expose_secret()), "the evidence holds no secret");
    }
}

async fn not_shown(dir: &dyn Directory, action: &Action, secret: Option<&SecretString>) {
    let before = state_of(dir, &action.account().unwrap().id).await;
    let shown = dir.read_back(action, Some(&before), now(), secret).await.unwrap();
    assert!(matches!(shown, ReadBack::NotShown(_)), "{}: {shown:?}", action.sentence());
}

async fn finds_people(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let worker = by_address(dir, fx.worker).await;
    assert_eq!(dir.account(&worker.account.id).await.unwrap().as_ref(), Some(&worker));
    assert_eq!(by_address(dir, &fx.worker.to_uppercase()).await.account, worker.account);
    assert_eq!(by_address(dir, &worker.account.login).await.account, worker.account);
    if let Some((alias, primary)) = fx.alias {
        let owner = by_address(dir, alias).await;
        assert_eq!(owner.mail.as_deref(), Some(primary));
        assert!(owner.other_mails.iter().any(|m| m == alias), "{:?}", owner.other_mails);
    }
    let (managed, manager) = fx.managed;
    let boss = by_address(dir, manager).await;
    assert_eq!(by_address(dir, managed).await.manager_id, Some(boss.account.id));

    let (given, family, address) = fx.umlaut;
    let expected = by_address(dir, address).await.account;
    for name in [
        format!("{given} {family}"),
        format!("{family} {given}"),
        format!("{family}, {given}"),
        format!("{given} {family}").to_uppercase(),
    ] {
        let found = dir.find_accounts(&AccountQuery::Name(name.clone())).await.unwrap();
        assert_eq!(found.iter().map(|a| &a.account).collect::<Vec<_>>(), [&expected], "{name}");
    }
    let twins = dir.find_accounts(&AccountQuery::Name(fx.twins.into())).await.unwrap();
    assert_eq!(twins.len(), 2, "both people of one name are told");
    let odd = dir.find_accounts(&AccountQuery::Name(fx.odd_name.into())).await.unwrap();
    assert_eq!(odd.len(), 1, "{} is found as it is written", fx.odd_name);
    assert_eq!(odd[0].account.name, fx.odd_name);

    assert!(dir.find_accounts(&AccountQuery::Address(fx.nobody.into())).await.unwrap().is_empty());
    assert!(
        dir.find_accounts(&AccountQuery::Name("Nobody Atall".into())).await.unwrap().is_empty()
    );
    assert_eq!(dir.account("00000000-0000-4000-8000-000000000000").await.unwrap(), None);
    assert!(!state_of(dir, &by_address(dir, fx.blocked).await.account.id).await.enabled);
    assert!(worker.state.enabled);
}

/// No text that a stranger wrote widens a search.
async fn keeps_values_in_their_place(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let (name, host) = fx.worker.split_once('@').unwrap();
    for text in [
        "*".to_owned(),
        "*)(uid=*".into(),
        "*)(objectClass=*".into(),
        ")(|(cn=*".into(),
        "\\".into(),
        "\\2a".into(),
        "\0".into(),
        "' or true or mail eq '".into(),
        "') or startswith(mail,'".into(),
        format!("{}*", &name[..1]),
        format!("{name}*@{host}"),
        format!("{name}@{host})(mail=*"),
        String::new(),
        "   ".into(),
    ] {
        for query in [AccountQuery::Address(text.clone()), AccountQuery::Name(text.clone())] {
            let found =
                dir.find_accounts(&query).await.unwrap_or_else(|e| panic!("{query:?}: {e}"));
            assert!(found.is_empty(), "{query:?} found {found:?}");
        }
        assert!(dir.find_groups(&text).await.unwrap().is_empty(), "{text:?}");
        // An id from nowhere names nothing; it may also be refused.
        assert!(!matches!(dir.account(&text).await, Ok(Some(_))), "{text:?}");
        assert!(!matches!(dir.group(&text).await, Ok(Some(_))), "{text:?}");
    }
}

async fn shows_who_is_special(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    for address in fx.administrators {
        let account = by_address(dir, address).await;
        assert!(account.groups.iter().any(|g| g.privileged), "{address}: {:?}", account.groups);
    }
    let worker = by_address(dir, fx.worker).await;
    assert!(!worker.groups.iter().any(|g| g.privileged), "{:?}", worker.groups);
    assert!(worker.service_marks.is_empty(), "{:?}", worker.service_marks);
    if let Some(address) = fx.service {
        assert!(!by_address(dir, address).await.service_marks.is_empty(), "{address}");
    }
}

async fn shows_groups_and_devices(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let plain = group_named(dir, fx.group).await;
    assert!(!plain.group.privileged && plain.privileged_parents.is_empty());
    assert!(!plain.parents.iter().any(|p| p.privileged), "{:?}", plain.parents);
    assert_eq!(group_named(dir, &fx.group.to_uppercase()).await, plain);
    assert_eq!(dir.group(&plain.group.id).await.unwrap(), Some(plain));
    let (owned, owner) = fx.owned_group;
    let owner = by_address(dir, owner).await;
    assert_eq!(group_named(dir, owned).await.owner_ids, [owner.account.id]);
    if let Some(name) = fx.odd_group {
        assert_eq!(group_named(dir, name).await.group.name, name);
    }
    if let Some(name) = fx.nested_group {
        let group = group_named(dir, name).await;
        assert!(!group.privileged_parents.is_empty(), "{name} is administrative by nesting");
    }
    assert!(dir.find_groups("No Such Group").await.unwrap().is_empty());

    let (holder, count) = fx.devices;
    let devices = dir.devices(&by_address(dir, holder).await.account.id).await.unwrap();
    assert_eq!(devices.len(), count, "{devices:?}");
    assert!(devices.iter().all(|d| !d.name.is_empty() && !d.os.is_empty()));
    if holder != fx.worker {
        let none = dir.devices(&by_address(dir, fx.worker).await.account.id).await.unwrap();
        assert!(none.is_empty(), "{none:?}");
    }
}

async fn blocks_and_allows(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let account = by_address(dir, fx.worker).await.account;
    let block = Action::DisableAccount(DisableAccount { account: account.clone() });
    let allow = Action::EnableAccount(EnableAccount { account: account.clone() });
    not_shown(dir, &block, None).await;
    do_it(dir, &block, None).await;
    assert!(!state_of(dir, &account.id).await.enabled);
    not_shown(dir, &allow, None).await;
    // What is there already counts as done.
    do_it(dir, &block, None).await;
    do_it(dir, &allow, None).await;
    do_it(dir, &allow, None).await;
    assert!(state_of(dir, &account.id).await.enabled);
}

async fn unlocks(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let account = by_address(dir, fx.worker).await;
    let unlock = Action::UnlockAccount(UnlockAccount { account: account.account.clone() });
    if fx.world.lock_out(&account).await {
        assert_eq!(state_of(dir, &account.account.id).await.lock, Lock::Locked);
        not_shown(dir, &unlock, None).await;
    }
    do_it(dir, &unlock, None).await;
    assert_eq!(state_of(dir, &account.account.id).await.lock, Lock::Unlocked);
    do_it(dir, &unlock, None).await;
}

async fn resets(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let account = by_address(dir, fx.worker).await;
    let reset = |must_change| {
        Action::ResetPassword(ResetPassword { account: account.account.clone(), must_change })
    };
    let (first, second) = (fresh_password(), fresh_password());
    do_it(dir, &reset(false), Some(&first)).await;
    let signed = fx.world.sign_in(&account, first.expose_secret()).await;
    assert!(matches!(signed, None | Some(SignIn::Accepted)), "{signed:?}");
    if signed.is_some() {
        not_shown(dir, &reset(false), Some(&second)).await;
        fx.world.lock_out(&account).await;
    }
    do_it(dir, &reset(true), Some(&second)).await;
    if signed.is_some() {
        let old = fx.world.sign_in(&account, first.expose_secret()).await;
        assert_eq!(old, Some(SignIn::Refused), "the old password is gone");
        let new = fx.world.sign_in(&account, second.expose_secret()).await;
        assert_eq!(new, Some(SignIn::MustChange), "the new one is right and must be changed");
    }
    let without = dir.perform(permit(&reset(true)), None).await;
    assert!(matches!(without, Err(CallError::Rejected { .. })), "{without:?}");
    do_it(dir, &reset(false), Some(&fresh_password())).await;
}

async fn requires_a_change(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let account = by_address(dir, fx.worker).await;
    let action =
        Action::RequirePasswordChange(RequirePasswordChange { account: account.account.clone() });
    not_shown(dir, &action, None).await;
    do_it(dir, &action, None).await;
    do_it(dir, &action, None).await;
    if !dir.capabilities().contains(&ActionKind::ResetPassword) {
        return;
    }
    let reset = ResetPassword { account: account.account, must_change: false };
    do_it(dir, &Action::ResetPassword(reset), Some(&fresh_password())).await;
}

async fn adds_and_removes(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let account = by_address(dir, fx.worker).await.account;
    let group = group_named(dir, fx.group).await.group;
    let add =
        Action::AddGroupMember(AddGroupMember { account: account.clone(), group: group.clone() });
    let remove = Action::RemoveGroupMember(RemoveGroupMember {
        account: account.clone(),
        group: group.clone(),
    });
    assert!(!dir.is_direct_member(&group.id, &account.id).await.unwrap());
    not_shown(dir, &add, None).await;
    do_it(dir, &add, None).await;
    assert!(dir.is_direct_member(&group.id, &account.id).await.unwrap());
    let now_in = dir.account(&account.id).await.unwrap().unwrap().groups;
    assert!(now_in.iter().any(|g| g.id == group.id), "{now_in:?}");
    not_shown(dir, &remove, None).await;
    do_it(dir, &add, None).await;
    do_it(dir, &remove, None).await;
    do_it(dir, &remove, None).await;
    assert!(!dir.is_direct_member(&group.id, &account.id).await.unwrap());
}

async fn refuses_what_is_gone(dir: &dyn Directory, fx: &DirectoryFixture<'_>) {
    let mut account = by_address(dir, fx.worker).await.account;
    account.id = "00000000-0000-4000-8000-000000000000".into();
    let action = Action::DisableAccount(DisableAccount { account });
    if !dir.capabilities().contains(&action.kind()) {
        return;
    }
    let answer = dir.perform(permit(&action), None).await;
    assert!(matches!(answer, Err(CallError::Rejected { .. })), "{answer:?}");
    let shown = dir.read_back(&action, None, now(), None).await.unwrap();
    assert!(matches!(shown, ReadBack::NotShown(_)), "{shown:?}");
}

/// The gate itself keeps hands off the administrators that this directory shows.
pub fn assert_gate_refuses(action: &Action, account: &Account) {
    let at = now();
    let mut facts = super::harmless_facts(at);
    let privileged: Vec<String> =
        account.groups.iter().filter(|g| g.privileged).map(|g| g.name.clone()).collect();
    let target = domain::TargetFacts {
        exists: true,
        identities: vec![],
        privileged,
        service: account.service_marks.clone(),
        break_glass: false,
        as_named: true,
    };
    facts.target = domain::Fact::known(target, "test", at);
    let verdict = judge(action, &facts, at);
    assert_eq!(verdict.follows(), &domain::Follow::Refuse, "{:?}", verdict.record().findings);
}
