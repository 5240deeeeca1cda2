//! What people see of questions and notices in a chat, and the buttons that they press there.
//!
//! INVARIANT: a message is wanted in a row before it is posted, so that a crash or an outage of the
//! chat loses none; a press is taken in once, whoever sends it again.

use crate::{
    Notice, Store, StoreError, approvals, notices,
    sql::{Row, query, query_scalar},
    writer::Fault,
};
use domain::{Approval, ApprovalId, ClientId, PersonId, UnixMs};
use std::str::FromStr as _;

/// What a message is about, and whose conversation it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PostKey {
    /// A question, to somebody who may decide it.
    Question {
        /// Whose systems.
        client: ClientId,
        /// Which.
        id: ApprovalId,
        /// Who is asked.
        person: PersonId,
    },
    /// A notice, in a channel.
    Notice {
        /// Whose systems, if one client's.
        client: Option<ClientId>,
        /// Its number.
        id: i64,
    },
}

impl PostKey {
    /// Client, `about`, id and person as they stand in the table.
    fn columns(&self) -> [String; 4] {
        match self {
            PostKey::Question { client, id, person } => {
                [client.to_string(), "question".into(), id.to_string(), person.to_string()]
            }
            PostKey::Notice { client, id } => {
                let client = client.as_ref().map(ToString::to_string).unwrap_or_default();
                [client, "notice".into(), id.to_string(), String::new()]
            }
        }
    }
}

/// A message that is wanted, or that stands and no longer says how things are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// What it is about.
    pub key: PostKey,
    /// Conversation and message, once it was posted.
    pub place: Option<(String, String)>,
    /// How what it is about stands now. Handed back when the message says so.
    pub stands: String,
    /// How often posting or changing it failed.
    pub tries: u32,
    /// When it was wanted first.
    pub made_at: UnixMs,
}

/// A message about a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionPost {
    /// The message.
    pub post: Post,
    /// The question as it is now.
    pub approval: Approval,
}

/// A message about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePost {
    /// The message.
    pub post: Post,
    /// The notice as it is now.
    pub notice: Notice,
}

/// A button that somebody pressed, being worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// Which.
    pub id: String,
    /// What was pressed, as it was taken in.
    pub body: String,
    /// How often it was worked on, this time included.
    pub tries: u32,
    /// When it was pressed.
    pub at: UnixMs,
    /// The time of the decision that an earlier try may have made.
    pub acted_at: Option<UnixMs>,
}

/// Joins a question to its message; a decision that leaves it waiting, as the first of two, counts, and
/// so does a change that waits to be judged. Quotes inside a text of the body are escaped there.
const QUESTIONS: &str = "SELECT * FROM (
       SELECT p.*, a.body, a.state || ':' || CAST((SELECT COUNT(*) FROM decisions d
           WHERE d.client = a.client AND d.kind = a.kind AND d.at_ms >= a.asked_ms
             AND d.approval = a.id) AS TEXT)
           || CASE WHEN a.body LIKE '%\"change\":{%' THEN ':change' ELSE '' END AS stands
       FROM chat_posts p JOIN approvals a ON a.client = p.client AND a.id = p.of_id
       WHERE p.about = 'question' AND p.state <> 'closed' AND p.next_ms <= $1) q
     WHERE state = 'wanted' OR shown <> stands ORDER BY next_ms, made_ms LIMIT $2";

const NOTICES: &str = "SELECT * FROM (
       SELECT n.*, COALESCE(o.undone, 0) AS undone, p.client AS of_client, p.conversation, p.message,
         p.shown, p.state, p.tries, p.next_ms, p.made_ms,
         CASE WHEN COALESCE(o.undone, 0) = 1 THEN 'undone'
           WHEN n.undo_ms IS NULL OR n.undo_ms <= $1 THEN 'over' ELSE 'open' END AS stands
       FROM chat_posts p JOIN notices n ON CAST(n.id AS TEXT) = p.of_id
       LEFT JOIN outcomes o ON o.client = n.client AND o.attempt = n.attempt
       WHERE p.about = 'notice' AND p.state <> 'closed' AND p.next_ms <= $1) q
     WHERE state = 'wanted' OR shown <> stands ORDER BY next_ms, id LIMIT $2";

