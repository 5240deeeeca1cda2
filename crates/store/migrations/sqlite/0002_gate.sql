-- The gate in full: policies, breakers, brains, requests, outcomes, notices, webhooks.

ALTER TABLE approvals ADD COLUMN kind TEXT;
ALTER TABLE approvals ADD COLUMN decided_by TEXT;
ALTER TABLE approvals ADD COLUMN decided_ms BIGINT;
CREATE INDEX approvals_by_case ON approvals (client, case_id);
CREATE INDEX approvals_by_kind ON approvals (client, kind, asked_ms);

-- The brain of a request over the API; NULL for a ticket that came in.
ALTER TABLE cases ADD COLUMN brain TEXT;
CREATE INDEX cases_by_brain ON cases (brain, received_ms, id) WHERE brain IS NOT NULL;

ALTER TABLE people ADD COLUMN away_from BIGINT;
ALTER TABLE people ADD COLUMN away_until BIGINT;
ALTER TABLE people ADD COLUMN deputy TEXT;

-- Every decision of a person, the first yes of two and wishes for changes included.
CREATE TABLE decisions (
    client   TEXT   NOT NULL,
    approval TEXT   NOT NULL,
    case_id  TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    kind     TEXT,
    decision TEXT   NOT NULL,
    asked_ms BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL
);
CREATE INDEX decisions_recent ON decisions (at_ms);
CREATE INDEX decisions_by_kind ON decisions (client, kind, at_ms);

CREATE TABLE policies (
    n           INTEGER PRIMARY KEY,
    version     TEXT   NOT NULL UNIQUE,
    base        TEXT,
    author      TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    document    TEXT   NOT NULL,
    diff        TEXT   NOT NULL,
    loosens     TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    proposed_ms BIGINT NOT NULL,
    decided_by  TEXT,
    decided_ms  BIGINT
);
CREATE UNIQUE INDEX policies_one_active ON policies (state) WHERE state = 'active';
-- What was proposed is what is decided on and what runs.
CREATE TRIGGER policies_no_change
BEFORE UPDATE OF version, base, author, reason, document, diff, loosens, proposed_ms ON policies
BEGIN SELECT RAISE(ABORT, 'a policy is not changed: write another version'); END;
CREATE TRIGGER policies_no_delete BEFORE DELETE ON policies
BEGIN SELECT RAISE(ABORT, 'policies are kept'); END;

-- Open breakers; '' for every client, '' for every kind.
CREATE TABLE breakers (
    client    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    mode      TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    opened_by TEXT   NOT NULL,
    since_ms  BIGINT NOT NULL,
    PRIMARY KEY (client, kind)
);

-- clients, kinds: JSON lists, NULL for all.
CREATE TABLE brains (
    id             TEXT PRIMARY KEY,
    name           TEXT   NOT NULL,
    owner          TEXT   NOT NULL,
    clients        TEXT,
    kinds          TEXT,
    ceiling        TEXT   NOT NULL,
    rate_per_min   BIGINT NOT NULL,
    token_hash     TEXT   NOT NULL UNIQUE,
    webhook_url    TEXT,
    webhook_secret BLOB,
    created_ms     BIGINT NOT NULL,
    revoked_ms     BIGINT,
    last_used_ms   BIGINT
);

CREATE TABLE idempotency (
    brain     TEXT   NOT NULL,
    key       TEXT   NOT NULL,
    body_hash BLOB   NOT NULL,
    case_id   TEXT   NOT NULL,
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (brain, key)
);
CREATE INDEX idempotency_old ON idempotency (at_ms);

-- What brains asked for, once per case and digest, for rate and loops.
CREATE TABLE asked (
    client  TEXT   NOT NULL,
    brain   TEXT   NOT NULL,
    digest  TEXT   NOT NULL,
    case_id TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (case_id, digest)
);
CREATE INDEX asked_recent ON asked (brain, at_ms);
CREATE INDEX asked_again ON asked (client, brain, digest, at_ms);

