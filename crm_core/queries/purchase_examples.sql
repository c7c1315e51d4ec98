-- Dated examples: what was known of each customer at the end (UTC) of each cutoff day, a row a customer and cutoff.
--
--   purchases of customer 7            cutoff 2026-02-28:  7 | recency_days 58 | frequency 1 | monetary 30.0
--   2026-01-01  30.00              →   cutoff 2026-03-31:  7 | recency_days 28 | frequency 2 | monetary 50.0
--   2026-03-03  20.00
--
-- A purchase is a day with at least one order that is not deleted, not cancelled and worth nothing or more; what is
-- worth less than nothing is a refund and counts against money only. Who has not bought by a cutoff has no row there.
-- $cutoffs is a list of days. Of days after a cutoff nothing is read into its rows.
WITH cutoffs AS (
    SELECT CAST(cutoff AS DATE) AS cutoff FROM unnest($cutoffs) AS days(cutoff)
),
days AS (
    SELECT
        customer_id,
        CAST(ordered_at AS DATE) AS day,
        sum(CASE WHEN amount >= 0 THEN 1 ELSE 0 END) AS orders,
        CAST(sum(amount) AS DOUBLE) AS net,
        CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS DOUBLE) AS amount,
        CAST(max(amount) AS DOUBLE) AS largest
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL
        AND ordered_at < $until
    GROUP BY customer_id, CAST(ordered_at AS DATE)
),
gaps AS (
    SELECT
        *,
        CASE WHEN orders > 0 THEN date_diff('day', max(CASE WHEN orders > 0 THEN day END) OVER (
            PARTITION BY customer_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), day) END AS gap
    FROM days
),
bought AS (
    SELECT
        gaps.customer_id AS customer_id,
        cutoffs.cutoff AS cutoff,
        min(CASE WHEN orders > 0 THEN day END) AS first_on,
        max(CASE WHEN orders > 0 THEN day END) AS last_on,
        sum(CASE WHEN orders > 0 THEN 1 ELSE 0 END) AS frequency,
        sum(orders) AS orders,
        sum(amount) AS monetary,
        sum(net) AS net,
        max(largest) AS largest_basket,
        sum(CAST(gap AS DOUBLE) * gap) AS gap_squares,
        max(gap) AS longest_gap,
        sum(CASE WHEN orders > 0 AND date_diff('day', day, cutoff) < 30 THEN 1 ELSE 0 END) AS purchases_30_days,
        sum(CASE WHEN orders > 0 AND date_diff('day', day, cutoff) < 90 THEN 1 ELSE 0 END) AS purchases_90_days,
        sum(CASE WHEN orders > 0 AND date_diff('day', day, cutoff) < 180 THEN 1 ELSE 0 END) AS purchases_180_days,
        sum(CASE WHEN orders > 0 AND date_diff('day', day, cutoff) < 365 THEN 1 ELSE 0 END) AS purchases_365_days,
        sum(CASE WHEN date_diff('day', day, cutoff) < 90 THEN net ELSE 0 END) AS spent_90_days,
        sum(CASE WHEN date_diff('day', day, cutoff) < 365 THEN net ELSE 0 END) AS spent_365_days
    FROM gaps
    JOIN cutoffs ON gaps.day <= cutoffs.cutoff
    GROUP BY gaps.customer_id, cutoffs.cutoff
)
SELECT
    bought.customer_id AS customer_id,
    bought.cutoff AS cutoff,
    date_diff('day', last_on, cutoff) AS recency_days,
    CAST(frequency AS DOUBLE) AS frequency,
    CAST(orders AS DOUBLE) AS orders,
    monetary AS monetary,
    net AS net_monetary,
    date_diff('day', first_on, cutoff) AS tenure_days,
    CAST(date_diff('day', first_on, last_on) AS DOUBLE) / nullif(frequency - 1, 0) AS days_between_orders,
    gap_squares AS gap_squares,
    CAST(longest_gap AS DOUBLE) AS longest_gap,
    monetary / nullif(frequency, 0) AS mean_basket,
    largest_basket AS largest_basket,
    CAST(purchases_30_days AS DOUBLE) AS purchases_30_days,
    CAST(purchases_90_days AS DOUBLE) AS purchases_90_days,
    CAST(purchases_180_days AS DOUBLE) AS purchases_180_days,
    CAST(purchases_365_days AS DOUBLE) AS purchases_365_days,
    spent_90_days AS spent_90_days,
    spent_365_days AS spent_365_days
FROM bought
JOIN customers ON customers.id = bought.customer_id
WHERE customers.deleted_at IS NULL AND first_on IS NOT NULL