impl Store {
    /// Wants these messages posted; those that are known already stay as they are. Answers with how
    /// many are new.
    pub async fn want_posts(&self, keys: Vec<PostKey>, now: UnixMs) -> Result<u64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let mut new = 0;
                for key in &keys {
                    let [client, about, id, person] = key.columns();
                    new += query(
                        "INSERT INTO chat_posts (client, about, of_id, person, conversation,
                           message, shown, state, tries, next_ms, made_ms)
                         VALUES ($1, $2, $3, $4, '', '', '', 'wanted', 0, $5, $5)
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(client)
                    .bind(about)
                    .bind(id)
                    .bind(person)
                    .bind(now.0)
                    .execute(tx.sql().await?)
                    .await?;
                }
                Ok(new)
            })
        })
        .await
    }

    /// Messages about questions that have to be posted or changed by now.
    pub async fn question_posts(
        &self,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<QuestionPost>, StoreError> {
        let rows = query(QUESTIONS).bind(now.0).bind(i64::from(limit)).fetch_all(&self.pool);
        let rows = rows.await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| question(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Messages about notices that have to be posted or changed by now.
    pub async fn notice_posts(
        &self,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<NoticePost>, StoreError> {
        let rows = query(NOTICES).bind(now.0).bind(i64::from(limit)).fetch_all(&self.pool);
        let rows = rows.await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| of_notice(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// The numbers of notices of this kind of age for which no message is wanted yet, with their
    /// clients, oldest first. Questions are told of elsewhere.
    pub async fn notices_without_post(
        &self,
        since: UnixMs,
        limit: u32,
    ) -> Result<Vec<PostKey>, StoreError> {
        let rows = query(
            "SELECT n.id, n.client FROM notices n WHERE n.at_ms >= $1 AND n.kind <> 'question'
               AND NOT EXISTS (SELECT 1 FROM chat_posts p WHERE p.client = COALESCE(n.client, '')
                 AND p.about = 'notice' AND p.of_id = CAST(n.id AS TEXT) AND p.person = '')
             ORDER BY n.id LIMIT $2",
        )
        .bind(since.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        let key = |r: &Row| {
            let client: Option<String> = r.try_get("client")?;
            Ok(PostKey::Notice { client: client.map(id).transpose()?, id: r.try_get("id")? })
        };
        rows.iter().map(|r| key(r).map_err(|f: Fault| f.into_store(&self.path))).collect()
    }

    /// Says where a message stands and what it shows. A closed one does not change any more.
    pub async fn posted(
        &self,
        key: &PostKey,
        place: (String, String),
        shown: &str,
        closed: bool,
    ) -> Result<(), StoreError> {
        let state = if closed { "closed" } else { "open" };
        let set = "conversation = $5, message = $6, shown = $7, state = $8, tries = 0";
        let values = [place.0, place.1, shown.to_owned(), state.to_owned()];
        self.set_post(key, set, values, None).await
    }

    /// Says that posting or changing a message failed; tried again at `again`, or never.
    pub async fn post_failed(
        &self,
        key: &PostKey,
        again: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        let set = match again {
            Some(_) => "tries = tries + 1, next_ms = $5",
            None => "tries = tries + 1, state = 'closed'",
        };
        self.set_post(key, set, [], again).await
    }

    async fn set_post<const N: usize>(
        &self,
        key: &PostKey,
        set: &'static str,
        values: [String; N],
        at: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        let columns = key.columns();
        self.write(move |tx| {
            Box::pin(async move {
                let sql = format!(
                    "UPDATE chat_posts SET {set}
                     WHERE client = $1 AND about = $2 AND of_id = $3 AND person = $4"
                );
                let bound = columns.into_iter().chain(values).fold(query(sql), |q, v| q.bind(v));
                let bound = at.into_iter().fold(bound, |q, at| q.bind(at.0));
                bound.execute(tx.sql().await?).await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes in a press; `false` when it was taken in before.
    pub async fn take_in_press(
        &self,
        id: &str,
        body: String,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let new = query(
                    "INSERT INTO chat_presses (id, body, state, tries, at_ms, next_ms)
                     VALUES ($1, $2, 'due', 0, $3, $3) ON CONFLICT DO NOTHING",
                )
                .bind(id)
                .bind(body)
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                Ok(new == 1)
            })
        })
        .await
    }

    /// Takes presses to be worked on. Those that are not done by `until` are taken again.
    pub async fn claim_presses(
        &self,
        now: UnixMs,
        until: UnixMs,
        limit: u32,
    ) -> Result<Vec<Press>, StoreError> {
        let rows = self.write(move |tx| {
            Box::pin(async move {
                let rows = query(
                    "UPDATE chat_presses SET tries = tries + 1, next_ms = $2
                     WHERE state = 'due' AND next_ms <= $1 AND id IN (SELECT id FROM chat_presses
                       WHERE state = 'due' AND next_ms <= $1 ORDER BY at_ms LIMIT $3)
                     RETURNING id, body, tries, at_ms, acted_ms",
                )
                .bind(now.0)
                .bind(until.0)
                .bind(i64::from(limit))
                .fetch_all(tx.sql().await?)
                .await?;
                rows.iter().map(press).collect::<Result<Vec<_>, Fault>>()
            })
        });
        rows.await
    }

    /// Says which question a press is about to decide, and at which time: written before the decision,
    /// so that it is known afterwards where it was made. `false` when the same press came so far
    /// elsewhere since it was taken; it must not decide then.
    pub async fn press_acts(
        &self,
        press: &Press,
        approval: ApprovalId,
        at: UnixMs,
    ) -> Result<bool, StoreError> {
        let (id, before) = (press.id.clone(), press.acted_at.map(|at| at.0));
        self.write(move |tx| {
            Box::pin(async move {
                let set = query(
                    "UPDATE chat_presses SET approval = $2, acted_ms = $3
                     WHERE id = $1 AND (acted_ms IS NULL OR acted_ms = $4)",
                )
                .bind(id)
                .bind(approval.to_string())
                .bind(at.0)
                .bind(before)
                .execute(tx.sql().await?)
                .await?;
                Ok(set == 1)
            })
        })
        .await
    }

    /// A press was answered: what it said is forgotten.
    pub async fn press_done(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                query("UPDATE chat_presses SET state = 'done', body = '' WHERE id = $1")
                    .bind(id)
                    .execute(tx.sql().await?)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Whether the decision on a question at this time was made by a press in a chat.
    pub async fn decided_by_press(
        &self,
        approval: ApprovalId,
        at: UnixMs,
    ) -> Result<bool, StoreError> {
        let n: i64 =
            query_scalar("SELECT COUNT(*) FROM chat_presses WHERE approval = $1 AND acted_ms = $2")
                .bind(approval.to_string())
                .bind(at.0)
                .fetch_one(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        Ok(n > 0)
    }
}

fn id(text: String) -> Result<ClientId, Fault> {
    ClientId::new(text).map_err(|e| StoreError::Broken(e.to_string()).into())
}

fn post(r: &Row, key: PostKey) -> Result<Post, Fault> {
    let (conversation, message): (String, String) =
        (r.try_get("conversation")?, r.try_get("message")?);
    Ok(Post {
        key,
        place: (!message.is_empty()).then_some((conversation, message)),
        stands: r.try_get("stands")?,
        tries: crate::columns::count(r, "tries")?,
        made_at: crate::columns::time(r, "made_ms")?,
    })
}

fn question(r: &Row) -> Result<QuestionPost, Fault> {
    let of: String = r.try_get("of_id")?;
    let broken = |_| StoreError::Broken(format!("{of:?} in the database is no question's id"));
    let key = PostKey::Question {
        client: crate::columns::client(r, "client")?,
        id: ApprovalId::from_str(&of).map_err(broken)?,
        person: crate::columns::person(r, "person")?,
    };
    Ok(QuestionPost { post: post(r, key)?, approval: approvals::approval(r)? })
}

fn of_notice(r: &Row) -> Result<NoticePost, Fault> {
    let client: String = r.try_get("of_client")?;
    let client = Some(client).filter(|c| !c.is_empty()).map(id).transpose()?;
    let key = PostKey::Notice { client, id: r.try_get("id")? };
    Ok(NoticePost { post: post(r, key)?, notice: notices::notice(r)? })
}

fn press(r: &Row) -> Result<Press, Fault> {
    Ok(Press {
        id: r.try_get("id")?,
        body: r.try_get("body")?,
        tries: crate::columns::count(r, "tries")?,
        at: crate::columns::time(r, "at_ms")?,
        acted_at: crate::columns::maybe_time(r, "acted_ms")?,
    })
}
