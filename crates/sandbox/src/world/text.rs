//! The world as text, for `--print-world`.

use super::{Company, GroupKind, PersonKind, World};
use std::fmt::Write;

/// Clients, people, groups, devices and licences, readable in a terminal.
pub(crate) fn world_text(world: &World) -> String {
    let mut out = String::new();
    for company in &world.companies {
        // Writing to a String cannot fail.
        let _ = write_company(&mut out, company);
    }
    out
}

fn write_company(out: &mut String, c: &Company) -> std::fmt::Result {
    writeln!(out, "{} — {} ({}, directory: {:?})\n", c.id, c.name, c.domain, c.kind)?;
    writeln!(out, "  People")?;
    for p in &c.people {
        let mut marks = Vec::new();
        match p.kind {
            PersonKind::Human => {}
            PersonKind::Service => marks.push("service account"),
            PersonKind::BreakGlass => marks.push("emergency account"),
        }
        if c.is_privileged(&p.id) {
            marks.push("administrator");
        }
        if !p.enabled {
            marks.push("blocked");
        }
        if p.locked() {
            marks.push("locked");
        }
        let manager =
            p.manager.as_deref().and_then(|m| c.person(m)).map(|m| m.display_name.as_str());
        writeln!(
            out,
            "    {:<22} {:<50} {:<26} {:<16} manager: {:<20} {}",
            p.display_name,
            p.login,
            p.title,
            p.department,
            manager.unwrap_or("-"),
            marks.join(", ")
        )?;
        if !p.other_mails.is_empty() {
            writeln!(out, "    {:<22} also {}", "", p.other_mails.join(", "))?;
        }
    }
    writeln!(out, "\n  Groups")?;
    for g in &c.groups {
        let kind = match g.kind {
            GroupKind::Security => "security group",
            GroupKind::Mail => "mail group",
            GroupKind::Role => "directory role",
        };
        let mark = match (g.privileged, g.sensitive) {
            (true, _) => ", administrative",
            (false, true) => ", sensitive",
            _ => "",
        };
        let name = |id: &String| {
            c.person(id)
                .map(|p| p.login.split('@').next().unwrap_or_default().to_owned())
                .or_else(|| c.group(id).map(|g| format!("[{}]", g.name)))
                .unwrap_or_default()
        };
        let owners: Vec<String> = g.owners.iter().map(name).collect();
        let members: Vec<String> = g.members.iter().map(name).collect();
        writeln!(out, "    {} ({kind}{mark}; owner: {})", g.name, owners.join(", "))?;
        writeln!(out, "      {}", members.join(", "))?;
    }
    writeln!(out, "\n  Devices")?;
    for d in &c.devices {
        let owner = c.person(&d.owner).map(|p| p.login.as_str()).unwrap_or("-");
        writeln!(
            out,
            "    {:<12} {:<8} {:<16} {:<22} {owner}",
            d.name, d.os, d.os_version, d.model
        )?;
    }
    writeln!(out, "\n  Licences")?;
    for l in &c.licences {
        writeln!(out, "    {:<20} {} of {} in use", l.part_number, l.used, l.total)?;
    }
    writeln!(out)
}
