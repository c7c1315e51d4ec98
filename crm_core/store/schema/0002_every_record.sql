-- Every record of the business: opportunities, relationships, kept mappings, consent for each channel, and the
-- columns that a file has beyond ours (`extra`, a JSON object of texts). A message or a request may come from nobody
-- we know.

-- How an e-mail is compared: as before, and with every full-width sign as the plain one.
CREATE OR REPLACE MACRO email_key(email) AS nullif(lower(regexp_replace(translate(email,
    '！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～。',
    '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~.'), '\s', '', 'g')), '');

-- How a telephone number is compared: its digits, and of these the last nine, which leave out the country's prefix.
CREATE MACRO phone_key(phone) AS
    nullif(right(regexp_replace(translate(phone, '０１２３４５６７８９', '0123456789'), '(?i)(x|ext).*$|[^0-9]', '', 'g'), 9), '');

-- What a part of a customer's name, number, e-mail, phone (and its digits), company or city is looked for in: one text.
CREATE MACRO find_key(customer_no, name, email, phone, company, city) AS
    nullif(lower(concat_ws(' ', customer_no, name, email, phone, regexp_replace(phone, '[^0-9]', '', 'g'), company, city)),
           '');

ALTER TABLE customers ADD COLUMN age BIGINT;
ALTER TABLE history.customers ADD COLUMN age BIGINT;
-- The keys by which one customer among a million is found lie uncompressed: they are read three times as fast.
ALTER TABLE customers DROP COLUMN email_key;
ALTER TABLE history.customers DROP COLUMN email_key;
ALTER TABLE customers ADD COLUMN email_key VARCHAR USING COMPRESSION uncompressed;
ALTER TABLE history.customers ADD COLUMN email_key VARCHAR;
ALTER TABLE customers ADD COLUMN phone_key VARCHAR USING COMPRESSION uncompressed;
ALTER TABLE history.customers ADD COLUMN phone_key VARCHAR;
ALTER TABLE customers ADD COLUMN find_key VARCHAR USING COMPRESSION uncompressed;
ALTER TABLE history.customers ADD COLUMN find_key VARCHAR;
ALTER TABLE customers ADD COLUMN postal_code VARCHAR;
ALTER TABLE history.customers ADD COLUMN postal_code VARCHAR;
ALTER TABLE customers ADD COLUMN company_no VARCHAR;
ALTER TABLE history.customers ADD COLUMN company_no VARCHAR;
ALTER TABLE customers ADD COLUMN job_title VARCHAR;
ALTER TABLE history.customers ADD COLUMN job_title VARCHAR;
ALTER TABLE customers ADD COLUMN industry VARCHAR;
ALTER TABLE history.customers ADD COLUMN industry VARCHAR;
ALTER TABLE customers ADD COLUMN stage VARCHAR;
ALTER TABLE history.customers ADD COLUMN stage VARCHAR;
ALTER TABLE customers ADD COLUMN owner VARCHAR;
ALTER TABLE history.customers ADD COLUMN owner VARCHAR;
ALTER TABLE customers ADD COLUMN referrer_no VARCHAR;
ALTER TABLE history.customers ADD COLUMN referrer_no VARCHAR;
ALTER TABLE customers ADD COLUMN household_no VARCHAR;
ALTER TABLE history.customers ADD COLUMN household_no VARCHAR;
ALTER TABLE customers ADD COLUMN consent_social BOOLEAN;
ALTER TABLE history.customers ADD COLUMN consent_social BOOLEAN;
ALTER TABLE customers ADD COLUMN consent_chat BOOLEAN;
ALTER TABLE history.customers ADD COLUMN consent_chat BOOLEAN;
ALTER TABLE customers ADD COLUMN consent_visit BOOLEAN;
ALTER TABLE history.customers ADD COLUMN consent_visit BOOLEAN;
ALTER TABLE customers ADD COLUMN extra VARCHAR;
ALTER TABLE history.customers ADD COLUMN extra VARCHAR;

ALTER TABLE products ADD COLUMN extra VARCHAR;
ALTER TABLE history.products ADD COLUMN extra VARCHAR;

