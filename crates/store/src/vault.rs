//! One-time secrets: sealed, shown once to the person who can read the address on file, then wiped.
//!
//! The token in the link is derived from the vault key and the attempt, so that after a crash the
//! same link is written; the database keeps only its hash, as the row's id.

use crate::{
    Keys, Store, StoreError,
    keys::fill,
    sql::{Row, query, query_scalar},
    writer::{Fault, Tx},
};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use domain::{AttemptId, ClientId, UnixMs};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// How many wrong codes are accepted before the secret is wiped.
const MAX_TRIES: i64 = 5;
/// How many codes are mailed for one secret.
const MAX_CODES: i64 = 5;
/// How long a code works, in milliseconds.
const CODE_TTL_MS: i64 = 15 * 60_000;

/// A secret to keep for one attempt.
pub struct NewDrop {
    /// The token of its link, from [`Store::drop_token`].
    pub token: String,
    /// The attempt that sets it.
    pub attempt: AttemptId,
    /// Login that it belongs to, shown beside it.
    pub login: String,
    /// Address on file that the code is sent to.
    pub address: String,
    /// The secret, sealed by [`Store::seal`].
    pub sealed: Vec<u8>,
    /// When it is wiped if nobody fetches it.
    pub expires_at: UnixMs,
}

impl std::fmt::Debug for NewDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDrop").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// Where a one-time secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropState {
    /// The change that it belongs to is not proven yet.
    Sealed,
    /// Can be fetched.
    Ready,
    /// Was shown once and wiped.
    Viewed,
    /// Was wiped unread: too late, too many wrong codes, or the change did not happen.
    Wiped,
}

impl DropState {
    fn parse(text: &str) -> DropState {
        match text {
            "sealed" => DropState::Sealed,
            "ready" => DropState::Ready,
            "viewed" => DropState::Viewed,
            _ => DropState::Wiped,
        }
    }
}

/// A one-time secret as its page knows it; the secret itself is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Hash of the token.
    pub id: String,
    /// Whose.
    pub client: String,
    /// Login that it belongs to.
    pub login: String,
    /// Address on file that the code is sent to.
    pub address: String,
    /// Where it stands.
    pub state: DropState,
    /// When it is wiped.
    pub expires_at: UnixMs,
}

