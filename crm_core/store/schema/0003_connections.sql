-- Connections to other programs: what was pulled up to when, which row is which record there and what both sides last
-- agreed on, and what was sent with the answer. Batches write them like any row, so that undoing a pull takes back what
-- was remembered of it, and the next pull brings its records again.
CREATE TABLE connected_objects (
    id         BIGINT NOT NULL,
    connection VARCHAR NOT NULL,
    object     VARCHAR NOT NULL,
    kind       VARCHAR NOT NULL,
    columns    VARCHAR NOT NULL,
    seen_until TIMESTAMP,
    left_out   VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.connected_objects AS SELECT *, 0::BIGINT AS replaced_in FROM connected_objects WHERE false;
INSERT INTO next_ids VALUES ('connected_objects', 1);

CREATE TABLE connected_records (
    id         BIGINT NOT NULL,
    connection VARCHAR NOT NULL,
    object     VARCHAR NOT NULL,
    remote_id  VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    row_id     BIGINT NOT NULL,
    ours       VARCHAR NOT NULL,
    theirs     VARCHAR NOT NULL,
    stamp      VARCHAR,
    agreed_in  BIGINT,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.connected_records AS SELECT *, 0::BIGINT AS replaced_in FROM connected_records WHERE false;
INSERT INTO next_ids VALUES ('connected_records', 1);

CREATE TABLE sent_changes (
    id         BIGINT NOT NULL,
    connection VARCHAR NOT NULL,
    object     VARCHAR NOT NULL,
    remote_id  VARCHAR,
    table_name VARCHAR NOT NULL,
    row_id     BIGINT NOT NULL,
    action     VARCHAR NOT NULL,
    fields     VARCHAR,
    outcome    VARCHAR NOT NULL,
    message    VARCHAR,
    marker     VARCHAR,
    sent_at    TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.sent_changes AS SELECT *, 0::BIGINT AS replaced_in FROM sent_changes WHERE false;
INSERT INTO next_ids VALUES ('sent_changes', 1);
