-- The merges that stand, newest first: who was merged into whom, when and by whom; a text narrows them by name or number.
--   3 | customers | 2026-03-01 09:00 | local | batch 9 | kept 4 Ada Wong | merged 17 A. Wong | found 12
SELECT m.id, m.table_name, b.made_at, b.actor, m.done_in, m.kept_id, m.merged_id,
       coalesce(kc.name, kc.customer_no, kc.email, kc.phone, kp.name, kp.product_no) AS kept,
       coalesce(mc.name, mc.customer_no, mc.email, mc.phone, mp.name, mp.product_no) AS merged,
       coalesce(kc.customer_no, kc.email, kp.product_no) AS kept_no,
       coalesce(mc.customer_no, mc.email, mp.product_no) AS merged_no,
       count(*) OVER () AS found
FROM merges m
LEFT JOIN batches b ON b.number = m.done_in
LEFT JOIN customers kc ON m.table_name = 'customers' AND kc.id = m.kept_id
LEFT JOIN customers mc ON m.table_name = 'customers' AND mc.id = m.merged_id
LEFT JOIN products kp ON m.table_name = 'products' AND kp.id = m.kept_id
LEFT JOIN products mp ON m.table_name = 'products' AND mp.id = m.merged_id
WHERE m.deleted_at IS NULL
  AND ($text = '' OR contains(lower(concat_ws(' ', kc.name, kc.customer_no, kc.email, mc.name, mc.customer_no, mc.email,
                                              kp.name, kp.product_no, mp.name, mp.product_no)), lower($text)))
ORDER BY m.id DESC
LIMIT $limit OFFSET $offset
