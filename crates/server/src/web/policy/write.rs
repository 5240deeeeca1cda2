//! Proposing a policy, and the second person's word on it.

use crate::{
    clock, policy,
    web::{Web, form::Signed, guard, oops::Oops, session::Viewer},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use gate::{CompiledPolicy, Difference, Policy};
use std::sync::Arc;
use store::{NewNotice, NewPolicy, PolicyRow, PolicyState};

/// A document that was checked against the one in force, ready to be proposed.
pub(in crate::web) struct Written {
    pub(super) policy: Policy,
    pub(super) compiled: CompiledPolicy,
    pub(super) base: Option<PolicyRow>,
    pub(super) differences: Vec<Difference>,
}

impl Written {
    /// Checks a document. `Err` names every problem, or that nothing is different.
    pub(super) async fn check(
        web: &Web,
        mut policy: Policy,
    ) -> Result<Result<Written, Vec<String>>, Oops> {
        let base = web.app.store.active_policy().await?;
        policy.version = fresh_version(web, &policy.version, base.as_ref()).await?;
        let compiled = match policy.compile() {
            Ok(compiled) => compiled,
            Err(e) => return Ok(Err(e.0)),
        };
        let before = base.as_ref().and_then(|row| policy::parse(&row.document).ok());
        let mut differences = gate::differences(before.as_ref(), &policy);
        differences.retain(|d| d.path != "version");
        if before.is_some() && differences.is_empty() {
            return Ok(Err(vec!["it says exactly what is in force already".into()]));
        }
        Ok(Ok(Written { policy, compiled, base, differences }))
    }

    /// What it loosens, in words.
    pub(super) fn loosens(&self) -> Vec<String> {
        let line = |d: &Difference| d.loosens.as_ref().map(|why| format!("{}: {why}", d.path));
        self.differences.iter().filter_map(line).collect()
    }

    async fn propose(self, web: &Web, viewer: &Viewer, reason: &str) -> Result<PolicyRow, Oops> {
        let new = NewPolicy {
            version: self.policy.version.clone(),
            base: self.base.as_ref().map(|row| row.version.clone()),
            author: viewer.person.id.clone(),
            reason: reason.to_owned(),
            document: policy::render(&self.policy),
            diff: self.differences.iter().map(diff_line).collect(),
            loosens: self.loosens(),
        };
        let row = web.app.store.propose_policy(new, clock::now()).await?;
        tell(web, &row).await?;
        Ok(row)
    }
}

/// One difference on one line.
pub(super) fn diff_line(d: &Difference) -> String {
    match (&d.before, &d.after) {
        (Some(before), Some(after)) => format!("{}: {before} → {after}", d.path),
        (None, Some(after)) => format!("{}: new, {after}", d.path),
        (Some(before), None) => format!("{}: gone, was {before}", d.path),
        (None, None) => d.path.clone(),
    }
}

/// The wanted version, or one that follows the active one, when the wanted one was used.
async fn fresh_version(web: &Web, wanted: &str, base: Option<&PolicyRow>) -> Result<String, Oops> {
    let mut version = wanted.to_owned();
    let mut before = base.map_or(wanted, |row| row.version.as_str()).to_owned();
    while web.app.store.policy(&version).await?.is_some() {
        version = policy::next_version(&before, clock::now());
        before.clone_from(&version);
    }
    Ok(version)
}

/// Puts the change into force here, or tells that it waits.
async fn tell(web: &Web, row: &PolicyRow) -> Result<(), Oops> {
    web.app.reload_policy().await?;
    web.app.due.notify_one();
    let title = match row.state {
        PolicyState::Active => format!("Policy {} is in force", row.version),
        _ => format!("Policy {} waits for a second person", row.version),
    };
    let detail = format!("{} wrote it: {}", row.author, row.reason);
    let notice = NewNotice { kind: "policy".into(), title, detail, ..NewNotice::default() };
    web.app.store.put_notice(notice, clock::now()).await?;
    Ok(())
}

/// Proposes a document in place of the one in force: at once when it loosens nothing.
pub(in crate::web) async fn replace(
    web: &Web,
    viewer: &Viewer,
    policy: Policy,
    reason: &str,
) -> Result<PolicyRow, Oops> {
    let written = Written::check(web, policy).await?.map_err(|problems| {
        Oops::unprocessable(format!("The policy cannot be used: {}.", problems.join("; ")))
    })?;
    written.propose(web, viewer, reason).await
}

/// `POST /policy/propose`
pub(in crate::web) async fn propose(
    State(web): State<Arc<Web>>,
    signed: Signed,
) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::admin(&viewer.person)?;
    let Some(reason) = fields.filled("reason") else {
        return Err(Oops::unprocessable("Say in a sentence why the policy changes. Go back."));
    };
    let document = policy::parse(fields.get("document"))
        .map_err(|e| Oops::unprocessable(format!("{e}. Go back and check it again.")))?;
    let written = Written::check(&web, document).await?.map_err(|problems| {
        Oops::unprocessable(format!("The policy cannot be used: {}.", problems.join("; ")))
    })?;
    let seen = fields.get("base");
    let base = written.base.as_ref().map_or("", |row| row.version.as_str());
    if seen != base {
        return Err(Oops::conflict(format!(
            "It was checked against policy {seen}, but {base} is in force by now. Check it again."
        )));
    }
    written.propose(&web, &viewer, &reason).await?;
    Ok(Redirect::to("/policy").into_response())
}

/// `POST /policy/{version}/agree`
pub(in crate::web) async fn agree(
    State(web): State<Arc<Web>>,
    Path(version): Path<String>,
    Signed { viewer, .. }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let person = &viewer.person.id;
    let row = web.app.store.decide_policy(&version, person, true, "", clock::now()).await?;
    tell(&web, &row).await?;
    Ok(Redirect::to("/policy").into_response())
}

/// `POST /policy/{version}/reject`
pub(in crate::web) async fn reject(
    State(web): State<Arc<Web>>,
    Path(version): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let Some(reason) = fields.filled("reason") else {
        return Err(Oops::unprocessable("A rejection needs a reason that the author can read."));
    };
    let person = &viewer.person.id;
    web.app.store.decide_policy(&version, person, false, &reason, clock::now()).await?;
    Ok(Redirect::to("/policy").into_response())
}

/// `POST /policy/{version}/return`
pub(in crate::web) async fn return_to(
    State(web): State<Arc<Web>>,
    Path(version): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let missing = || Oops::not_found("There is no policy of that version");
    let row = web.app.store.policy(&version).await?.ok_or_else(missing)?;
    let document = policy::parse(&row.document)
        .map_err(|e| Oops::conflict(format!("Policy {version} cannot be read any more: {e}.")))?;
    let reason = fields.filled("reason").unwrap_or_else(|| format!("return to {version}"));
    replace(&web, &viewer, document, &reason).await?;
    Ok(Redirect::to("/policy").into_response())
}
