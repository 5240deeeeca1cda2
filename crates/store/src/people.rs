//! People who sign in, what they may do, and who stands in for them.
//!
//! INVARIANT: who is added, removed or may do something else stands in the MSP's journal, and
//! whoever may not decide any more leaves no approval behind that has not run.

use crate::{
    Store, StoreError,
    columns::maybe_time,
    leavers, msp,
    sessions::drop_login_tokens,
    sql::{Row, query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{Actor, Event, PersonId, UnixMs};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Read cases and decide approvals.
    Technician,
    /// Read only.
    Auditor,
}

impl Role {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Technician => "technician",
            Role::Auditor => "auditor",
        }
    }

    /// Reads [`Role::name`].
    pub fn parse(text: &str) -> Option<Role> {
        [Role::Admin, Role::Technician, Role::Auditor].into_iter().find(|r| r.name() == text)
    }

    /// Whether this role may decide approvals.
    pub fn may_decide(self) -> bool {
        matches!(self, Role::Admin | Role::Technician)
    }
}

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Sign-in name.
    pub id: PersonId,
    /// Name for people.
    pub name: String,
    /// Mail address; also keeps them from deciding on their own requests.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// Away from, until.
    pub away: Option<(UnixMs, UnixMs)>,
    /// Who is asked instead while they are away.
    pub deputy: Option<PersonId>,
}

const COLUMNS: &str = "id, name, email, role, password_hash, away_from, away_until, deputy";

/// What came of removing a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Gone, with their sign-in links.
    Removed,
    /// Nobody has that id.
    Unknown,
    /// Nobody was removed: no administrator would be left.
    LastAdmin,
}

