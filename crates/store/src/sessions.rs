//! Sessions and one-time sign-in links: only hashes stand here, so that a backup lets nobody in.

use crate::{
    Store, StoreError,
    sql::{Conn, query, query_scalar},
    writer::Fault,
};
use domain::{PersonId, UnixMs};
use sha2::{Digest as _, Sha256};

impl Store {
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
                query(
                    "INSERT INTO sessions (id, data, expires_ms) VALUES ($1, $2, $3)
                     ON CONFLICT (id) DO UPDATE SET data = excluded.data,
                       expires_ms = excluded.expires_ms",
                )
                .bind(id)
                .bind(data)
                .bind(expires.0)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// A session that has not expired.
    pub async fn session(&self, id: &str, now: UnixMs) -> Result<Option<String>, StoreError> {
        query_scalar("SELECT data FROM sessions WHERE id = $1 AND expires_ms > $2")
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
                query("DELETE FROM sessions WHERE id = $1 OR expires_ms <= $2")
                    .bind(id)
                    .bind(now.0)
                    .execute(tx.sql().await?)
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
                query("INSERT INTO login_tokens (hash, person, expires_ms) VALUES ($1, $2, $3)")
                    .bind(hash)
                    .bind(person)
                    .bind(expires.0)
                    .execute(tx.sql().await?)
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
                let found: Option<String> = query_scalar(
                    "DELETE FROM login_tokens WHERE hash = $1 AND expires_ms > $2 RETURNING person",
                )
                .bind(hash)
                .bind(now.0)
                .fetch_optional(tx.sql().await?)
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

pub(crate) async fn drop_login_tokens(conn: &mut Conn, person: &str) -> Result<(), Fault> {
    query("DELETE FROM login_tokens WHERE person = $1").bind(person).execute(conn).await?;
    Ok(())
}

fn session_key(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes()))
}
