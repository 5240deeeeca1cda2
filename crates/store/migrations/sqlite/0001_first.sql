-- The journal: one gapless sequence per client. Columns are public; personal data is beside it.
CREATE TABLE entries (
    client         TEXT   NOT NULL,
    seq            BIGINT NOT NULL,
    at_ms          BIGINT NOT NULL,
    case_id        TEXT   NOT NULL,
    actor          TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    digest         BLOB,
    tier           TEXT,
    findings       TEXT   NOT NULL,
    policy_version TEXT,
    outcome        TEXT,
    commitment     BLOB   NOT NULL,
    leaf_hash      BLOB   NOT NULL,
    PRIMARY KEY (client, seq)
);
CREATE INDEX entries_by_case ON entries (client, case_id, seq);

-- Append-only, held by the database itself.
CREATE TRIGGER entries_gapless BEFORE INSERT ON entries
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq) + 1, 0) FROM entries WHERE client = NEW.client)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only and has no gaps'); END;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- What a leaf commits to. Erasing a row leaves the log provable.
CREATE TABLE entry_private (
    client TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    salt   BLOB   NOT NULL,
    body   BLOB   NOT NULL,
    PRIMARY KEY (client, seq)
);

CREATE TRIGGER entry_private_no_update BEFORE UPDATE ON entry_private
BEGIN SELECT RAISE(ABORT, 'personal data can be erased, not changed'); END;

-- The right edge of each client's tree.
CREATE TABLE tips (
    client   TEXT   PRIMARY KEY,
    size     BIGINT NOT NULL,
    frontier BLOB   NOT NULL
);

CREATE TABLE checkpoints (
    client TEXT   NOT NULL,
    size   BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    note   TEXT   NOT NULL,
    PRIMARY KEY (client, size)
);

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

-- news: something arrived from outside since the case was claimed or last put off.
CREATE TABLE cases (
    client      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    psa         TEXT   NOT NULL,
    ticket_id   TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    requester   TEXT   NOT NULL,
    phase       TEXT   NOT NULL,
    summary     TEXT   NOT NULL,
    tier        TEXT,
    version     BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    updated_ms  BIGINT NOT NULL,
    ended_ms    BIGINT,
    wake_ms     BIGINT,
    news        BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_ms    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (client, id)
);
CREATE INDEX cases_due ON cases (wake_ms) WHERE wake_ms IS NOT NULL;
CREATE INDEX cases_recent ON cases (updated_ms);

CREATE TABLE tickets (
    psa         TEXT   NOT NULL,
    ticket_id   TEXT   NOT NULL,
    client      TEXT   NOT NULL,
    case_id     TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (psa, ticket_id)
);
CREATE INDEX tickets_by_fingerprint ON tickets (client, fingerprint, received_ms);

-- Tickets that could not be taken in: of no configured client, or unreadable.
CREATE TABLE set_aside (
    psa       TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    PRIMARY KEY (psa, ticket_id)
);

CREATE TABLE seen_messages (
    psa        TEXT NOT NULL,
    ticket_id  TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (psa, ticket_id, message_id)
);

CREATE TABLE approvals (
    client     TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    case_id    TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    tier       TEXT   NOT NULL,
    asked_ms   BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    settled_ms BIGINT,
    state      TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE INDEX approvals_by_state ON approvals (state, asked_ms);
CREATE INDEX approvals_by_digest ON approvals (client, digest, settled_ms);

-- What was touched lately, for blast radius.
CREATE TABLE touched (
    client TEXT   NOT NULL,
    brain  TEXT   NOT NULL,
    kind   TEXT   NOT NULL,
    target TEXT   NOT NULL,
    at_ms  BIGINT NOT NULL
);
CREATE INDEX touched_recent ON touched (client, brain, kind, at_ms);

CREATE TABLE cursors (
    psa    TEXT PRIMARY KEY,
    cursor TEXT NOT NULL
);

CREATE TABLE people (
    id            TEXT PRIMARY KEY,
    name          TEXT   NOT NULL,
    email         TEXT   NOT NULL,
    role          TEXT   NOT NULL,
    password_hash TEXT   NOT NULL,
    created_ms    BIGINT NOT NULL
);

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    data       TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE login_tokens (
    hash       TEXT PRIMARY KEY,
    person     TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- One-time secrets, sealed. A row outlives its secret so that the page can say what happened.
CREATE TABLE drops (
    id         TEXT PRIMARY KEY,
    client     TEXT   NOT NULL,
    case_id    TEXT   NOT NULL,
    attempt    TEXT   NOT NULL,
    login      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    sealed     BLOB,
    state      TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    code_hash  TEXT,
    code_ms    BIGINT NOT NULL DEFAULT 0,
    code_sent  BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX drops_by_attempt ON drops (attempt);
