-- Products, campaigns, orders with their lines, and who was in which campaign.
CREATE OR REPLACE TEMP TABLE made_products AS
SELECT first_id('products') + position AS id, product_no, name, category, price,
       CAST(cost AS DECIMAL(18, 4)) AS cost FROM product_list;

CREATE OR REPLACE TEMP TABLE made_campaigns AS
SELECT first_id('campaigns') + position AS id, no AS campaign_no, name, channel,
       opens_on() + CAST(starts AS INTEGER) AS starts_on,
       opens_on() + CAST(ends - 1 AS INTEGER) AS ends_on, cost
FROM campaigns_planned;

-- Orders of campaign members in the campaign's days. Whoever was written to and buys is counted for the campaign half
-- the time even if they would have bought anyway: what last-click counting does.
CREATE OR REPLACE TEMP TABLE answered AS
SELECT m.campaign, m.n, b.r, b.ordered_at, b.status <> 'cancelled' AS stands,
       b.event % 65536 = 60000 + m.campaign AS is_extra, m.treated AND (is_extra OR u(b.event, 'last click') < 0.5) AS counted
FROM basket b
JOIN campaigns_planned c ON b.d >= c.starts AND b.d < c.ends
JOIN member m ON m.n = b.event // 65536 AND m.campaign = c.position;

CREATE OR REPLACE TEMP TABLE counted_for AS
SELECT r, min(campaign) AS campaign FROM answered WHERE counted GROUP BY r;

CREATE OR REPLACE TEMP VIEW made_orders AS
SELECT first_id('orders') + b.r AS id, 'W-' || (100000 + first_id('orders') + b.r) AS order_no, b.customer_id,
       b.ordered_at, b.status, b.channel, c.name AS country,
       quantity1 * price1 + coalesce(quantity2 * price2, 0) + coalesce(quantity3 * price3, 0) AS amount,
       first_id('campaigns') + f.campaign AS campaign_id
FROM basket b JOIN countries c ON c.position = b.country LEFT JOIN counted_for f ON f.r = b.r;

CREATE OR REPLACE TEMP VIEW made_order_lines AS
WITH lines AS (
    SELECT r, 1 AS line_no, product1 AS product, quantity1 AS quantity, price1 AS unit_price FROM basket
    UNION ALL SELECT r, 2, product2, quantity2, price2 FROM basket WHERE product2 IS NOT NULL
    UNION ALL SELECT r, 3, product3, quantity3, price3 FROM basket WHERE product3 IS NOT NULL
)
SELECT first_id('order_lines') + CAST(r AS BIGINT) * 3 + line_no - 1 AS id, first_id('orders') + r AS order_id, line_no,
       first_id('products') + product AS product_id, name AS description, quantity, unit_price,
       quantity * unit_price AS amount
FROM lines JOIN product_list ON position = product;

CREATE OR REPLACE TEMP TABLE made_campaign_members AS
SELECT first_id('campaign_members') - 1 + row_number() OVER (ORDER BY m.campaign, m.id) AS id,
       first_id('campaigns') + m.campaign AS campaign_id, m.id AS customer_id,
       CASE WHEN m.treated THEN 'message' ELSE 'control' END AS variant,
       CASE WHEN m.treated THEN CAST(opens_on() + CAST(m.starts AS INTEGER) AS TIMESTAMP) END AS sent_at, a.responded_at
FROM member m
LEFT JOIN (SELECT campaign, n, min(ordered_at) AS responded_at FROM answered WHERE stands GROUP BY ALL) a
    ON a.campaign = m.campaign AND a.n = m.n
ORDER BY 1;