/// Why a secret is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// No such link, already viewed, expired, or wiped.
    #[error("this link no longer leads to a password; ask the help desk for a new one")]
    Gone,
    /// No code was sent, or it is too old.
    #[error("this code is too old; have a new one sent")]
    NoCode,
    /// The code is wrong.
    #[error("this code is wrong; {left} tries are left")]
    WrongCode {
        /// Tries that are left.
        left: i64,
    },
    /// Enough codes were sent.
    #[error("no more codes are sent for this link; ask the help desk for a new one")]
    TooManyCodes,
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Store {
    /// Seals a secret for an attempt.
    pub fn seal(&self, attempt: AttemptId, secret: &SecretString) -> Result<Vec<u8>, StoreError> {
        seal_for(&self.keys, &attempt.to_string(), secret)
    }

    /// The token of an attempt's link: 128 bits, hexadecimal, the same after a crash.
    pub fn drop_token(&self, attempt: AttemptId) -> String {
        // HMAC takes keys of any length, so this cannot fail; an empty token leads nowhere.
        let mac = self.keys.derive("journeyman/drop/v1", attempt.0.as_bytes()).ok();
        mac.as_ref().and_then(|m| m.get(..16)).map(hex::encode).unwrap_or_default()
    }

    /// The secret of an attempt, for performing it or reading it back. `None` once it was wiped.
    pub async fn attempt_secret(
        &self,
        attempt: AttemptId,
    ) -> Result<Option<SecretString>, StoreError> {
        let attempt = attempt.to_string();
        let sealed: Option<Option<Vec<u8>>> =
            query_scalar("SELECT sealed FROM drops WHERE attempt = $1")
                .bind(&attempt)
                .fetch_optional(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        sealed.flatten().map(|s| unseal(&self.keys, &attempt, &s)).transpose()
    }

    /// The change is proven: the secret can be fetched. Or it is not: the secret is wiped. The
    /// entry that says how the attempt finished does the same by itself; twice does no harm.
    pub async fn settle_drop(&self, attempt: AttemptId, happened: bool) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(async move { settle(tx, attempt, happened).await })).await
    }

    /// Wipes what nobody fetched in time.
    pub async fn wipe_expired(&self, now: UnixMs) -> Result<(), StoreError> {
        let due: i64 = query_scalar(
            "SELECT COUNT(*) FROM drops WHERE sealed IS NOT NULL AND expires_ms <= $1",
        )
        .bind(now.0)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        if due == 0 {
            return Ok(());
        }
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "UPDATE drops SET state = 'wiped', sealed = NULL
                     WHERE sealed IS NOT NULL AND expires_ms <= $1",
                )
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                tx.wiped = true;
                Ok(())
            })
        })
        .await
    }

    /// What the page of this token may know.
    pub async fn drop_of(&self, token: &str) -> Result<Option<Drop>, StoreError> {
        let row =
            query("SELECT id, client, login, address, state, expires_ms FROM drops WHERE id = $1")
                .bind(token_id(token))
                .fetch_optional(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        row.map(|r| one(&r).map_err(|e| self.fail(e))).transpose()
    }

    /// Makes a new code for this token. The caller mails it to the address on file.
    pub async fn new_code(&self, token: &str, now: UnixMs) -> Result<(Drop, String), TakeError> {
        let id = token_id(token);
        let code = six_digits()?;
        let hash = code_hash(&id, &code);
        let found = self
            .write(move |tx| {
                Box::pin(async move {
                    let row = query(
                        "UPDATE drops SET code_hash = $2, code_ms = $3, code_sent = code_sent + 1
                         WHERE id = $1 AND state = 'ready' AND expires_ms > $3 AND code_sent < $4 AND NOT EXISTS
                           (SELECT 1 FROM tips t WHERE t.client = drops.client AND t.away = 2)
                         RETURNING id, client, login, address, state, expires_ms",
                    )
                    .bind(&id)
                    .bind(hash)
                    .bind(now.0)
                    .bind(MAX_CODES)
                    .fetch_optional(tx.sql().await?)
                    .await?;
                    if let Some(row) = row {
                        return Ok(Ok(one(&row)?));
                    }
                    let ready: i64 = query_scalar(
                        "SELECT COUNT(*) FROM drops
                         WHERE id = $1 AND state = 'ready' AND expires_ms > $2",
                    )
                    .bind(&id)
                    .bind(now.0)
                    .fetch_one(tx.sql().await?)
                    .await?;
                    Ok(Err(if ready > 0 { TakeError::TooManyCodes } else { TakeError::Gone }))
                })
            })
            .await??;
        Ok((found, code))
    }

    /// Shows the secret to the person with the code, once: it is wiped in the same transaction.
    pub async fn take(
        &self,
        token: &str,
        code: &str,
        now: UnixMs,
    ) -> Result<(Drop, SecretString), TakeError> {
        let id = token_id(token);
        let hash = code_hash(&id, code.trim());
        self.write(move |tx| Box::pin(async move { take(tx, &id, &hash, now).await })).await?
    }
}

type Taken = (Drop, SecretString);

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(keys.vault.as_ref().into())
}

