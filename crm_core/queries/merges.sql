-- The merges that stand, newest first: who was merged into whom, when and by whom; a text narrows them by name or number.
--   3 | customers | 2026-03-01 09:00 | local | batch 9 | kept 4 Ada Wong | merged 17 A. Wong | found 12
-- Each side is looked up by an id of its own for each table: a condition beside the id would compare all with all.
WITH standing AS (
    SELECT id, table_name, kept_id, merged_id, done_in,
           CASE WHEN table_name = 'customers' THEN kept_id END AS kept_customer,
           CASE WHEN table_name = 'customers' THEN merged_id END AS merged_customer,
           CASE WHEN table_name = 'products' THEN kept_id END AS kept_product,
           CASE WHEN table_name = 'products' THEN merged_id END AS merged_product
    FROM merges
    WHERE deleted_at IS NULL
),
named AS (
    SELECT m.id, m.table_name, m.kept_id, m.merged_id, m.done_in,
           coalesce(kc.name, kc.customer_no, kc.email, kc.phone, kp.name, kp.product_no) AS kept,
           coalesce(mc.name, mc.customer_no, mc.email, mc.phone, mp.name, mp.product_no) AS merged,
           coalesce(kc.customer_no, kc.email, kp.product_no) AS kept_no,
           coalesce(mc.customer_no, mc.email, mp.product_no) AS merged_no,
           lower(concat_ws(' ', kc.name, kc.customer_no, kc.email, mc.name, mc.customer_no, mc.email,
                           kp.name, kp.product_no, mp.name, mp.product_no)) AS told
    FROM standing m
    LEFT JOIN customers kc ON kc.id = m.kept_customer
    LEFT JOIN customers mc ON mc.id = m.merged_customer
    LEFT JOIN products kp ON kp.id = m.kept_product
    LEFT JOIN products mp ON mp.id = m.merged_product
),
shown AS MATERIALIZED (
    SELECT * FROM named WHERE $text = '' OR contains(told, lower($text))
)
SELECT n.id, n.table_name, b.made_at, b.actor, n.done_in, n.kept_id, n.merged_id, n.kept, n.merged, n.kept_no,
       n.merged_no, (SELECT count(*) FROM shown) AS found
FROM shown n
LEFT JOIN batches b ON b.number = n.done_in
ORDER BY n.id DESC
LIMIT $limit OFFSET $offset
