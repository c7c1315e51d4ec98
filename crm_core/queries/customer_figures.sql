-- What one customer is to the shop: counts, money and the ends of it, one row.
--   customer 17 → 12 orders | 834.50 | first 2025-01-03 | last 2026-02-20 | 1 open request | 9 messages | …
-- Cancelled orders count neither as orders nor as money.
WITH bought AS (
    SELECT count(*) FILTER (WHERE status <> 'cancelled') AS orders,
           count(*) FILTER (WHERE status = 'cancelled') AS orders_cancelled,
           CAST(coalesce(sum(amount) FILTER (WHERE status <> 'cancelled'), 0) AS DOUBLE) AS revenue,
           min(ordered_at) FILTER (WHERE status <> 'cancelled') AS first_order,
           max(ordered_at) FILTER (WHERE status <> 'cancelled') AS last_order
    FROM orders WHERE customer_id = $customer_id AND deleted_at IS NULL
),
asked AS (
    SELECT count(*) AS requests, count(*) FILTER (WHERE status <> 'closed') AS requests_open
    FROM service_requests WHERE customer_id = $customer_id AND deleted_at IS NULL
),
said AS (
    SELECT count(*) AS messages, count(*) FILTER (WHERE direction = 'in') AS messages_in,
           max(occurred_at) AS last_message
    FROM communications WHERE customer_id = $customer_id AND deleted_at IS NULL
),
hoped AS (
    SELECT count(*) AS opportunities_open, CAST(coalesce(sum(amount), 0) AS DOUBLE) AS opportunities_amount
    FROM opportunities WHERE customer_id = $customer_id AND deleted_at IS NULL AND status = 'open'
)
SELECT * FROM bought CROSS JOIN asked CROSS JOIN said CROSS JOIN hoped
