-- The book of record, first form. Every table has its twin in the schema `history`, which holds each row as it was
-- before the batch `replaced_in`; `changed_in` is the batch that wrote the row. So a row's life is a chain of
-- versions, and undo, audit and "as it was" need no copy of what was merely added.
-- No keys and no indexes are declared: records.py checks them in the transaction (docs/decisions/0002).
CREATE SCHEMA history;
CREATE SCHEMA truth;                 -- what the demo shop's recipe planted, so that answers can be checked

-- How an e-mail is compared: no blanks, lower case, full-width signs as the plain ones.
CREATE MACRO email_key(email) AS
    nullif(lower(regexp_replace(translate(email, '＠．。', '@..'), '\s', '', 'g')), '');

CREATE TABLE batches (
    number     BIGINT NOT NULL,
    made_at    TIMESTAMP NOT NULL,   -- UTC
    actor      VARCHAR NOT NULL,
    kind       VARCHAR NOT NULL,     -- demo, import, form, segment, undo, withdraw, empty
    subject    VARCHAR NOT NULL,     -- what it was about: a file's name, a customer's name, a batch's number
    touched    VARCHAR NOT NULL,     -- JSON: {"customers": {"added": 3, "changed": 0, "removed": 0}}
    undoes     BIGINT,               -- the batch that this one took back
    hash       VARCHAR NOT NULL      -- SHA-256 over the batch before and this one: what the ledger keeps
);

CREATE TABLE next_ids (table_name VARCHAR NOT NULL, next_id BIGINT NOT NULL);

CREATE TABLE customers (
    id            BIGINT NOT NULL,
    customer_no   VARCHAR,
    name          VARCHAR,
    gender        VARCHAR,
    birth_date    DATE,
    email         VARCHAR,
    email_key     VARCHAR,
    phone         VARCHAR,
    address       VARCHAR,
    city          VARCHAR,
    region        VARCHAR,
    country       VARCHAR,
    company       VARCHAR,
    source        VARCHAR,
    joined_on     DATE,
    consent_email BOOLEAN,
    consent_sms   BOOLEAN,
    consent_phone BOOLEAN,
    note          VARCHAR,
    deleted_at    TIMESTAMP,
    changed_in    BIGINT NOT NULL
);
CREATE TABLE history.customers AS SELECT *, 0::BIGINT AS replaced_in FROM customers WHERE false;
INSERT INTO next_ids VALUES ('customers', 1);

CREATE TABLE products (
    id          BIGINT NOT NULL,
    product_no  VARCHAR NOT NULL,
    name        VARCHAR,
    category    VARCHAR,
    price       DECIMAL(18,4),
    cost        DECIMAL(18,4),
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.products AS SELECT *, 0::BIGINT AS replaced_in FROM products WHERE false;
INSERT INTO next_ids VALUES ('products', 1);

CREATE TABLE campaigns (
    id          BIGINT NOT NULL,
    campaign_no VARCHAR,
    name        VARCHAR NOT NULL,
    channel     VARCHAR,
    starts_on   DATE,
    ends_on     DATE,
    cost        DECIMAL(18,4),
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.campaigns AS SELECT *, 0::BIGINT AS replaced_in FROM campaigns WHERE false;
INSERT INTO next_ids VALUES ('campaigns', 1);

CREATE TABLE orders (
    id          BIGINT NOT NULL,
    order_no    VARCHAR NOT NULL,
    customer_id BIGINT,
    ordered_at  TIMESTAMP NOT NULL,
    status      VARCHAR NOT NULL,
    channel     VARCHAR,
    country     VARCHAR,
    amount      DECIMAL(18,4) NOT NULL,
    campaign_id BIGINT,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.orders AS SELECT *, 0::BIGINT AS replaced_in FROM orders WHERE false;
INSERT INTO next_ids VALUES ('orders', 1);

CREATE TABLE order_lines (
    id          BIGINT NOT NULL,
    order_id    BIGINT NOT NULL,
    line_no     BIGINT NOT NULL,
    product_id  BIGINT,
    description VARCHAR,
    quantity    DOUBLE NOT NULL,
    unit_price  DECIMAL(18,4) NOT NULL,
    amount      DECIMAL(18,4) NOT NULL,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.order_lines AS SELECT *, 0::BIGINT AS replaced_in FROM order_lines WHERE false;
INSERT INTO next_ids VALUES ('order_lines', 1);

CREATE TABLE stock_moves (
    id          BIGINT NOT NULL,
    product_id  BIGINT NOT NULL,
    moved_at    TIMESTAMP NOT NULL,
    quantity    DOUBLE NOT NULL,
    reason      VARCHAR NOT NULL,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.stock_moves AS SELECT *, 0::BIGINT AS replaced_in FROM stock_moves WHERE false;
INSERT INTO next_ids VALUES ('stock_moves', 1);

CREATE TABLE communications (
    id          BIGINT NOT NULL,
    external_no VARCHAR,
    customer_id BIGINT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    channel     VARCHAR NOT NULL,
    direction   VARCHAR NOT NULL,
    subject     VARCHAR,
    content     VARCHAR NOT NULL,
    campaign_id BIGINT,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.communications AS SELECT *, 0::BIGINT AS replaced_in FROM communications WHERE false;
INSERT INTO next_ids VALUES ('communications', 1);

CREATE TABLE service_requests (
    id           BIGINT NOT NULL,
    request_no   VARCHAR,
    customer_id  BIGINT NOT NULL,
    opened_at    TIMESTAMP NOT NULL,
    closed_at    TIMESTAMP,
    channel      VARCHAR,
    category     VARCHAR,
    priority     VARCHAR,
    status       VARCHAR NOT NULL,
    subject      VARCHAR,
    content      VARCHAR,
    satisfaction BIGINT,
    order_id     BIGINT,
    deleted_at   TIMESTAMP,
    changed_in   BIGINT NOT NULL
);
CREATE TABLE history.service_requests AS SELECT *, 0::BIGINT AS replaced_in FROM service_requests WHERE false;
INSERT INTO next_ids VALUES ('service_requests', 1);

CREATE TABLE campaign_members (
    id           BIGINT NOT NULL,
    campaign_id  BIGINT NOT NULL,
    customer_id  BIGINT NOT NULL,
    variant      VARCHAR NOT NULL,
    sent_at      TIMESTAMP,
    responded_at TIMESTAMP,
    deleted_at   TIMESTAMP,
    changed_in   BIGINT NOT NULL
);
CREATE TABLE history.campaign_members AS SELECT *, 0::BIGINT AS replaced_in FROM campaign_members WHERE false;
INSERT INTO next_ids VALUES ('campaign_members', 1);

CREATE TABLE segments (
    id          BIGINT NOT NULL,
    name        VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    as_of       DATE NOT NULL,
    definition  VARCHAR,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.segments AS SELECT *, 0::BIGINT AS replaced_in FROM segments WHERE false;
INSERT INTO next_ids VALUES ('segments', 1);

CREATE TABLE segment_members (
    id          BIGINT NOT NULL,
    segment_id  BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.segment_members AS SELECT *, 0::BIGINT AS replaced_in FROM segment_members WHERE false;
INSERT INTO next_ids VALUES ('segment_members', 1);
