//! Changes, with the rights that an MSP would delegate.
//!
//! INVARIANT: a request is checked as a whole before any of it is done, so that it happens entirely
//! or not at all. Rights reach people and ordinary groups below `OU=Staff`; administrative objects
//! and whatever lies elsewhere refuse, as they do in a domain whose administrators are protected.

use super::answer::Answer;
use super::ber::{Change, How};
use super::bind::Who;
use super::schema::{DISABLED, decode_password, good_password};
use super::tree::{Entry, Object, Tree};
use super::{Server, dn};
use crate::world::WorldHandle;
use crate::{Secret, System, now};
use domain::UnixMs;

/// What a request asks for, once all of it is known to be right.
#[derive(Default)]
struct Plan {
    password: Option<Secret>,
    change_due: Option<bool>,
    unlock: bool,
    enable: Option<bool>,
    /// Members by id; true to add.
    members: Vec<(String, bool)>,
}

impl Server {
    pub(super) fn modify(&self, who: &Who, name: &str, changes: &[Change]) -> Answer {
        if *who == Who::Nobody {
            return super::not_signed_in();
        }
        if !name.starts_with('<') && dn::normal(name).is_none() {
            return bad_name();
        }
        let planned = self.world.company(&self.client, |company| {
            let tree = self.tree(company);
            let entry = tree.find(name).ok_or_else(|| super::no_such_object(&tree))?;
            if *who != Who::Service || !delegated(entry, &tree) {
                return Err(no_right());
            }
            let object = entry.object.clone();
            Ok((plan(entry, &tree, changes, &object)?, object, entry.text("cn")))
        });
        match planned {
            Some(Ok((plan, object, _))) => {
                self.carry_out(&object, plan);
                Answer::ok()
            }
            Some(Err(answer)) => {
                self.count_refused_members(name, &answer, changes);
                answer
            }
            None => unwilling("00000000"),
        }
    }

    fn carry_out(&self, object: &Object, plan: Plan) {
        let (world, client, ad) = (&self.world, self.client.as_str(), System::ActiveDirectory);
        match object {
            Object::Person(id) => {
                match (plan.password, plan.change_due) {
                    (Some(password), due) => {
                        world.set_password(client, id, password, due == Some(true), ad);
                    }
                    (None, Some(due)) => {
                        if !due {
                            stamp(world, client, id);
                        }
                        world.set_must_change(client, id, due, ad);
                    }
                    (None, None) => {}
                }
                if plan.unlock {
                    self.forget_wrong(id);
                    world.unlock(client, id, ad);
                }
                if let Some(enabled) = plan.enable {
                    world.set_enabled(client, id, enabled, ad);
                }
            }
            Object::Group(id) => {
                for (member, add) in plan.members {
                    // INVARIANT: the plan was made from this very state.
                    let _ = match add {
                        true => world.add_member(client, id, &member, ad),
                        false => world.remove_member(client, id, &member, ad),
                    };
                }
            }
            Object::Service | Object::Fixed => {}
        }
    }

    /// A membership that already is as asked for is refused, but the call still counts.
    fn count_refused_members(&self, name: &str, answer: &Answer, changes: &[Change]) {
        let add = match answer.code {
            68 => true,
            53 => false,
            _ => return,
        };
        let how = if add { How::Add } else { How::Delete };
        let found = self.world.company(&self.client, |company| {
            let tree = self.tree(company);
            let Some(Object::Group(group)) = tree.find(name).map(|e| e.object.clone()) else {
                return Vec::new();
            };
            let values = changes.iter().filter(|c| c.how == how).flat_map(|c| &c.values);
            let already =
                |id: &String| company.group(&group).is_some_and(|g| g.members.contains(id)) == add;
            let ids = values.filter_map(|v| member_id(&tree, v).ok()).filter(already);
            ids.map(|id| (group.clone(), id)).collect()
        });
        for (group, member) in found.unwrap_or_default() {
            let (client, ad) = (&self.client, System::ActiveDirectory);
            // Refused by the world too, which is what makes it count without an effect.
            let _ = match add {
                true => self.world.add_member(client, &group, &member, ad),
                false => self.world.remove_member(client, &group, &member, ad),
            };
        }
    }
}

/// A change that is no longer due leaves the password as if set now.
fn stamp(world: &WorldHandle, client: &str, id: &str) {
    let login = world.company(client, |c| c.person(id).map(|p| p.login.clone())).flatten();
    let set = UnixMs(now().0 / 1000 * 1000);
    world.prepare(client, &login.unwrap_or_default(), |p| {
        if p.must_change {
            p.password_set_at = set;
        }
    });
}

/// Whether the service account has rights on it at all.
fn delegated(entry: &Entry, tree: &Tree) -> bool {
    let staff = format!("ou=staff,{}", tree.base_key());
    dn::is_within(&entry.key, &staff) && !entry.protected()
}

fn plan(entry: &Entry, tree: &Tree, changes: &[Change], object: &Object) -> Result<Plan, Answer> {
    let mut plan = Plan::default();
    let mut flags = entry.text("userAccountControl");
    let mut members: Vec<String> =
        entry.values("member").iter().filter_map(|v| member_id(tree, v).ok()).collect();
    for change in changes {
        match (object, change.attribute.to_ascii_lowercase().as_str()) {
            (Object::Person(_), "unicodepwd") => plan.password = Some(password(entry, change)?),
            (Object::Person(_), "lockouttime") => match single(change)? {
                "0" => plan.unlock = true,
                _ => return Err(unwilling("00000057")),
            },
            (Object::Person(_), "pwdlastset") => match single(change)? {
                "0" => plan.change_due = Some(true),
                "-1" => plan.change_due = Some(false),
                _ => return Err(unwilling("00000057")),
            },
            (Object::Person(_), "useraccountcontrol") => swap(&mut flags, change)?,
            (Object::Group(_), "member") => membership(tree, change, &mut members, &mut plan)?,
            (_, name) if super::schema::syntax(name).is_some() => return Err(no_right()),
            _ => {
                let text = "00000057: LdapErr: DSID-0C090FC7, comment: Error in attribute conversion operation, data 0, v4f7c\0";
                return Err(Answer::new(16, text));
            }
        }
    }
    if flags != entry.text("userAccountControl") {
        plan.enable = Some(sign_in_allowed(entry, flags)?);
    }
    Ok(plan)
}