-- Every attempt and what came of it.
CREATE TABLE outcomes (
    client   TEXT   NOT NULL,
    attempt  TEXT   NOT NULL,
    case_id  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    brain    TEXT   NOT NULL,
    approval TEXT,
    at_ms    BIGINT NOT NULL,
    ended_ms BIGINT,
    state    TEXT   NOT NULL,
    undone   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (client, attempt)
);
CREATE INDEX outcomes_by_kind ON outcomes (kind, at_ms);
CREATE INDEX outcomes_by_client ON outcomes (client, at_ms);
CREATE INDEX outcomes_by_approval ON outcomes (approval) WHERE approval IS NOT NULL;

-- The patches or the script of an attempt.
CREATE TABLE outcome_changes (
    client  TEXT NOT NULL,
    attempt TEXT NOT NULL,
    change  TEXT NOT NULL,
    PRIMARY KEY (client, attempt, change)
);

CREATE TABLE notices (
    id         INTEGER PRIMARY KEY,
    at_ms      BIGINT NOT NULL,
    client     TEXT,
    case_id    TEXT,
    attempt    TEXT,
    kind       TEXT   NOT NULL,
    title      TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    undo_ms    BIGINT,
    mailed_ms  BIGINT,
    mail_tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notices_recent ON notices (at_ms);
CREATE INDEX notices_unmailed ON notices (id) WHERE mailed_ms IS NULL;

-- What a brain's webhook is to be told. The body is made when it is sent.
CREATE TABLE deliveries (
    id         INTEGER PRIMARY KEY,
    brain      TEXT   NOT NULL,
    client     TEXT   NOT NULL,
    case_id    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    next_ms    BIGINT,
    tries      BIGINT NOT NULL DEFAULT 0,
    state      TEXT   NOT NULL DEFAULT 'due'
);
CREATE INDEX deliveries_due ON deliveries (next_ms) WHERE state = 'due';

-- What the journal of an older database says already. Erased entries say nothing.
UPDATE approvals SET
    kind = (
        SELECT json_extract(CAST(p.body AS TEXT), '$.event.action.kind')
        FROM entries e JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
        WHERE e.client = approvals.client AND e.case_id = approvals.case_id AND e.kind = 'held'
          AND json_extract(CAST(p.body AS TEXT), '$.event.approval') = approvals.id
        LIMIT 1),
    decided_by = COALESCE(json_extract(body, '$.state.approved.by'),
        json_extract(body, '$.state.denied.by')),
    decided_ms = COALESCE(json_extract(body, '$.state.approved.at'),
        json_extract(body, '$.state.denied.at'));

INSERT INTO decisions (client, approval, case_id, person, kind, decision, asked_ms, at_ms)
SELECT client, id, case_id, decided_by, kind, state, asked_ms, decided_ms
FROM approvals WHERE decided_by IS NOT NULL;

INSERT INTO outcomes (client, attempt, case_id, kind, brain, approval, at_ms, state)
SELECT e.client, json_extract(CAST(p.body AS TEXT), '$.event.attempt'), e.case_id,
    json_extract(CAST(p.body AS TEXT), '$.event.action.kind'),
    CASE WHEN e.actor LIKE 'brain:%' THEN substr(e.actor, 7) ELSE '' END,
    json_extract(CAST(p.body AS TEXT), '$.event.approval'), e.at_ms, 'open'
FROM entries e JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
WHERE e.kind = 'started'
ON CONFLICT DO NOTHING;

UPDATE outcomes SET (state, ended_ms) = (
    SELECT CASE
        WHEN json_extract(CAST(p.body AS TEXT), '$.event.outcome.failed')
            LIKE 'the system accepted the change%' THEN 'unverified'
        ELSE e.outcome END, e.at_ms
    FROM entries e JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
    WHERE e.client = outcomes.client AND e.case_id = outcomes.case_id AND e.kind = 'finished'
      AND json_extract(CAST(p.body AS TEXT), '$.event.attempt') = outcomes.attempt
    ORDER BY e.seq DESC LIMIT 1)
WHERE EXISTS (
    SELECT 1 FROM entries e JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
    WHERE e.client = outcomes.client AND e.case_id = outcomes.case_id AND e.kind = 'finished'
      AND json_extract(CAST(p.body AS TEXT), '$.event.attempt') = outcomes.attempt);
