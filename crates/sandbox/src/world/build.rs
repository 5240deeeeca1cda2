//! Draws the companies from the seed.

use super::names::{BUILDERS, DENTAL, GIVEN, LOGISTICS, SURNAME};
use super::{Company, DirectoryKind, Group, GroupKind, Person, PersonKind, World};
use crate::Secret;
use domain::{ClientId, UnixMs};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub(super) const DAY_MS: i64 = 86_400_000;
const HUMANS: usize = 40;

type Departments = &'static [(&'static str, &'static str, &'static [&'static str])];

pub(super) struct Plan {
    pub(super) id: &'static str,
    name: &'static str,
    domain: &'static str,
    kind: DirectoryKind,
    departments: Departments,
    projects: &'static [(&'static str, &'static str)],
}

const PLANS: [Plan; 3] = [
    Plan {
        id: "fabrikam",
        name: "Fabrikam Dental",
        domain: "fabrikam-dental.example",
        kind: DirectoryKind::Graph,
        departments: DENTAL,
        projects: &[
            ("Project Falcon", "New practice opening"),
            ("Patient Portal", "Portal rollout"),
        ],
    },
    Plan {
        id: "northwind",
        name: "Northwind Logistics",
        domain: "northwind-logistics.example",
        kind: DirectoryKind::Graph,
        departments: LOGISTICS,
        projects: &[("Project Falcon", "New depot"), ("Fleet Telematics", "Vehicle data pilot")],
    },
    Plan {
        id: "lakeside",
        name: "Lakeside Builders",
        domain: "lakeside-builders.example",
        kind: DirectoryKind::ActiveDirectory,
        departments: BUILDERS,
        projects: &[("Project Falcon", "Harbour tower"), ("Site Photos", "Photo archive")],
    },
];

impl World {
    /// The world of this seed, with ages counted back from `now`.
    pub fn new(seed: u64, now: UnixMs) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let companies = PLANS
            .iter()
            .filter_map(|plan| {
                let id = ClientId::new(plan.id).ok()?;
                Some(Builder { plan, now, rng: &mut rng }.company(id))
            })
            .collect();
        World { companies }
    }
}

pub(crate) fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(rng.random_range(0..from.len())) }
}

pub(crate) fn guid(rng: &mut StdRng) -> String {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string()
}

pub(super) struct Builder<'a> {
    pub(super) plan: &'static Plan,
    pub(super) now: UnixMs,
    pub(super) rng: &'a mut StdRng,
}

