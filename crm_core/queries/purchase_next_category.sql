-- Of what each customer bought most, in money, on the first day with a purchase within the horizon after each cutoff.
--
--   customer 7 bought on 2026-03-03 tea for 8.00 and a pot (kitchen) for 24.00, on 2026-04-01 tea
--   cutoff 2026-02-28, horizon 90   →   customer_id 7 | cutoff 2026-02-28 | category kitchen
--
-- Days and orders count as in purchase_examples. Who buys nothing within the horizon has no row; where nothing that was
-- bought that day has a category there is none. Equal amounts: the category that is first in the alphabet.
WITH cutoffs AS (
    SELECT CAST(cutoff AS DATE) AS cutoff FROM unnest($cutoffs) AS days(cutoff)
),
bought AS (
    SELECT
        id,
        customer_id,
        CAST(ordered_at AS DATE) AS day
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL AND amount >= 0
        AND ordered_at < $until
),
next_days AS (
    SELECT
        bought.customer_id AS customer_id,
        cutoffs.cutoff AS cutoff,
        min(bought.day) AS day
    FROM bought
    JOIN cutoffs ON bought.day > cutoffs.cutoff AND date_diff('day', cutoffs.cutoff, bought.day) <= $horizon_days
    GROUP BY bought.customer_id, cutoffs.cutoff
),
spent AS (
    SELECT
        next_days.customer_id AS customer_id,
        next_days.cutoff AS cutoff,
        products.category AS category,
        sum(CASE WHEN order_lines.quantity > 0 THEN order_lines.amount ELSE 0 END) AS amount
    FROM next_days
    JOIN bought ON bought.customer_id = next_days.customer_id AND bought.day = next_days.day
    LEFT JOIN order_lines ON order_lines.order_id = bought.id AND order_lines.deleted_at IS NULL
    LEFT JOIN products ON products.id = order_lines.product_id
    GROUP BY next_days.customer_id, next_days.cutoff, products.category
),
ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY customer_id, cutoff
            ORDER BY CASE WHEN category IS NULL THEN 1 ELSE 0 END, amount DESC, category) AS place
    FROM spent
)
SELECT
    customer_id,
    cutoff,
    category
FROM ranked
WHERE place = 1