ALTER TABLE campaigns ADD COLUMN status VARCHAR;
ALTER TABLE history.campaigns ADD COLUMN status VARCHAR;
ALTER TABLE campaigns ADD COLUMN note VARCHAR;
ALTER TABLE history.campaigns ADD COLUMN note VARCHAR;
ALTER TABLE campaigns ADD COLUMN extra VARCHAR;
ALTER TABLE history.campaigns ADD COLUMN extra VARCHAR;

ALTER TABLE orders ADD COLUMN currency VARCHAR;
ALTER TABLE history.orders ADD COLUMN currency VARCHAR;
ALTER TABLE orders ADD COLUMN extra VARCHAR;
ALTER TABLE history.orders ADD COLUMN extra VARCHAR;

ALTER TABLE order_lines ADD COLUMN extra VARCHAR;
ALTER TABLE history.order_lines ADD COLUMN extra VARCHAR;

ALTER TABLE communications ADD COLUMN extra VARCHAR;
ALTER TABLE history.communications ADD COLUMN extra VARCHAR;
ALTER TABLE communications ALTER COLUMN customer_id DROP NOT NULL;

ALTER TABLE service_requests ADD COLUMN owner VARCHAR;
ALTER TABLE history.service_requests ADD COLUMN owner VARCHAR;
ALTER TABLE service_requests ADD COLUMN extra VARCHAR;
ALTER TABLE history.service_requests ADD COLUMN extra VARCHAR;
ALTER TABLE service_requests ALTER COLUMN customer_id DROP NOT NULL;

CREATE TABLE opportunities (
    id             BIGINT NOT NULL,
    opportunity_no VARCHAR,
    name           VARCHAR NOT NULL,
    customer_id    BIGINT,
    status         VARCHAR NOT NULL,
    stage          VARCHAR,
    amount         DECIMAL(18,4),
    currency       VARCHAR,
    probability    DOUBLE,
    opened_on      DATE,
    closes_on      DATE,
    source         VARCHAR,
    campaign_id    BIGINT,
    owner          VARCHAR,
    note           VARCHAR,
    extra          VARCHAR,
    deleted_at     TIMESTAMP,
    changed_in     BIGINT NOT NULL
);
CREATE TABLE history.opportunities AS SELECT *, 0::BIGINT AS replaced_in FROM opportunities WHERE false;
INSERT INTO next_ids VALUES ('opportunities', 1);

CREATE TABLE relationships (
    id          BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    related_id  BIGINT NOT NULL,
    relation    VARCHAR NOT NULL,
    since       DATE,
    note        VARCHAR,
    extra       VARCHAR,
    deleted_at  TIMESTAMP,
    changed_in  BIGINT NOT NULL
);
CREATE TABLE history.relationships AS SELECT *, 0::BIGINT AS replaced_in FROM relationships WHERE false;
INSERT INTO next_ids VALUES ('relationships', 1);

ALTER TABLE campaign_members ADD COLUMN status VARCHAR;
ALTER TABLE history.campaign_members ADD COLUMN status VARCHAR;
ALTER TABLE campaign_members ADD COLUMN extra VARCHAR;
ALTER TABLE history.campaign_members ADD COLUMN extra VARCHAR;

CREATE TABLE mappings (
    id         BIGINT NOT NULL,
    name       VARCHAR NOT NULL,
    kind       VARCHAR NOT NULL,
    columns    VARCHAR NOT NULL,
    options    VARCHAR,
    deleted_at TIMESTAMP,
    changed_in BIGINT NOT NULL
);
CREATE TABLE history.mappings AS SELECT *, 0::BIGINT AS replaced_in FROM mappings WHERE false;
INSERT INTO next_ids VALUES ('mappings', 1);

UPDATE customers SET email_key = email_key(email), phone_key = phone_key(phone),
    find_key = find_key(customer_no, name, email, phone, company, city);
-- What an undo brings back from history must be found too.
UPDATE history.customers SET email_key = email_key(email), phone_key = phone_key(phone),
    find_key = find_key(customer_no, name, email, phone, company, city);
