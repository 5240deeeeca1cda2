-- Cases that are only watched: what would have become of them, and what people did.
CREATE TABLE shadow (
    client      TEXT   NOT NULL,
    case_id     TEXT   NOT NULL,
    would       TEXT   NOT NULL,
    kinds       TEXT   NOT NULL,
    at_ms       BIGINT NOT NULL,
    due_ms      BIGINT,
    tries       BIGINT NOT NULL DEFAULT 0,
    compared_ms BIGINT,
    agreement   TEXT,
    differs     TEXT,
    did         TEXT,
    minutes     BIGINT,
    PRIMARY KEY (client, case_id)
);
CREATE INDEX shadow_due ON shadow (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX shadow_recent ON shadow (at_ms);

-- What was learned about a client and what people made of it; every version stays.
CREATE TABLE playbooks (
    client   TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL,
    author   TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    diff     TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (client, version)
);
CREATE TRIGGER playbooks_no_change BEFORE UPDATE ON playbooks
BEGIN SELECT RAISE(ABORT, 'a playbook is not changed: write another version'); END;

-- Reports of backtests; '' for several clients.
CREATE TABLE reports (
    client  TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL,
    title   TEXT   NOT NULL,
    author  TEXT   NOT NULL,
    figures TEXT   NOT NULL,
    page    TEXT   NOT NULL,
    PRIMARY KEY (client, at_ms)
);
