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