fn password(entry: &Entry, change: &Change) -> Result<Secret, Answer> {
    // Delete and add is a person changing the own password, which takes no delegated right.
    let [value] = change.values.as_slice() else { return Err(unwilling("0000001F")) };
    if change.how != How::Replace {
        return Err(no_right());
    }
    let password = decode_password(value).ok_or_else(|| unwilling("0000001F"))?;
    let text = |name| entry.text(name).unwrap_or_default();
    if !good_password(&password, &text("sAMAccountName"), &text("displayName")) {
        let place = "0000052D: DSID-03190F80, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)";
        return Err(Answer::new(
            19,
            format!("0000052D: AtrErr: DSID-03190F80, #1:\n\t0: {place}\n\0"),
        ));
    }
    Ok(Secret::new(password))
}

/// The one value of a replacement.
fn single(change: &Change) -> Result<&str, Answer> {
    match (change.how, change.values.as_slice()) {
        (How::Replace, [value]) => std::str::from_utf8(value).map_err(|_| unwilling("00000057")),
        _ => Err(unwilling("00000057")),
    }
}

/// One change of a single-valued attribute: what is deleted must be what is there.
fn swap(current: &mut Option<String>, change: &Change) -> Result<(), Answer> {
    let mut values = change.values.iter().map(|v| String::from_utf8_lossy(v).into_owned());
    let value = values.next();
    if values.next().is_some() {
        return Err(unwilling("00000057"));
    }
    match change.how {
        How::Delete if current.is_none() || (value.is_some() && value != *current) => {
            let place = "DSID-03190F80, problem 1001 (NO_ATTRIBUTE_OR_VAL), data 0, Att 90008 (userAccountControl)";
            Err(Answer::new(
                16,
                format!("00002085: AtrErr: DSID-03190F80, #1:\n\t0: 00002085: {place}\n\0"),
            ))
        }
        How::Delete => {
            *current = None;
            Ok(())
        }
        How::Add if current.is_some() => {
            let place = "DSID-03190F80, problem 1006 (ATT_OR_VALUE_EXISTS), data 0, Att 90008 (userAccountControl)";
            Err(Answer::new(
                20,
                format!("00002081: AtrErr: DSID-03190F80, #1:\n\t0: 00002081: {place}\n\0"),
            ))
        }
        How::Add | How::Replace => {
            *current = value;
            Ok(())
        }
    }
}

/// Only the block may change; the world keeps no other flag.
fn sign_in_allowed(entry: &Entry, flags: Option<String>) -> Result<bool, Answer> {
    let read = |text: Option<String>| text.and_then(|t| t.parse::<i64>().ok());
    let (Some(old), Some(new)) = (read(entry.text("userAccountControl")), read(flags)) else {
        return Err(Answer::new(
            65,
            "0000207C: UpdErr: DSID-03151786, problem 6002 (OBJ_CLASS_VIOLATION), data 0\n\0",
        ));
    };
    if (old ^ new) & !DISABLED != 0 {
        return Err(unwilling("00000057"));
    }
    Ok(new & DISABLED == 0)
}

fn membership(
    tree: &Tree,
    change: &Change,
    members: &mut Vec<String>,
    plan: &mut Plan,
) -> Result<(), Answer> {
    if change.how == How::Replace || change.values.is_empty() {
        // Nothing of ours replaces whole memberships, and doing so by mistake would be grave.
        return Err(unwilling("00002035"));
    }
    for value in &change.values {
        let id = member_id(tree, value)?;
        let place = members.iter().position(|m| *m == id);
        match (change.how, place) {
            (How::Add, Some(_)) => {
                return Err(Answer::new(
                    68,
                    "00000562: UpdErr: DSID-031A11FB, problem 6005 (ENTRY_EXISTS), data 0\n\0",
                ));
            }
            (How::Add, None) => members.push(id.clone()),
            (_, Some(place)) => {
                members.remove(place);
            }
            (_, None) => return Err(unwilling("00000561")),
        }
        plan.members.push((id, change.how == How::Add));
    }
    Ok(())
}

fn member_id(tree: &Tree, value: &[u8]) -> Result<String, Answer> {
    let name = std::str::from_utf8(value).map_err(|_| bad_name())?;
    if !name.starts_with('<') && dn::normal(name).is_none() {
        return Err(bad_name());
    }
    match tree.find(name).map(|e| &e.object) {
        Some(Object::Person(id) | Object::Group(id)) => Ok(id.clone()),
        Some(_) => Err(unwilling("00002035")),
        None => Err(super::no_such_object(tree)),
    }
}

fn unwilling(code: &str) -> Answer {
    Answer::new(
        53,
        format!("{code}: SvcErr: DSID-031A11E2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0"),
    )
}

pub(super) fn no_right() -> Answer {
    Answer::new(
        50,
        "00002098: SecErr: DSID-031514A0, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0",
    )
}

pub(super) fn bad_name() -> Answer {
    Answer::new(34, "0000208F: NameErr: DSID-031001F7, problem 2006 (BAD_NAME), data 8350\n\0")
}
