-- What customers did in windows of days counted from the last day of a conversation: a row a conversation and window.
--
--   customer 7 wrote on 2026-02-03, bought for 20.00 on 2026-02-10; window 1 to 30
--   →   conversation 0 | from_day 1 | orders 1 | spent 20.0 | requests 0
--
-- conversations_asked and windows_asked are laid aside; day 0 is the conversation's last day, days below 0 are before it.
-- Conversation and window without anything have no row. Spent is net of refunds, nothing at the least.
WITH deeds AS (
    SELECT customer_id, CAST(ordered_at AS DATE) AS day, CASE WHEN amount >= 0 THEN 1 ELSE 0 END AS orders,
        CAST(amount AS DOUBLE) AS spent, 0 AS requests
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL
    UNION ALL
    SELECT customer_id, CAST(opened_at AS DATE) AS day, 0 AS orders, CAST(0 AS DOUBLE) AS spent, 1 AS requests
    FROM service_requests
    WHERE deleted_at IS NULL AND customer_id IS NOT NULL
),
told AS (
    SELECT asked.conversation, date_diff('day', asked.day, deeds.day) AS days, deeds.orders, deeds.spent, deeds.requests
    FROM conversations_asked AS asked
    JOIN deeds ON deeds.customer_id = asked.customer_id
)
SELECT
    told.conversation AS conversation,
    windows.from_day AS from_day,
    CAST(sum(told.orders) AS BIGINT) AS orders,
    greatest(sum(told.spent), 0) AS spent,
    CAST(sum(told.requests) AS BIGINT) AS requests
FROM told
JOIN windows_asked AS windows ON told.days >= windows.from_day AND told.days <= windows.to_day
GROUP BY told.conversation, windows.from_day
ORDER BY told.conversation, windows.from_day
