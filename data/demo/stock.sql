-- Stock moves that follow from the sales: each product is bought in so that what leaves before the next delivery is
-- always there. Sales and returns are posted once a day and product.
CREATE OR REPLACE TEMP TABLE stock_out AS
WITH lines AS (
    SELECT event * 4 + 1 AS line, d, status, product1 AS product, quantity1 AS quantity FROM basket
    UNION ALL SELECT event * 4 + 2, d, status, product2, quantity2 FROM basket WHERE product2 IS NOT NULL
    UNION ALL SELECT event * 4 + 3, d, status, product3, quantity3 FROM basket WHERE product3 IS NOT NULL
),
sold AS (
    SELECT *, u(line, 'comes back') < 0.025 AND status = 'completed' AS comes_back,
           d + 4 + whole(line, 'comes back after', 20) AS back_on
    FROM lines WHERE status <> 'cancelled'
)
SELECT product, d, 'sale' AS reason, -sum(quantity) AS quantity FROM sold GROUP BY ALL
UNION ALL
SELECT product, back_on, 'return', count(*) FROM sold WHERE comes_back AND back_on < days() GROUP BY ALL
UNION ALL
-- breakage now and then, and a count at each year's end that finds a little less or more
SELECT position, month_no * 30 + whole(position * 1000 + month_no, 'broken on', 30), 'loss',
       -(1 + whole(position * 1000 + month_no, 'broken', 3))
FROM product_list, range(days() // 30) t(month_no) WHERE u(position * 1000 + month_no, 'breaks') < 0.12
UNION ALL
SELECT position, d, 'count', one_of(position * 10000 + d, 'found', [-3, -2, -1, -1, 1, 2])
FROM product_list, (SELECT d FROM market_day WHERE market = 'europe' AND month(day) = 12 AND day(day) = 31) year_end
WHERE u(position * 10000 + d, 'differs') < 0.4;

-- A delivery every one, two or four weeks. Bought in up to a period's end = all that has left by then, less what had
-- come back before the period, and a reserve, in whole packs; never less than before. The last, unfinished period
-- is stocked for its usual demand.
CREATE OR REPLACE TEMP TABLE made_stock_moves AS
WITH rhythm AS (
    SELECT position AS product, one_of(position, 'delivery rhythm', [7, 14, 14, 28]) AS every,
           CASE WHEN price < 15 THEN 24 WHEN price < 60 THEN 12 WHEN price < 150 THEN 6 ELSE 2 END AS pack,
           1 + 20 * u(position, 'reserve') * u(position, 'reserve 2') AS reserve_days
    FROM product_list
),
periods AS (
    SELECT product, every, pack, reserve_days, t AS period, t * every AS d
    FROM rhythm, range(days()) r(t) WHERE t * every < days()
),
moved AS (
    SELECT p.product, p.period, sum(CASE WHEN o.quantity < 0 THEN -o.quantity ELSE 0 END) AS leaving,
           sum(CASE WHEN o.quantity > 0 THEN o.quantity ELSE 0 END) AS back
    FROM periods p JOIN stock_out o ON o.product = p.product AND o.d // p.every = p.period GROUP BY ALL
),
filled AS (
    SELECT p.*, coalesce(m.leaving, 0) AS leaving, coalesce(m.back, 0) AS back,
           p.period = max(p.period) OVER (PARTITION BY p.product) AS unfinished
    FROM periods p LEFT JOIN moved m USING (product, period)
),
expected AS (
    SELECT *, sum(leaving) OVER (PARTITION BY product) / days() AS daily,
           avg(leaving) OVER (PARTITION BY product ORDER BY period ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS usual,
           CASE WHEN unfinished THEN greatest(leaving, ceil(usual)) ELSE leaving END AS planned
    FROM filled
),
needed AS (
    SELECT *, pack * ceil((sum(planned) OVER w - (sum(back) OVER w - back) + ceil(daily * reserve_days)) / pack) AS level
    FROM expected WINDOW w AS (PARTITION BY product ORDER BY period)
),
bought AS (
    SELECT *, max(level) OVER (PARTITION BY product ORDER BY period) AS total FROM needed
),
moves AS (
    SELECT product, d, 'purchase' AS reason,
           total - coalesce(lag(total) OVER (PARTITION BY product ORDER BY period), 0) AS quantity
    FROM bought
    UNION ALL SELECT product, d, reason, quantity FROM stock_out
),
timed AS (
    SELECT product, reason, quantity, CAST(opens_on() + CAST(d AS INTEGER) AS TIMESTAMP)
           + to_minutes(CASE reason WHEN 'purchase' THEN 300 WHEN 'return' THEN 600 WHEN 'loss' THEN 900
                                    WHEN 'sale' THEN 1410 ELSE 1425 END) AS moved_at
    FROM moves WHERE quantity <> 0
)
SELECT first_id('stock_moves') - 1 + row_number() OVER (ORDER BY moved_at, product, reason) AS id,
       first_id('products') + product AS product_id,
       moved_at, CAST(quantity AS DOUBLE) AS quantity, reason
FROM timed;
