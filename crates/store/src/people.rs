//! People who sign in, their sessions, and one-time sign-in links.

use crate::{Store, StoreError, writer::Fault};
use domain::{PersonId, UnixMs};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

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
}

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
        let rows =
            sqlx::query("SELECT id, name, email, role, password_hash FROM people ORDER BY id")
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| person(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Adds a person; `false`, and nothing changed, when somebody has that id.
    pub async fn add_person(&self, person: Person, at: UnixMs) -> Result<bool, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let done = sqlx::query(
                    "INSERT INTO people (id, name, email, role, password_hash, created_ms)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
                )
                .bind(person.id.as_str())
                .bind(person.name)
                .bind(person.email)
                .bind(person.role.name())
                .bind(person.password_hash)
                .bind(at.0)
                .execute(&mut tx.conn)
                .await?;
                Ok(done.rows_affected() == 1)
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
                let done = sqlx::query("UPDATE people SET password_hash = $2 WHERE id = $1")
                    .bind(&id)
                    .bind(hash)
                    .execute(&mut tx.conn)
                    .await?;
                drop_login_tokens(&mut tx.conn, &id).await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    /// Removes a person and their sign-in links, unless no administrator would be left.
    pub async fn remove_person(&self, id: &PersonId) -> Result<Removal, StoreError> {
        let id = id.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                let done = sqlx::query(
                    "DELETE FROM people WHERE id = $1 AND (role <> $2
                       OR EXISTS (SELECT 1 FROM people WHERE role = $2 AND id <> $1))",
                )
                .bind(&id)
                .bind(Role::Admin.name())
                .execute(&mut tx.conn)
                .await?;
                if done.rows_affected() == 1 {
                    drop_login_tokens(&mut tx.conn, &id).await?;
                    return Ok(Removal::Removed);
                }
                let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people WHERE id = $1")
                    .bind(&id)
                    .fetch_one(&mut tx.conn)
                    .await?;
                Ok(if left == 0 { Removal::Unknown } else { Removal::LastAdmin })
            })
        })
        .await
    }

    /// Adds a person, or replaces the one of that id.
    pub async fn put_person(&self, person: Person, at: UnixMs) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO people (id, name, email, role, password_hash, created_ms)
                     VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email,
                       role = excluded.role, password_hash = excluded.password_hash",
                )
                .bind(person.id.as_str())
                .bind(person.name)
                .bind(person.email)
                .bind(person.role.name())
                .bind(person.password_hash)
                .bind(at.0)
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The person of this id.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let row =
            sqlx::query("SELECT id, name, email, role, password_hash FROM people WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        row.map(|r| person(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// How many people can sign in.
    pub async fn people_count(&self) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people")
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        Ok(u64::try_from(n).unwrap_or_default())
    }

    /// Saves a session. The database keeps only a hash of its id, so that whoever reads a backup
    /// cannot sign in with it; `data` must not hold the id either.
    pub async fn save_session(
        &self,
        id: String,
        data: String,
        expires: UnixMs,
    ) -> Result<(), StoreError> {
        let id = session_key(&id);
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO sessions (id, data, expires_ms) VALUES ($1, $2, $3)
                     ON CONFLICT (id) DO UPDATE SET data = excluded.data,
                       expires_ms = excluded.expires_ms",
                )
                .bind(id)
                .bind(data)
                .bind(expires.0)
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// A session that has not expired.
    pub async fn session(&self, id: &str, now: UnixMs) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT data FROM sessions WHERE id = $1 AND expires_ms > $2")
            .bind(session_key(id))
            .bind(now.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }

    /// Ends a session, and clears away those that expired.
    pub async fn end_session(&self, id: String, now: UnixMs) -> Result<(), StoreError> {
        let id = session_key(&id);
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sessions WHERE id = $1 OR expires_ms <= $2")
                    .bind(id)
                    .bind(now.0)
                    .execute(&mut tx.conn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Keeps a one-time sign-in token, by its hash.
    pub async fn put_login_token(
        &self,
        hash: String,
        person: &PersonId,
        expires: UnixMs,
    ) -> Result<(), StoreError> {
        let person = person.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO login_tokens (hash, person, expires_ms) VALUES ($1, $2, $3)",
                )
                .bind(hash)
                .bind(person)
                .bind(expires.0)
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Uses a one-time sign-in token up; `None` when it is unknown, used or expired.
    pub async fn take_login_token(
        &self,
        hash: String,
        now: UnixMs,
    ) -> Result<Option<PersonId>, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let found: Option<String> = sqlx::query_scalar(
                    "DELETE FROM login_tokens WHERE hash = $1 AND expires_ms > $2 RETURNING person",
                )
                .bind(hash)
                .bind(now.0)
                .fetch_optional(&mut tx.conn)
                .await?;
                found
                    .map(|id| {
                        PersonId::new(id).map_err(|e| StoreError::Broken(e.to_string()).into())
                    })
                    .transpose()
            })
        })
        .await
    }
}

async fn drop_login_tokens(conn: &mut SqliteConnection, person: &str) -> Result<(), Fault> {
    sqlx::query("DELETE FROM login_tokens WHERE person = $1").bind(person).execute(conn).await?;
    Ok(())
}

fn session_key(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes()))
}

fn person(r: &SqliteRow) -> Result<Person, Fault> {
    let id: String = r.try_get("id")?;
    let role: String = r.try_get("role")?;
    Ok(Person {
        id: PersonId::new(id).map_err(|e| StoreError::Broken(e.to_string()))?,
        name: r.try_get("name")?,
        email: r.try_get("email")?,
        role: Role::parse(&role)
            .ok_or_else(|| StoreError::Broken(format!("{role:?} is no role")))?,
        password_hash: r.try_get("password_hash")?,
    })
}