impl Store {
    /// Everybody who can sign in, by id.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people ORDER BY id");
        let rows = query(sql).fetch_all(&self.pool).await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| person(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Adds a person; `false`, and nothing changed, when somebody has that id.
    pub async fn add_person(
        &self,
        person: Person,
        by: Actor,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                if load(tx, person.id.as_str()).await?.is_some() {
                    return Ok(false);
                }
                put(tx, &person, now).await?;
                let change = format!("added as {}", person.role.name());
                journal(tx, person.id, change, by, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Changes a person's password and takes their sign-in links away; `false` when nobody has that
    /// id. Whoever reads sessions must hold them against the password that they were opened under.
    pub async fn set_password(&self, id: &PersonId, hash: String) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                let done = query("UPDATE people SET password_hash = $2 WHERE id = $1")
                    .bind(&id)
                    .bind(hash)
                    .execute(tx.sql().await?)
                    .await?;
                drop_login_tokens(tx.sql().await?, &id).await?;
                Ok(done == 1)
            })
        })
        .await
    }

    /// Removes a person and their sign-in links, unless no administrator would be left. What they
    /// approved and has not run is void.
    pub async fn remove_person(
        &self,
        id: &PersonId,
        by: Actor,
        now: UnixMs,
    ) -> Result<Removal, StoreError> {
        let id = id.clone();
        self.write(move |tx| Box::pin(async move { remove(tx, id, by, now).await })).await
    }

    /// Adds a person, or replaces the one of that id, in the platform's name.
    pub async fn put_person(&self, person: Person, at: UnixMs) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let before = load(tx, person.id.as_str()).await?;
                put(tx, &person, at).await?;
                let Some(before) = before else {
                    let change = format!("added as {}", person.role.name());
                    return journal(tx, person.id, change, Actor::Platform, at).await;
                };
                role_changed(tx, &before, person.role, Actor::Platform, at).await
            })
        })
        .await
    }

    /// Changes what a person may do; `false` when nobody has that id. A role that may not decide
    /// voids what they approved and has not run. Refused when no administrator would be left.
    pub async fn set_role(
        &self,
        id: &PersonId,
        role: Role,
        by: Actor,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let Some(before) = load(tx, id.as_str()).await? else { return Ok(false) };
                if role != Role::Admin && is_last_admin(tx, &before).await? {
                    let text = format!("{id} is the only administrator; name another one first");
                    return Err(StoreError::Refused(text).into());
                }
                query("UPDATE people SET role = $2 WHERE id = $1")
                    .bind(id.as_str())
                    .bind(role.name())
                    .execute(tx.sql().await?)
                    .await?;
                role_changed(tx, &before, role, by, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Says when a person is away; `until` not after `from` says that they are here. `false` when
    /// nobody has that id.
    pub async fn set_away(
        &self,
        id: &PersonId,
        from: UnixMs,
        until: UnixMs,
    ) -> Result<bool, StoreError> {
        let id = id.to_string();
        let away = (until > from).then_some((from.0, until.0));
        self.write(move |tx| {
            Box::pin(async move {
                let done = query("UPDATE people SET away_from = $2, away_until = $3 WHERE id = $1")
                    .bind(&id)
                    .bind(away.map(|a| a.0))
                    .bind(away.map(|a| a.1))
                    .execute(tx.sql().await?)
                    .await?;
                Ok(done == 1)
            })
        })
        .await
    }

    /// Says who is asked while a person is away; `false` when nobody has that id. The deputy must
    /// be somebody else who may decide.
    pub async fn set_deputy(
        &self,
        id: &PersonId,
        deputy: Option<PersonId>,
    ) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                if let Some(deputy) = &deputy {
                    let found = load(tx, deputy.as_str()).await?;
                    if *deputy.as_str() == id || !found.is_some_and(|p| p.role.may_decide()) {
                        let text =
                            format!("{deputy} cannot stand in: name somebody else who may decide");
                        return Err(StoreError::Refused(text).into());
                    }
                }
                let done = query("UPDATE people SET deputy = $2 WHERE id = $1")
                    .bind(&id)
                    .bind(deputy.as_ref().map(PersonId::as_str))
                    .execute(tx.sql().await?)
                    .await?;
                Ok(done == 1)
            })
        })
        .await
    }

    /// The person of this id.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
        let row = query(sql)
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        row.map(|r| person(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// How many people can sign in.
    pub async fn people_count(&self) -> Result<u64, StoreError> {
        let n: i64 = query_scalar("SELECT COUNT(*) FROM people")
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        Ok(u64::try_from(n).unwrap_or_default())
    }
}

/// Whether this person is known and may decide, as of this transaction.
pub(crate) async fn may_decide(tx: &mut Tx, id: &PersonId) -> Result<bool, Fault> {
    Ok(load(tx, id.as_str()).await?.is_some_and(|p| p.role.may_decide()))
}

async fn put(tx: &mut Tx, person: &Person, at: UnixMs) -> Result<(), Fault> {
    query(
        "INSERT INTO people (id, name, email, role, password_hash, created_ms, away_from,
           away_until, deputy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email,
           role = excluded.role, password_hash = excluded.password_hash,
           away_from = excluded.away_from, away_until = excluded.away_until,
           deputy = excluded.deputy",
    )
    .bind(person.id.as_str())
    .bind(&person.name)
    .bind(&person.email)
    .bind(person.role.name())
    .bind(&person.password_hash)
    .bind(at.0)
    .bind(person.away.map(|a| a.0.0))
    .bind(person.away.map(|a| a.1.0))
    .bind(person.deputy.as_ref().map(PersonId::as_str))
    .execute(tx.sql().await?)
    .await?;
    Ok(())
}

async fn remove(tx: &mut Tx, id: PersonId, by: Actor, now: UnixMs) -> Result<Removal, Fault> {
    let Some(before) = load(tx, id.as_str()).await? else { return Ok(Removal::Unknown) };
    if is_last_admin(tx, &before).await? {
        return Ok(Removal::LastAdmin);
    }
    for sql in
        ["DELETE FROM people WHERE id = $1", "UPDATE people SET deputy = NULL WHERE deputy = $1"]
    {
        query(sql).bind(id.as_str()).execute(tx.sql().await?).await?;
    }
    drop_login_tokens(tx.sql().await?, id.as_str()).await?;
    journal(tx, id.clone(), "removed".into(), by.clone(), now).await?;
    leavers::void(tx, &id, "was removed", by, now).await?;
    Ok(Removal::Removed)
}

async fn role_changed(
    tx: &mut Tx,
    before: &Person,
    role: Role,
    by: Actor,
    now: UnixMs,
) -> Result<(), Fault> {
    if before.role == role {
        return Ok(());
    }
    let change = format!("was {}, is {} now", before.role.name(), role.name());
    journal(tx, before.id.clone(), change, by.clone(), now).await?;
    if !role.may_decide() {
        leavers::void(tx, &before.id, "may not decide any more", by, now).await?;
    }
    Ok(())
}

async fn is_last_admin(tx: &mut Tx, person: &Person) -> Result<bool, Fault> {
    if person.role != Role::Admin {
        return Ok(false);
    }
    let others: i64 = query_scalar("SELECT COUNT(*) FROM people WHERE role = $1 AND id <> $2")
        .bind(Role::Admin.name())
        .bind(person.id.as_str())
        .fetch_one(tx.sql().await?)
        .await?;
    Ok(others == 0)
}

async fn journal(
    tx: &mut Tx,
    person: PersonId,
    change: String,
    by: Actor,
    now: UnixMs,
) -> Result<(), Fault> {
    msp::write(tx, now, by, Event::PersonChanged { person, change }).await
}

async fn load(tx: &mut Tx, id: &str) -> Result<Option<Person>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
    let row = query(sql).bind(id).fetch_optional(tx.sql().await?).await?;
    row.map(|r| person(&r)).transpose()
}

fn person(r: &Row) -> Result<Person, Fault> {
    let id: String = r.try_get("id")?;
    let role: String = r.try_get("role")?;
    Ok(Person {
        id: PersonId::new(id).map_err(|e| StoreError::Broken(e.to_string()))?,
        name: r.try_get("name")?,
        email: r.try_get("email")?,
        role: Role::parse(&role)
            .ok_or_else(|| StoreError::Broken(format!("{role:?} is no role")))?,
        password_hash: r.try_get("password_hash")?,
        away: maybe_time(r, "away_from")?.zip(maybe_time(r, "away_until")?),
        deputy: r
            .try_get::<Option<String>, _>("deputy")?
            .map(|d| PersonId::new(d).map_err(|e| StoreError::Broken(e.to_string())))
            .transpose()?,
    })
}
