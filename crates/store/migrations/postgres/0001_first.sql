-- The journal: one gapless sequence per client. Columns are public; personal data is beside it.
CREATE TABLE entries (
    client         TEXT COLLATE "C"   NOT NULL,
    seq            BIGINT NOT NULL,
    at_ms          BIGINT NOT NULL,
    case_id        TEXT COLLATE "C"   NOT NULL,
    actor          TEXT COLLATE "C"   NOT NULL,
    kind           TEXT COLLATE "C"   NOT NULL,
    digest         BYTEA,
    tier           TEXT COLLATE "C",
    findings       TEXT COLLATE "C"   NOT NULL,
    policy_version TEXT COLLATE "C",
    outcome        TEXT COLLATE "C",
    commitment     BYTEA   NOT NULL,
    leaf_hash      BYTEA   NOT NULL,
    PRIMARY KEY (client, seq)
);
CREATE INDEX entries_by_case ON entries (client, case_id, seq);

-- Append-only, held by the database itself.
CREATE FUNCTION journeyman_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE FUNCTION journeyman_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT COALESCE(MAX(seq) + 1, 0) FROM entries WHERE client = NEW.client) THEN
        RAISE EXCEPTION 'the journal is append-only and has no gaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entries_gapless BEFORE INSERT ON entries
FOR EACH ROW EXECUTE FUNCTION journeyman_gapless();
CREATE TRIGGER entries_no_change BEFORE UPDATE OR DELETE ON entries
FOR EACH ROW EXECUTE FUNCTION journeyman_refuse('the journal is append-only');
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries
EXECUTE FUNCTION journeyman_refuse('the journal is append-only');

-- What a leaf commits to. Erasing a row leaves the log provable.
CREATE TABLE entry_private (
    client TEXT COLLATE "C"   NOT NULL,
    seq    BIGINT NOT NULL,
    salt   BYTEA   NOT NULL,
    body   BYTEA   NOT NULL,
    PRIMARY KEY (client, seq)
);

CREATE TRIGGER entry_private_no_update BEFORE UPDATE ON entry_private
FOR EACH ROW EXECUTE FUNCTION journeyman_refuse('personal data can be erased, not changed');

-- The right edge of each client's tree.
CREATE TABLE tips (
    client   TEXT COLLATE "C"   PRIMARY KEY,
    size     BIGINT NOT NULL,
    frontier BYTEA   NOT NULL
);

CREATE TABLE checkpoints (
    client TEXT COLLATE "C"   NOT NULL,
    size   BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    note   TEXT COLLATE "C"   NOT NULL,
    PRIMARY KEY (client, size)
);

CREATE TRIGGER checkpoints_no_change BEFORE UPDATE OR DELETE ON checkpoints
FOR EACH ROW EXECUTE FUNCTION journeyman_refuse('checkpoints are append-only');
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints
EXECUTE FUNCTION journeyman_refuse('checkpoints are append-only');

-- news: something arrived from outside since the case was claimed or last put off.
CREATE TABLE cases (
    client      TEXT COLLATE "C"   NOT NULL,
    id          TEXT COLLATE "C"   NOT NULL,
    psa         TEXT COLLATE "C"   NOT NULL,
    ticket_id   TEXT COLLATE "C"   NOT NULL,
    subject     TEXT COLLATE "C"   NOT NULL,
    requester   TEXT COLLATE "C"   NOT NULL,
    phase       TEXT COLLATE "C"   NOT NULL,
    summary     TEXT COLLATE "C"   NOT NULL,
    tier        TEXT COLLATE "C",
    version     BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    updated_ms  BIGINT NOT NULL,
    ended_ms    BIGINT,
    wake_ms     BIGINT,
    news        BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT COLLATE "C",
    lease_ms    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (client, id)
);
CREATE INDEX cases_due ON cases (wake_ms) WHERE wake_ms IS NOT NULL;
CREATE INDEX cases_recent ON cases (updated_ms);

CREATE TABLE tickets (
    psa         TEXT COLLATE "C"   NOT NULL,
    ticket_id   TEXT COLLATE "C"   NOT NULL,
    client      TEXT COLLATE "C"   NOT NULL,
    case_id     TEXT COLLATE "C"   NOT NULL,
    fingerprint TEXT COLLATE "C"   NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (psa, ticket_id)
);
CREATE INDEX tickets_by_fingerprint ON tickets (client, fingerprint, received_ms);

-- Tickets that could not be taken in: of no configured client, or unreadable.
CREATE TABLE set_aside (
    psa       TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (psa, ticket_id)
);

CREATE TABLE seen_messages (
    psa        TEXT COLLATE "C" NOT NULL,
    ticket_id  TEXT COLLATE "C" NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (psa, ticket_id, message_id)
);

CREATE TABLE approvals (
    client     TEXT COLLATE "C"   NOT NULL,
    id         TEXT COLLATE "C"   NOT NULL,
    case_id    TEXT COLLATE "C"   NOT NULL,
    digest     TEXT COLLATE "C"   NOT NULL,
    tier       TEXT COLLATE "C"   NOT NULL,
    asked_ms   BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    settled_ms BIGINT,
    state      TEXT COLLATE "C"   NOT NULL,
    body       TEXT COLLATE "C"   NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE INDEX approvals_by_state ON approvals (state, asked_ms);
CREATE INDEX approvals_by_digest ON approvals (client, digest, settled_ms);

-- What was touched lately, for blast radius.
CREATE TABLE touched (
    client TEXT COLLATE "C"   NOT NULL,
    brain  TEXT COLLATE "C"   NOT NULL,
    kind   TEXT COLLATE "C"   NOT NULL,
    target TEXT COLLATE "C"   NOT NULL,
    at_ms  BIGINT NOT NULL
);
CREATE INDEX touched_recent ON touched (client, brain, kind, at_ms);

CREATE TABLE cursors (
    psa    TEXT COLLATE "C" PRIMARY KEY,
    cursor TEXT COLLATE "C" NOT NULL
);

CREATE TABLE people (
    id            TEXT COLLATE "C" PRIMARY KEY,
    name          TEXT COLLATE "C"   NOT NULL,
    email         TEXT COLLATE "C"   NOT NULL,
    role          TEXT COLLATE "C"   NOT NULL,
    password_hash TEXT COLLATE "C"   NOT NULL,
    created_ms    BIGINT NOT NULL
);

CREATE TABLE sessions (
    id         TEXT COLLATE "C" PRIMARY KEY,
    data       TEXT COLLATE "C"   NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE login_tokens (
    hash       TEXT COLLATE "C" PRIMARY KEY,
    person     TEXT COLLATE "C"   NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- One-time secrets, sealed. A row outlives its secret so that the page can say what happened.
CREATE TABLE drops (
    id         TEXT COLLATE "C" PRIMARY KEY,
    client     TEXT COLLATE "C"   NOT NULL,
    case_id    TEXT COLLATE "C"   NOT NULL,
    attempt    TEXT COLLATE "C"   NOT NULL,
    login      TEXT COLLATE "C"   NOT NULL,
    address    TEXT COLLATE "C"   NOT NULL,
    sealed     BYTEA,
    state      TEXT COLLATE "C"   NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    code_hash  TEXT COLLATE "C",
    code_ms    BIGINT NOT NULL DEFAULT 0,
    code_sent  BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX drops_by_attempt ON drops (attempt);