/// Seals a secret for one purpose: it opens for no other.
pub(crate) fn seal_for(
    keys: &Keys,
    purpose: &str,
    secret: &SecretString,
) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0u8; 24];
    fill(&mut nonce)?;
    let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: purpose.as_bytes() };
    let sealed = cipher(keys)
        .encrypt(XNonce::from_slice(&nonce), payload)
        .map_err(|_| StoreError::Broken("a secret cannot be sealed".into()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

pub(crate) fn unseal(
    keys: &Keys,
    purpose: &str,
    sealed: &[u8],
) -> Result<SecretString, StoreError> {
    let broken = || {
        StoreError::Broken(
            "a sealed secret cannot be opened; was keys/vault.key replaced? restore it".into(),
        )
    };
    let (nonce, body) = sealed.split_at_checked(24).ok_or_else(broken)?;
    let payload = Payload { msg: body, aad: purpose.as_bytes() };
    let clear = cipher(keys).decrypt(XNonce::from_slice(nonce), payload).map_err(|_| broken())?;
    Ok(String::from_utf8(clear).map_err(|_| broken())?.into())
}

/// Makes the secret of an attempt fetchable, or wipes it. Does nothing the second time.
pub(crate) async fn settle(tx: &mut Tx, attempt: AttemptId, happened: bool) -> Result<(), Fault> {
    let sql = match happened {
        true => "UPDATE drops SET state = 'ready' WHERE attempt = $1 AND state = 'sealed'",
        false => {
            "UPDATE drops SET state = 'wiped', sealed = NULL WHERE attempt = $1 AND state = 'sealed'"
        }
    };
    let settle = query(sql).bind(attempt.to_string());
    match happened {
        true => tx.later(settle),
        false => tx.wiped |= settle.execute(tx.sql().await?).await? > 0,
    }
    Ok(())
}

async fn take(
    tx: &mut Tx,
    id: &str,
    hash: &str,
    now: UnixMs,
) -> Result<Result<Taken, TakeError>, Fault> {
    let row = query(
        "SELECT id, client, login, address, state, expires_ms, attempt, sealed, code_hash, code_ms,
           code_tries
         FROM drops WHERE id = $1 AND state = 'ready' AND expires_ms > $2 AND NOT EXISTS
           (SELECT 1 FROM tips t WHERE t.client = drops.client AND t.away = 2)",
    )
    .bind(id)
    .bind(now.0)
    .fetch_optional(tx.sql().await?)
    .await?;
    let Some(row) = row else { return Ok(Err(TakeError::Gone)) };
    let sealed: Option<Vec<u8>> = row.try_get("sealed")?;
    let wanted: Option<String> = row.try_get("code_hash")?;
    let (Some(sealed), Some(wanted)) = (sealed, wanted) else {
        return Ok(Err(TakeError::NoCode));
    };
    if now.since(UnixMs(row.try_get("code_ms")?)) > CODE_TTL_MS {
        return Ok(Err(TakeError::NoCode));
    }
    if wanted != hash {
        let tries = row.try_get::<i64, _>("code_tries")? + 1;
        let wipe = tries >= MAX_TRIES;
        let sql = match wipe {
            true => {
                "UPDATE drops SET code_tries = $2, state = 'wiped', sealed = NULL WHERE id = $1"
            }
            false => "UPDATE drops SET code_tries = $2 WHERE id = $1",
        };
        query(sql).bind(id).bind(tries).execute(tx.sql().await?).await?;
        tx.wiped |= wipe;
        let error =
            if wipe { TakeError::Gone } else { TakeError::WrongCode { left: MAX_TRIES - tries } };
        return Ok(Err(error));
    }
    // Before it is wiped: with a wrong vault key nothing is lost.
    let secret = unseal(&tx.keys, &row.try_get::<String, _>("attempt")?, &sealed)?;
    query("UPDATE drops SET state = 'viewed', sealed = NULL, code_hash = NULL WHERE id = $1")
        .bind(id)
        .execute(tx.sql().await?)
        .await?;
    tx.wiped = true;
    Ok(Ok((one(&row)?, secret)))
}

pub(crate) async fn insert(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    drop: NewDrop,
) -> Result<(), Fault> {
    let NewDrop { token, attempt, login, address, sealed, expires_at } = drop;
    tx.later(
        query(
            "INSERT INTO drops (id, client, case_id, attempt, login, address, sealed, state, created_ms,
               expires_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'sealed', $8, $9)",
        )
        .bind(token_id(&token))
        .bind(client.as_str())
        .bind(case_id)
        .bind(attempt.to_string())
        .bind(login)
        .bind(address)
        .bind(sealed)
        .bind(at.0)
        .bind(expires_at.0),
    );
    Ok(())
}

fn one(r: &Row) -> Result<Drop, sqlx::Error> {
    Ok(Drop {
        id: r.try_get("id")?,
        client: r.try_get("client")?,
        login: r.try_get("login")?,
        address: r.try_get("address")?,
        state: DropState::parse(&r.try_get::<String, _>("state")?),
        expires_at: UnixMs(r.try_get("expires_ms")?),
    })
}

fn token_id(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn code_hash(id: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("{id}:{code}")))
}

fn six_digits() -> Result<String, StoreError> {
    let mut bytes = [0u8; 8];
    fill(&mut bytes)?;
    // The bias of 2^64 modulo 10^6 is far below anything that could be used.
    Ok(format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000))
}
