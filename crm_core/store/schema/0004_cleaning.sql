-- What cleaning keeps: recipes, searches for duplicates with their pairs, what people said of pairs, merges.

CREATE TABLE recipes (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    steps      VARCHAR NOT NULL,
    note       VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.recipes AS SELECT *, 0::BIGINT AS replaced_in FROM recipes WHERE false;
INSERT INTO next_ids VALUES ('recipes', 1);

CREATE TABLE match_runs (
    id             BIGINT NOT NULL,
    table_name     VARCHAR NOT NULL,
    model          VARCHAR NOT NULL,
    threshold      DOUBLE NOT NULL,
    revision       BIGINT NOT NULL,
    records        BIGINT NOT NULL,
    pairs_compared BIGINT NOT NULL,
    deleted_at     TIMESTAMP,
    changed_in     BIGINT NOT NULL
);
CREATE TABLE history.match_runs AS SELECT *, 0::BIGINT AS replaced_in FROM match_runs WHERE false;
INSERT INTO next_ids VALUES ('match_runs', 1);

CREATE TABLE match_pairs (
    id          BIGINT NOT NULL,
    run_id      BIGINT NOT NULL,
    id_a        BIGINT NOT NULL,
    id_b        BIGINT NOT NULL,
    weight      DOUBLE NOT NULL,
    probability DOUBLE NOT NULL,
    levels      VARCHAR NOT NULL,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.match_pairs AS SELECT *, 0::BIGINT AS replaced_in FROM match_pairs WHERE false;
INSERT INTO next_ids VALUES ('match_pairs', 1);

CREATE TABLE match_reviews (
    id          BIGINT NOT NULL,
    table_name  VARCHAR NOT NULL,
    id_a        BIGINT NOT NULL,
    id_b        BIGINT NOT NULL,
    decision    VARCHAR NOT NULL,
    probability DOUBLE,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.match_reviews AS SELECT *, 0::BIGINT AS replaced_in FROM match_reviews WHERE false;
INSERT INTO next_ids VALUES ('match_reviews', 1);

CREATE TABLE merges (
    id         BIGINT NOT NULL,
    table_name VARCHAR NOT NULL,
    kept_id    BIGINT NOT NULL,
    merged_id  BIGINT NOT NULL,
    choices    VARCHAR,
    done_in    BIGINT NOT NULL,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.merges AS SELECT *, 0::BIGINT AS replaced_in FROM merges WHERE false;
INSERT INTO next_ids VALUES ('merges', 1);
