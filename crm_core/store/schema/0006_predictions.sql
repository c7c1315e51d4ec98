-- Scores that are frozen with their run, so that they can be graded when the horizon has passed.

CREATE TABLE predictions (
    id           BIGINT NOT NULL,
    run_id       BIGINT NOT NULL,
    customer_id  BIGINT NOT NULL,
    as_of        DATE NOT NULL,
    horizon_days BIGINT NOT NULL,
    score        DOUBLE NOT NULL,
    low          DOUBLE,
    high         DOUBLE,
    rule         DOUBLE,
    deleted_at   TIMESTAMP,
    changed_in   BIGINT NOT NULL
);
CREATE TABLE history.predictions AS SELECT *, 0::BIGINT AS replaced_in FROM predictions WHERE false;
INSERT INTO next_ids VALUES ('predictions', 1);

-- What this book signs its files with, so that it knows them again: made when it is first opened, never in a batch.
CREATE TABLE secrets (name VARCHAR NOT NULL, value VARCHAR NOT NULL);
