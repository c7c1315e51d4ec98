-- Segments that are followed over time: the runs behind them, and their members and sizes as of each day.

CREATE TABLE runs (
    id         BIGINT NOT NULL,
    concern    VARCHAR NOT NULL,
    name       VARCHAR NOT NULL,
    as_of      DATE NOT NULL,
    revision   BIGINT NOT NULL,
    choice     VARCHAR NOT NULL,
    model      VARCHAR,
    figures    VARCHAR,
    first_id   BIGINT,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.runs AS SELECT *, 0::BIGINT AS replaced_in FROM runs WHERE false;
INSERT INTO next_ids VALUES ('runs', 1);

ALTER TABLE segments ADD COLUMN run_id BIGINT;
ALTER TABLE history.segments ADD COLUMN run_id BIGINT;
ALTER TABLE segments ADD COLUMN ended_on DATE;
ALTER TABLE history.segments ADD COLUMN ended_on DATE;
ALTER TABLE segments ADD COLUMN note VARCHAR;
ALTER TABLE history.segments ADD COLUMN note VARCHAR;

CREATE TABLE segment_snapshots (
    id         BIGINT NOT NULL,
    segment_id BIGINT NOT NULL,
    as_of      DATE NOT NULL,
    run_id     BIGINT,
    how        VARCHAR NOT NULL,
    customers  BIGINT NOT NULL,
    revenue    DOUBLE,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.segment_snapshots AS SELECT *, 0::BIGINT AS replaced_in FROM segment_snapshots WHERE false;
INSERT INTO next_ids VALUES ('segment_snapshots', 1);

-- What was kept before has one snapshot: the day of its segment.
-- (Made anew: DuckDB sets no column NOT NULL in the transaction that filled it.)
CREATE TABLE members_before AS SELECT * FROM segment_members;
DROP TABLE segment_members;
CREATE TABLE segment_members (
    id          BIGINT NOT NULL,
    segment_id  BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL,
    as_of       DATE NOT NULL  -- last, as in history: an undo holds their rows against each other
);
INSERT INTO segment_members BY NAME
SELECT m.*, s.as_of FROM members_before m JOIN segments s ON s.id = m.segment_id;
DROP TABLE members_before;
ALTER TABLE history.segment_members ADD COLUMN as_of DATE;
UPDATE history.segment_members m SET as_of = coalesce(
    (SELECT max(s.as_of) FROM segments s WHERE s.id = m.segment_id),
    (SELECT max(s.as_of) FROM history.segments s WHERE s.id = m.segment_id));
INSERT INTO segment_snapshots
SELECT row_number() OVER (ORDER BY s.id), s.id, s.as_of, NULL, 'kept',
       (SELECT count(*) FROM segment_members m WHERE m.segment_id = s.id AND m.deleted_at IS NULL), NULL, s.deleted_at, s.changed_in
FROM segments s;
UPDATE next_ids SET next_id = (SELECT coalesce(max(id), 0) + 1 FROM segment_snapshots) WHERE table_name = 'segment_snapshots';
