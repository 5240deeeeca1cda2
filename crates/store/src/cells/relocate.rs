//! Moving one client to another cell, in steps that may end anywhere and be run again.
//!
//! INVARIANT: the map's largest version names the owner, at every moment exactly one. It is raised in the
//! cell that the client leaves, after the journal was proved equal in the other; until then the old
//! cell owns the client, even while nothing is written, and from then on the new one does, even before
//! it knows.

use super::{Door, copy, set_door};
use crate::{
    Report, Store, StoreError,
    sql::{query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{CellId, ClientId, Home, UnixMs};

/// Who moves, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Whose.
    pub client: ClientId,
    /// The cell of this store.
    pub from: CellId,
    /// The cell of the target.
    pub to: CellId,
}

/// What is reached, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// No case is begun any more; what was begun goes on.
    Closed,
    /// Nothing is written any more.
    Shut,
    /// The target has everything, and its journal is proved equal, entry by entry.
    Copied,
    /// The map of the old cell names the new one.
    Switched,
    /// So does that of the new one, which works from now on.
    Told,
}

/// How far a move came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many cases are still being worked on; run it again in a moment.
    Busy(u64),
    /// This step is done.
    At(Step),
    /// It lives in the target now; its journal there.
    Moved(Box<Report>),
}

impl Store {
    /// Moves a client to the cell whose store is `target`, as far as `until`. Run again, it goes on where
    /// it ended, whatever ended it.
    ///
    /// # Errors
    /// When the client does not live here, when either store is another cell's, when the journal does
    /// not prove here or there: the client stays here then, its door shut or closing;
    /// [`Store::stay`] opens it again.
    pub async fn relocate(
        &self,
        target: &Store,
        plan: &Relocation,
        now: UnixMs,
        until: Step,
    ) -> Result<Progress, StoreError> {
        let Relocation { client, from, to } = plan;
        if from == to {
            return Err(StoreError::Refused(format!("{client} lives in {from} already")));
        }
        self.name_cell(from).await?;
        target.name_cell(to).await?;
        let home = match self.present(plan, target).await? {
            Present::Left(home) => home,
            Present::Here(version) => {
                if self.door(client).await? == Door::Open {
                    self.set(client, Door::Closing).await?;
                }
                if until == Step::Closed {
                    return Ok(Progress::At(until));
                }
                let busy = self.shut(client, now).await?;
                if busy > 0 {
                    return Ok(Progress::Busy(busy));
                }
                if until == Step::Shut {
                    return Ok(Progress::At(until));
                }
                let report = copy::prove(self, target, client).await?;
                if until == Step::Copied {
                    return Ok(Progress::At(until));
                }
                let home = Home {
                    client: client.clone(),
                    version: version + 1,
                    cell: to.clone(),
                    size: report.size,
                };
                self.learn_homes(from, vec![home.clone()], now).await?;
                home
            }
        };
        if until == Step::Switched {
            return Ok(Progress::At(until));
        }
        target.learn_homes(to, vec![home], now).await?;
        Ok(Progress::Moved(Box::new(target.verify(client, None).await?)))
    }

    /// Has a client stay that was about to move: its door opens again.
    ///
    /// # Errors
    /// When it has moved already.
    pub async fn stay(&self, client: &ClientId, own: &CellId) -> Result<(), StoreError> {
        let known = self.homes().await?.into_iter().find(|h| h.client == *client);
        match known {
            Some(home) if home.cell != *own => Err(StoreError::Refused(format!(
                "{client} lives in {} already; move it back from there",
                home.cell
            ))),
            _ => self.set(client, Door::Open).await,
        }
    }

    async fn set(&self, client: &ClientId, door: Door) -> Result<(), StoreError> {
        let client = client.clone();
        self.write(move |tx| Box::pin(async move { set_door(tx, &client, door).await })).await
    }

    /// Shuts the door unless cases are still being worked on; answers with their number.
    async fn shut(&self, client: &ClientId, now: UnixMs) -> Result<u64, StoreError> {
        let client = client.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let busy: i64 =
                    query_scalar("SELECT COUNT(*) FROM cases WHERE client = $1 AND lease_ms > $2")
                        .bind(client.as_str())
                        .bind(now.0)
                        .fetch_one(tx.sql().await?)
                        .await?;
                if busy == 0 {
                    set_door(tx, &client, Door::Shut).await?;
                }
                Ok(u64::try_from(busy).unwrap_or_default())
            })
        })
        .await
    }

    /// Whether the client is still here, with the version of that.
    async fn present(&self, plan: &Relocation, target: &Store) -> Result<Present, StoreError> {
        let of = |homes: Vec<Home>| homes.into_iter().find(|h| h.client == plan.client);
        let here = of(self.homes().await?);
        if let Some(home) = &here
            && home.cell != plan.from
        {
            return match home.cell == plan.to {
                true => Ok(Present::Left(home.clone())),
                false => Err(StoreError::Refused(format!(
                    "{} lives in {}; move it from there",
                    plan.client, home.cell
                ))),
            };
        }
        let version = here.map_or(0, |h| h.version);
        match of(target.homes().await?) {
            Some(there) if there.version > version => Err(StoreError::Refused(format!(
                "{} knows of a later move of {}, to {}; run `journeyman cells list` when the cells have heard of each other",
                plan.to, plan.client, there.cell
            ))),
            _ => Ok(Present::Here(version)),
        }
    }
}

enum Present {
    /// Still here, at this version of the map.
    Here(u64),
    /// Switched before.
    Left(Home),
}

/// What is left of a client that lives elsewhere: to read, and nothing that would act by itself.
pub(super) async fn retire(tx: &mut Tx, client: &ClientId, now: UnixMs) -> Result<(), Fault> {
    let all = [
        "UPDATE cases SET wake_ms = NULL, lease_owner = NULL, lease_ms = 0 WHERE client = $1",
        "UPDATE drops SET sealed = NULL, state = 'wiped' WHERE client = $1 AND sealed IS NOT NULL",
        "UPDATE deliveries SET state = 'given_up' WHERE client = $1 AND state = 'due'",
        "UPDATE approvals SET state = 'moved'
         WHERE client = $1 AND state IN ('pending', 'approved')",
    ];
    for sql in all {
        query(sql).bind(client.as_str()).execute(tx.sql().await?).await?;
    }
    query("UPDATE notices SET mailed_ms = $2 WHERE client = $1 AND mailed_ms IS NULL")
        .bind(client.as_str())
        .bind(now.0)
        .execute(tx.sql().await?)
        .await?;
    tx.wiped = true;
    Ok(())
}
