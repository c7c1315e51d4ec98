-- What orders brought in each period, split by something of theirs or of their customers; cancelled ones are left out.
--   period 2026-01-05 | series web | revenue 51234.50 | orders 812
-- `calendar` is a temp table: slot (a day, hour or minute in UTC, by $slot) and period (the local begin of its period).
-- What was given back lowers revenue; a return is an order too. Without $money no revenue is summed, without $counted
-- no order counted. $split: '' or channel, country, campaign. Customers are left to series_orders_of_customers.
WITH told AS (  -- by day or hour first: it halves the work, and days are counted quicker than times
    SELECT CASE WHEN $slot = 'day' THEN CAST(o.ordered_at AS DATE) END AS day,
           CASE WHEN $slot <> 'day' THEN date_trunc($slot, o.ordered_at) END AS moment,
           CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country
                WHEN 'campaign' THEN CAST(o.campaign_id AS VARCHAR) ELSE '' END AS series,
           sum(CASE WHEN $money THEN o.amount END) AS revenue,
           count(CASE WHEN $counted THEN 1 END) AS orders
    FROM orders o
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
        AND o.ordered_at >= $since AND o.ordered_at < $until
    GROUP BY 1, 2, 3
)
SELECT c.period, CASE WHEN $split = 'campaign' THEN p.name ELSE t.series END AS series,
       CAST(sum(t.revenue) AS DOUBLE) AS revenue, CAST(sum(t.orders) AS DOUBLE) AS orders
FROM told t
JOIN calendar c ON c.slot = coalesce(t.moment, CAST(t.day AS TIMESTAMP))
LEFT JOIN campaigns p ON $split = 'campaign' AND CAST(p.id AS VARCHAR) = t.series
GROUP BY 1, 2
ORDER BY 1, 2