impl Builder<'_> {
    fn company(&mut self, id: ClientId) -> Company {
        let mut company = Company {
            id,
            name: self.plan.name.into(),
            domain: self.plan.domain.into(),
            kind: self.plan.kind,
            tenant: guid(self.rng),
            people: Vec::new(),
            groups: Vec::new(),
            devices: Vec::new(),
            licences: Vec::new(),
        };
        self.humans(&mut company);
        self.machines(&mut company);
        self.states(&mut company);
        self.groups(&mut company);
        self.admins(&mut company);
        self.devices(&mut company);
        self.licences(&mut company);
        company
    }

    fn humans(&mut self, company: &mut Company) {
        let boss = self.human(company, "Management", "Managing Director", None);
        self.human(company, "Management", "Office Manager", Some(boss.clone()));
        let mut heads = Vec::new();
        for (department, title, _) in self.plan.departments {
            heads.push(self.human(company, department, title, Some(boss.clone())));
        }
        let mut at = 0;
        while company.people.len() < HUMANS {
            let place = at % self.plan.departments.len();
            let (department, _, titles) = self.plan.departments[place];
            let title = pick(self.rng, titles).copied().unwrap_or("Assistant");
            self.human(company, department, title, heads.get(place).cloned());
            at += 1;
        }
    }

    fn human(
        &mut self,
        company: &mut Company,
        dept: &str,
        title: &str,
        boss: Option<String>,
    ) -> String {
        // Two people of one name in each company: the last one repeats an earlier name.
        let twin = (company.people.len() + 1 == HUMANS)
            .then(|| company.people.get(12).map(|p| (p.given_name.clone(), p.surname.clone())))
            .flatten();
        let (given, surname) = match twin {
            Some(names) => names,
            None => self.fresh_name(company),
        };
        let plain = format!("{}.{}", given.to_lowercase(), surname.to_lowercase());
        let login = match company.by_login(&format!("{plain}@{}", self.plan.domain)) {
            Some(_) => format!("{plain}2@{}", self.plan.domain),
            None => format!("{plain}@{}", self.plan.domain),
        };
        let year = self.rng.random_range(60..99);
        let host = if self.rng.random_bool(0.5) { "homemail.example" } else { "postbox.example" };
        let private = format!("{}{}{year}@{host}", given.to_lowercase(), surname.to_lowercase());
        let id = guid(self.rng);
        let mut person = self.account(PersonKind::Human, id.clone(), &login);
        person.display_name = format!("{given} {surname}");
        person.given_name = given;
        person.surname = surname;
        person.mail = login;
        person.other_mails = vec![private];
        person.title = title.into();
        person.department = dept.into();
        person.manager = boss;
        person.phone = format!("+1 555 01{:02}", company.people.len());
        company.people.push(person);
        id
    }

    fn fresh_name(&mut self, company: &Company) -> (String, String) {
        loop {
            let given = pick(self.rng, GIVEN).copied().unwrap_or("Robin");
            let surname = pick(self.rng, SURNAME).copied().unwrap_or("Doe");
            let taken = company.people.iter().any(|p| {
                p.surname == surname || {
                    p.given_name == given && company.people.len() < GIVEN.len() / 2
                }
            });
            if !taken {
                return (given.into(), surname.into());
            }
        }
    }

    fn account(&mut self, kind: PersonKind, id: String, login: &str) -> Person {
        let age = self.rng.random_range(5..170) * DAY_MS + self.rng.random_range(0..DAY_MS);
        let password =
            Secret::new(format!("Start-{:08x}-{:04}", self.rng.random::<u32>(), id.len()));
        let name = login.split('@').next().unwrap_or_default();
        Person {
            id,
            kind,
            login: login.into(),
            short_name: name.chars().take(20).collect(),
            given_name: String::new(),
            surname: String::new(),
            display_name: name.into(),
            mail: String::new(),
            other_mails: Vec::new(),
            title: String::new(),
            department: String::new(),
            manager: None,
            phone: String::new(),
            enabled: true,
            locked_at: None,
            must_change: false,
            password_set_at: UnixMs(self.now.0.saturating_sub(age) / 1000 * 1000),
            password,
            service_names: Vec::new(),
            created_at: UnixMs(self.now.0.saturating_sub(age + 400 * DAY_MS) / 1000 * 1000),
        }
    }

    /// Service and emergency accounts.
    fn machines(&mut self, company: &mut Company) {
        for (name, what) in [
            ("svc-backup", "Backup service"),
            ("svc-scanner", "Scan to mail"),
            ("svc-sync", "Directory sync"),
        ] {
            let id = guid(self.rng);
            let mut account =
                self.account(PersonKind::Service, id, &format!("{name}@{}", self.plan.domain));
            account.display_name = what.into();
            account.title = "Service account".into();
            account.service_names = vec![format!("HOST/{name}.{}", self.plan.domain)];
            company.people.push(account);
        }
        for name in ["breakglass1", "breakglass2"] {
            let id = guid(self.rng);
            let mut account =
                self.account(PersonKind::BreakGlass, id, &format!("{name}@{}", self.plan.domain));
            account.display_name =
                format!("Emergency Access {}", name.trim_start_matches("breakglass"));
            company.people.push(account);
        }
    }

    /// A few blocked accounts, and one person who is about to leave.
    fn states(&mut self, company: &mut Company) {
        for place in [17, 26, 33] {
            if let Some(person) = company.people.get_mut(place) {
                person.enabled = false;
            }
        }
        if let Some(person) = company.people.get_mut(LEAVER) {
            person.title = format!("{} (leaving)", person.title);
        }
    }

    fn group(&mut self, kind: GroupKind, name: &str, description: &str) -> Group {
        Group {
            id: guid(self.rng),
            kind,
            name: name.into(),
            description: description.into(),
            members: Vec::new(),
            owners: Vec::new(),
            rid: None,
            role_assignable: false,
            sensitive: false,
            privileged: false,
        }
    }

    fn groups(&mut self, company: &mut Company) {
        use GroupKind::{Mail, Security};
        let head = |title: &str| {
            company
                .people
                .iter()
                .find(|p| p.title == title)
                .map(|p| p.id.clone())
                .unwrap_or_default()
        };
        let at = |place: usize| company.people.get(place).map(|p| p.id.clone()).unwrap_or_default();
        let (boss, office) = (at(0), at(1));
        let finance = head("Chief Financial Officer");
        let people = head("Head of Human Resources");
        let mut made = vec![
            (self.group(Mail, "All Staff", "Everyone"), office.clone(), 0..HUMANS),
            (self.group(Mail, "Marketing Team", "Campaigns and web site"), at(6), 10..16),
            (
                self.group(Security, "Wiki Editors", "May edit the company wiki"),
                office.clone(),
                8..14,
            ),
            (self.group(Security, "Meeting Room Booking", "May book rooms"), office, 5..20),
        ];
        for (place, (name, what)) in self.plan.projects.iter().enumerate() {
            let from = 14 + place * 6;
            made.push((self.group(Mail, name, what), at(8 + place), from..from + 6));
        }
        let mut sensitive = vec![
            (
                self.group(Security, "Finance", "Accounting system and bank files"),
                finance.clone(),
                20..23,
            ),
            (self.group(Security, "Payroll", "Wages and salaries"), finance, 22..24),
            (self.group(Security, "HR Confidential", "Personal files"), people, 24..26),
            (self.group(Security, "Executives", "Board papers"), boss, 0..1),
            (self.group(Security, "VPN Users", "Remote access"), at(7), 0..18),
        ];
        sensitive.iter_mut().for_each(|(g, _, _)| g.sensitive = true);
        for (mut group, owner, members) in made.into_iter().chain(sensitive) {
            group.owners = vec![owner];
            group.members = company
                .people
                .get(members)
                .unwrap_or_default()
                .iter()
                .map(|p| p.id.clone())
                .collect();
            company.groups.push(group);
        }
    }

    fn admins(&mut self, company: &mut Company) {
        let it: Vec<String> = company
            .people
            .iter()
            .filter(|p| p.department == "IT" && p.enabled)
            .map(|p| p.id.clone())
            .collect();
        let direct = it.first().cloned();
        let nested = it.get(1).cloned();
        let glass: Vec<String> = company
            .people
            .iter()
            .filter(|p| p.kind == PersonKind::BreakGlass)
            .map(|p| p.id.clone())
            .collect();
        let mut team = self.group(GroupKind::Security, "Server Operations", "Runs the servers");
        team.members = nested.into_iter().collect();
        team.owners = direct.iter().cloned().collect();
        team.privileged = true;
        team.role_assignable = self.plan.kind == DirectoryKind::Graph;
        let (high, low, kind) = match self.plan.kind {
            DirectoryKind::Graph => ("Global Administrator", "User Administrator", GroupKind::Role),
            DirectoryKind::ActiveDirectory => {
                ("Domain Admins", "Account Operators", GroupKind::Security)
            }
        };
        let mut top = self.group(kind, high, "Full control");
        top.members = direct.iter().cloned().chain(glass).collect();
        let mut users = self.group(kind, low, "Manages accounts");
        users.members = it.get(2).cloned().into_iter().collect();
        if self.plan.kind == DirectoryKind::ActiveDirectory {
            (top.rid, users.rid) = (Some(512), Some(548));
            top.members.push(team.id.clone());
        } else {
            users.members.push(team.id.clone());
        }
        (top.privileged, users.privileged) = (true, true);
        company.groups.extend([team, top, users]);
    }
}

/// Place of the person who is about to leave.
pub(crate) const LEAVER: usize = 29;
