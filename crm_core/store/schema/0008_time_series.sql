-- Numbers by time, events, own charts and maps, frozen forecasts, and what holds for the whole workspace.

CREATE TABLE observations (
    id         BIGINT NOT NULL,
    measure    VARCHAR NOT NULL,
    series     VARCHAR,
    place      VARCHAR,
    period     TIMESTAMP NOT NULL,
    value      DOUBLE NOT NULL,
    adds_up    BOOLEAN,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.observations AS SELECT *, 0::BIGINT AS replaced_in FROM observations WHERE false;
INSERT INTO next_ids VALUES ('observations', 1);

CREATE TABLE events (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    starts_on  DATE NOT NULL,
    ends_on    DATE,
    region     VARCHAR,
    note       VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.events AS SELECT *, 0::BIGINT AS replaced_in FROM events WHERE false;
INSERT INTO next_ids VALUES ('events', 1);

CREATE TABLE saved_charts (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    choice     VARCHAR NOT NULL,
    note       VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.saved_charts AS SELECT *, 0::BIGINT AS replaced_in FROM saved_charts WHERE false;
INSERT INTO next_ids VALUES ('saved_charts', 1);

CREATE TABLE boundaries (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    choice     VARCHAR NOT NULL,
    shapes     VARCHAR NOT NULL,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.boundaries AS SELECT *, 0::BIGINT AS replaced_in FROM boundaries WHERE false;
INSERT INTO next_ids VALUES ('boundaries', 1);

CREATE TABLE place_aliases (
    id         BIGINT NOT NULL,
    map        VARCHAR NOT NULL,
    written    VARCHAR NOT NULL,
    code       VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.place_aliases AS SELECT *, 0::BIGINT AS replaced_in FROM place_aliases WHERE false;
INSERT INTO next_ids VALUES ('place_aliases', 1);

CREATE TABLE forecasts (
    id         BIGINT NOT NULL,
    run_id     BIGINT NOT NULL,
    series     VARCHAR,
    period     TIMESTAMP NOT NULL,
    value      DOUBLE NOT NULL,
    low_80     DOUBLE,
    high_80    DOUBLE,
    low_95     DOUBLE,
    high_95    DOUBLE,
    rule       DOUBLE,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.forecasts AS SELECT *, 0::BIGINT AS replaced_in FROM forecasts WHERE false;
INSERT INTO next_ids VALUES ('forecasts', 1);

CREATE TABLE settings (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    value      VARCHAR NOT NULL,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.settings AS SELECT *, 0::BIGINT AS replaced_in FROM settings WHERE false;
INSERT INTO next_ids VALUES ('settings', 1);
