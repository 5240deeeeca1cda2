-- What people see in a chat of a question or a notice, so that it can be changed where it stands.
-- about: question or notice; of_id: its id; person: whose conversation, '' for a channel.
-- conversation, message: where it stands, '' before it was posted. shown: how what it is about stood
-- then. state: wanted, open (it changes with what it is about), closed.
CREATE TABLE chat_posts (
    client       TEXT COLLATE "C"   NOT NULL,
    about        TEXT COLLATE "C"   NOT NULL,
    of_id        TEXT COLLATE "C"   NOT NULL,
    person       TEXT COLLATE "C"   NOT NULL,
    conversation TEXT COLLATE "C"   NOT NULL,
    message      TEXT COLLATE "C"   NOT NULL,
    shown        TEXT COLLATE "C"   NOT NULL,
    state        TEXT COLLATE "C"   NOT NULL,
    tries        BIGINT NOT NULL,
    next_ms      BIGINT NOT NULL,
    made_ms      BIGINT NOT NULL,
    PRIMARY KEY (client, about, of_id, person)
);
CREATE INDEX chat_posts_live ON chat_posts (next_ms) WHERE state <> 'closed';

-- Buttons that people pressed in a chat, each once: id is the hash of the call's stamp and body. body is
-- forgotten when it is done. acted_ms: the time of the decision that was tried.
CREATE TABLE chat_presses (
    id       TEXT COLLATE "C"   PRIMARY KEY,
    body     TEXT COLLATE "C"   NOT NULL,
    state    TEXT COLLATE "C"   NOT NULL,
    tries    BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,
    next_ms  BIGINT NOT NULL,
    approval TEXT COLLATE "C",
    acted_ms BIGINT
);
CREATE INDEX chat_presses_due ON chat_presses (next_ms) WHERE state = 'due';
CREATE INDEX chat_presses_of ON chat_presses (approval) WHERE approval IS NOT NULL;

DO $$ BEGIN PERFORM journeyman_wall('chat_posts'); END $$;
