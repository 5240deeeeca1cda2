-- Which installation this is: every node must hold the same keys.
CREATE TABLE installation (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Every node hears of it at once. Cases are told of where entries are written.
CREATE FUNCTION journeyman_tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('journeyman', TG_ARGV[0]); RETURN NULL; END $$;
CREATE TRIGGER policies_tell AFTER INSERT OR UPDATE ON policies
FOR EACH STATEMENT EXECUTE FUNCTION journeyman_tell('policy');
CREATE TRIGGER breakers_tell AFTER INSERT OR UPDATE OR DELETE ON breakers
FOR EACH STATEMENT EXECUTE FUNCTION journeyman_tell('breakers');

-- The newest batch of each writer: whether a commit without an answer happened.
CREATE TABLE writers (
    writer TEXT COLLATE "C" PRIMARY KEY,
    batch  BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL
);

-- What one node does for all: reading a help desk, sending mail.
CREATE TABLE duties (
    duty     TEXT COLLATE "C" PRIMARY KEY,
    node     TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL
);

-- Full tiles of each client's tree: hashes of 256 subtrees side by side, and the root over them. They
-- follow from `entries` and are made again when they are missing.
CREATE TABLE subtrees (
    client TEXT COLLATE "C" NOT NULL,
    level  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    root   BYTEA  NOT NULL,
    hashes BYTEA  NOT NULL,
    PRIMARY KEY (client, level, n)
);
CREATE TRIGGER subtrees_no_update BEFORE UPDATE ON subtrees
FOR EACH ROW EXECUTE FUNCTION journeyman_refuse('what is below a full subtree does not change');

-- What witnesses said of our checkpoints: a signature line of C2SP's tlog-cosignature.
CREATE TABLE cosignatures (
    client  TEXT COLLATE "C" NOT NULL,
    size    BIGINT NOT NULL,
    witness TEXT COLLATE "C" NOT NULL,
    line    TEXT COLLATE "C" NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (client, size, witness)
);

-- What SQLite has by itself: many values in one text, each with its type.
CREATE FUNCTION hex(value BYTEA) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT COALESCE(encode(value, 'hex'), '') $$;
CREATE FUNCTION typeof(value BYTEA) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'blob' END $$;
CREATE FUNCTION typeof(value TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'text' END $$;
CREATE FUNCTION typeof(value BIGINT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'integer' END $$;

-- Which cell a client lives in, once it has moved: the largest version is true. Before, the
-- configuration says it. size: entries of its journal when it moved there.
CREATE TABLE homes (
    client  TEXT COLLATE "C" PRIMARY KEY,
    cell    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    size    BIGINT NOT NULL
);
-- 1: about to move, nothing is begun. 2: moving or moved, nothing is written.
ALTER TABLE tips ADD COLUMN away BIGINT NOT NULL DEFAULT 0;

-- Tickets of clients that live elsewhere, until they live here or are old.
CREATE TABLE passed_by (
    client    TEXT COLLATE "C" NOT NULL,
    psa       TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (client, psa, ticket_id)
);

-- The second wall: whoever asks for one client (`journeyman.client`) has the rows of no other, whatever
-- the statement says; '*' names those who rightly see all; without the setting there is nothing. FORCE
-- binds the owner of the tables too. A table that comes later with a client brings its own policy.
CREATE FUNCTION journeyman_wall(of TEXT) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Asked once for a statement, not for each row.
    scope CONSTANT TEXT := '(SELECT NULLIF(current_setting(''journeyman.client'', true), ''''))';
    own CONSTANT TEXT := format('client = %1$s OR %1$s = ''*''', scope);
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', of);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', of);
    EXECUTE format('CREATE POLICY one_client ON %I USING (%s) WITH CHECK (%2$s)', of, own);
END $$;
DO $$
DECLARE of TEXT;
BEGIN
    FOR of IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name = 'client' LOOP
        PERFORM journeyman_wall(of);
    END LOOP;
END $$;
-- A breaker for everything is everyone's to see, and nobody's to change.
CREATE POLICY for_all ON breakers FOR SELECT
USING (client = '' AND (SELECT current_setting('journeyman.client', true)) <> '');
