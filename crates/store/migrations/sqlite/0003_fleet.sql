-- Which installation this is: every node must hold the same keys.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Full tiles of each client's tree: hashes of 256 subtrees side by side, and the root over them. They
-- follow from `entries` and are made again when they are missing.
CREATE TABLE subtrees (
    client TEXT   NOT NULL,
    level  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    root   BLOB   NOT NULL,
    hashes BLOB   NOT NULL,
    PRIMARY KEY (client, level, n)
);
CREATE TRIGGER subtrees_no_update BEFORE UPDATE ON subtrees
BEGIN SELECT RAISE(ABORT, 'what is below a full subtree does not change'); END;

-- What witnesses said of our checkpoints: a signature line of C2SP's tlog-cosignature.
CREATE TABLE cosignatures (
    client  TEXT   NOT NULL,
    size    BIGINT NOT NULL,
    witness TEXT   NOT NULL,
    line    TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (client, size, witness)
);

-- Which cell a client lives in, once it has moved: the largest version is true. Before, the
-- configuration says it. size: entries of its journal when it moved there.
CREATE TABLE homes (
    client  TEXT   PRIMARY KEY,
    cell    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    size    BIGINT NOT NULL
);
-- 1: about to move, nothing is begun. 2: moving or moved, nothing is written.
ALTER TABLE tips ADD COLUMN away BIGINT NOT NULL DEFAULT 0;

-- Tickets of clients that live elsewhere, until they live here or are old.
CREATE TABLE passed_by (
    client    TEXT   NOT NULL,
    psa       TEXT   NOT NULL,
    ticket_id TEXT   NOT NULL,
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (client, psa, ticket_id)
);
