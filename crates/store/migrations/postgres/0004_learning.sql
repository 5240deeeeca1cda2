-- Cases that are only watched: what would have become of them, and what people did.
CREATE TABLE shadow (
    client      TEXT COLLATE "C" NOT NULL,
    case_id     TEXT COLLATE "C" NOT NULL,
    would       TEXT COLLATE "C" NOT NULL,
    kinds       TEXT COLLATE "C" NOT NULL,
    at_ms       BIGINT NOT NULL,
    due_ms      BIGINT,
    tries       BIGINT NOT NULL DEFAULT 0,
    compared_ms BIGINT,
    agreement   TEXT COLLATE "C",
    differs     TEXT COLLATE "C",
    did         TEXT COLLATE "C",
    minutes     BIGINT,
    PRIMARY KEY (client, case_id)
);
CREATE INDEX shadow_due ON shadow (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX shadow_recent ON shadow (at_ms);

-- What was learned about a client and what people made of it; every version stays.
CREATE TABLE playbooks (
    client   TEXT COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    author   TEXT COLLATE "C" NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    diff     TEXT COLLATE "C" NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (client, version)
);
CREATE TRIGGER playbooks_no_change BEFORE UPDATE ON playbooks
FOR EACH ROW EXECUTE FUNCTION journeyman_refuse('a playbook is not changed: write another version');

-- Reports of backtests; '' for several clients.
CREATE TABLE reports (
    client  TEXT COLLATE "C" NOT NULL,
    at_ms   BIGINT NOT NULL,
    title   TEXT COLLATE "C" NOT NULL,
    author  TEXT COLLATE "C" NOT NULL,
    figures TEXT COLLATE "C" NOT NULL,
    page    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (client, at_ms)
);

DO $$ BEGIN
    PERFORM journeyman_wall('shadow');
    PERFORM journeyman_wall('playbooks');
    PERFORM journeyman_wall('reports');
END $$;
