-- Everything that happened with a customer, newest first: what it was, when, and the words that tell it.
--   2026-03-01 | communications | 5 | in  | email | Where is my order? | …
--   2026-02-20 | orders         | 9 | completed | web | SO-17 | 41.00
-- `table_name` and `row_id` say where the record stands. $kinds lists the tables wanted, e.g. 'orders,communications'
-- ('' for all); `found` counts what is listed, `of_kind` what there is of each kind among it.
WITH events AS (
    SELECT ordered_at AS happened_at, 'orders' AS table_name, id AS row_id, status AS state, channel AS way,
           order_no AS title, CAST(NULL AS VARCHAR) AS detail, CAST(amount AS DOUBLE) AS amount
    FROM orders WHERE customer_id = $customer_id AND deleted_at IS NULL
    UNION ALL
    SELECT occurred_at, 'communications', id, direction, channel, subject, content, NULL
    FROM communications WHERE customer_id = $customer_id AND deleted_at IS NULL
    UNION ALL
    SELECT opened_at, 'service_requests', id, status, channel, coalesce(subject, category, request_no), content, NULL
    FROM service_requests WHERE customer_id = $customer_id AND deleted_at IS NULL
    UNION ALL
    SELECT CAST(coalesce(opened_on, closes_on) AS TIMESTAMP), 'opportunities', id, status, stage, name, note,
           CAST(amount AS DOUBLE)
    FROM opportunities WHERE customer_id = $customer_id AND deleted_at IS NULL
    UNION ALL
    SELECT coalesce(m.responded_at, m.sent_at, CAST(p.starts_on AS TIMESTAMP)), 'campaign_members', m.id,
           CASE WHEN m.responded_at IS NOT NULL THEN 'responded' WHEN m.sent_at IS NOT NULL THEN 'sent'
                ELSE 'listed' END, p.channel, p.name, m.variant, NULL
    FROM campaign_members m JOIN campaigns p ON p.id = m.campaign_id
    WHERE m.customer_id = $customer_id AND m.deleted_at IS NULL
    UNION ALL
    SELECT CAST(r.since AS TIMESTAMP), 'relationships', r.id, r.relation,
           CASE WHEN r.customer_id = $customer_id THEN 'to' ELSE 'from' END,
           coalesce(o.name, o.customer_no, o.email), r.note, NULL
    FROM relationships r
    JOIN customers o ON o.id = CASE WHEN r.customer_id = $customer_id THEN r.related_id ELSE r.customer_id END
    WHERE (r.customer_id = $customer_id OR r.related_id = $customer_id) AND r.deleted_at IS NULL
    UNION ALL
    SELECT b.made_at, 'customers', $customer_id, b.kind, CAST(b.number AS VARCHAR), b.subject, b.actor, NULL
    FROM batches b
    WHERE b.number IN (SELECT changed_in FROM customers WHERE id = $customer_id
                       UNION SELECT changed_in FROM history.customers WHERE id = $customer_id)
)
SELECT *, count(*) OVER () AS found
FROM events
WHERE $kinds = '' OR contains(',' || $kinds || ',', ',' || table_name || ',')
ORDER BY happened_at DESC NULLS LAST, table_name, row_id DESC
LIMIT $limit OFFSET $offset
