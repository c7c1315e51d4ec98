-- Dated examples: what was known of each customer at the end (UTC) of each cutoff day, a row a customer and cutoff.
--
--   purchases of customer 7            cutoff 2026-02-28:  7 | recency_days 58 | frequency 1 | monetary 30.0
--   2026-01-01  30.00              →   cutoff 2026-03-31:  7 | recency_days 28 | frequency 2 | monetary 50.0
--   2026-03-03  20.00
--
-- A purchase is a day with at least one order that is not deleted, not cancelled and worth nothing or more; what is
-- worth less than nothing is a refund and counts against money only. Who has not bought by a cutoff has no row there.
-- $cutoffs is a list of days; but at $everybody_at only one customer of $every is taken, by their ids. Of days after a cutoff nothing is read into its rows. A gap is the days from a purchase
-- to the next; the season is the $horizon_days days that follow the cutoff, in the years before: missing for customers
-- who were not there yet in those days of last year.
WITH cutoffs AS (
    SELECT CAST(cutoff AS DATE) AS cutoff FROM unnest($cutoffs) AS days(cutoff)
),
days AS (
    SELECT
        customer_id,
        CAST(ordered_at AS DATE) AS day,
        sum(CASE WHEN amount >= 0 THEN 1 ELSE 0 END) AS orders,
        CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS DOUBLE) AS amount,
        CAST(sum(CASE WHEN amount < 0 THEN amount ELSE 0 END) AS DOUBLE) AS refunded,
        CAST(max(amount) AS DOUBLE) AS largest
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL
        AND ordered_at < $until
    GROUP BY customer_id, CAST(ordered_at AS DATE)
),
purchases AS (
    SELECT
        customer_id, day, orders, amount, refunded, largest,
        date_diff('day', lag(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS gap
    FROM days
    WHERE orders > 0
    UNION ALL
    SELECT customer_id, day, orders, amount, refunded, largest, NULL AS gap
    FROM days
    WHERE orders = 0
),
dated AS (
    SELECT
        purchases.*,
        cutoffs.cutoff AS cutoff,
        date_diff('day', purchases.day, cutoffs.cutoff) AS ago,
        CASE WHEN orders > 0 THEN 1 ELSE 0 END AS bought
    FROM purchases
    JOIN cutoffs ON purchases.day <= cutoffs.cutoff
        AND (cutoffs.cutoff = $everybody_at OR purchases.customer_id % $every = 0)
),
told AS (
    SELECT
        customer_id,
        cutoff,
        max(CASE WHEN bought = 1 THEN ago END) AS tenure,
        min(CASE WHEN bought = 1 THEN ago END) AS recency,
        CAST(sum(bought) AS DOUBLE) AS frequency,
        CAST(sum(orders) AS DOUBLE) AS orders,
        sum(amount) AS monetary,
        sum(refunded) AS refunded,
        max(largest) AS largest_basket,
        max_by(CASE WHEN bought = 1 THEN amount END, CASE WHEN bought = 1 THEN day END) AS last_basket,
        sum(CAST(gap AS DOUBLE) * gap) AS gap_squares,
        max(gap) AS longest_gap,
        max_by(gap, CASE WHEN bought = 1 THEN day END) AS last_gap,
        CAST(sum(CASE WHEN ago < 30 THEN bought ELSE 0 END) AS DOUBLE) AS purchases_30_days,
        CAST(sum(CASE WHEN ago < 90 THEN bought ELSE 0 END) AS DOUBLE) AS purchases_90_days,
        CAST(sum(CASE WHEN ago < 180 THEN bought ELSE 0 END) AS DOUBLE) AS purchases_180_days,
        CAST(sum(CASE WHEN ago < 365 THEN bought ELSE 0 END) AS DOUBLE) AS purchases_365_days,
        CAST(sum(CASE WHEN ago < 365 AND ago >= 365 - $horizon_days THEN bought ELSE 0 END) AS DOUBLE) AS season,
        CAST(sum(CASE WHEN (ago * 4) % 1461 >= (365 - $horizon_days) * 4 THEN bought ELSE 0 END) AS DOUBLE) AS seasons,
        sum(CASE WHEN ago < 90 THEN amount + refunded ELSE 0 END) AS spent_90_days,
        sum(CASE WHEN ago < 365 THEN amount + refunded ELSE 0 END) AS spent_365_days
    FROM dated
    GROUP BY customer_id, cutoff
)
SELECT
    told.customer_id AS customer_id,
    cutoff AS cutoff,
    recency AS recency_days,
    frequency AS frequency,
    orders AS orders,
    monetary AS monetary,
    monetary + refunded AS net_monetary,
    -refunded / nullif(monetary, 0) AS refunded_share,
    tenure AS tenure_days,
    CAST(tenure - recency AS DOUBLE) / nullif(frequency - 1, 0) AS days_between_orders,
    CASE WHEN frequency > 2 THEN sqrt(greatest(
        gap_squares / (frequency - 1) - pow(CAST(tenure - recency AS DOUBLE) / (frequency - 1), 2), 0)) END
        AS gap_deviation,
    CAST(longest_gap AS DOUBLE) AS longest_gap,
    CAST(last_gap AS DOUBLE) AS last_gap,
    recency * (frequency - 1) / nullif(CAST(tenure - recency AS DOUBLE), 0) AS overdue,
    monetary / frequency AS mean_basket,
    largest_basket AS largest_basket,
    last_basket AS last_basket,
    purchases_30_days AS purchases_30_days,
    purchases_90_days AS purchases_90_days,
    purchases_180_days AS purchases_180_days,
    purchases_365_days AS purchases_365_days,
    CASE WHEN tenure >= 365 - $horizon_days THEN season END AS season_purchases,
    CASE WHEN tenure >= 365 - $horizon_days THEN seasons / frequency END AS season_share,
    spent_90_days AS spent_90_days,
    spent_365_days AS spent_365_days
FROM told
JOIN customers ON customers.id = told.customer_id
WHERE customers.deleted_at IS NULL AND tenure IS NOT NULL
