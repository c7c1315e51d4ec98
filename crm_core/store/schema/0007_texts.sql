-- What this shop's words mean, what people said messages are about, and what a run said of them.

CREATE TABLE text_terms (
    id         BIGINT NOT NULL,
    kind       VARCHAR NOT NULL,
    language   VARCHAR NOT NULL,
    term       VARCHAR NOT NULL,
    meaning    VARCHAR,
    weight     DOUBLE,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.text_terms AS SELECT *, 0::BIGINT AS replaced_in FROM text_terms WHERE false;
INSERT INTO next_ids VALUES ('text_terms', 1);

CREATE TABLE text_labels (
    id               BIGINT NOT NULL,
    scheme           VARCHAR NOT NULL,
    communication_id BIGINT,
    request_id       BIGINT,
    label            VARCHAR NOT NULL,
    deleted_at       TIMESTAMP,
    changed_in       BIGINT NOT NULL
);
CREATE TABLE history.text_labels AS SELECT *, 0::BIGINT AS replaced_in FROM text_labels WHERE false;
INSERT INTO next_ids VALUES ('text_labels', 1);

CREATE TABLE text_classes (
    id               BIGINT NOT NULL,
    run_id           BIGINT NOT NULL,
    communication_id BIGINT,
    request_id       BIGINT,
    label            VARCHAR,
    confidence       DOUBLE NOT NULL,
    deleted_at       TIMESTAMP,
    changed_in       BIGINT NOT NULL
);
CREATE TABLE history.text_classes AS SELECT *, 0::BIGINT AS replaced_in FROM text_classes WHERE false;
INSERT INTO next_ids VALUES ('text_classes', 1);
