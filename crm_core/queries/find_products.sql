-- Products whose number, name or category holds $text, or the deleted ones where $deleted.
--   'tea' → 4 | A1 | Tea | Drinks | 3.50 | … (a page of them, with how many there are in all)
-- $sort is newest, oldest, name, category or price (the dearest first).
WITH matched AS MATERIALIZED (
    SELECT id,
           CASE $sort WHEN 'name' THEN lower(name) WHEN 'category' THEN lower(category) END AS word,
           CASE $sort WHEN 'price' THEN CAST(price AS DOUBLE) WHEN 'oldest' THEN -id ELSE id END AS place
    FROM products
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($text = '' OR contains(lower(concat_ws(' ', product_no, name, category)), lower($text)))
),
page AS (
    SELECT id, word, place FROM matched
    ORDER BY word NULLS LAST, place DESC NULLS LAST, id DESC LIMIT $limit OFFSET $offset
)
SELECT d.id, d.product_no, d.name, d.category, d.price, d.cost, d.changed_in, (SELECT count(*) FROM matched) AS found
FROM page p
JOIN products d ON d.id = p.id
ORDER BY p.word NULLS LAST, p.place DESC NULLS LAST, d.id DESC
