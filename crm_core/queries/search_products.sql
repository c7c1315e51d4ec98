-- Living products that hold each of the words in their number, name or category, the best first.
--   'teapot' → 31 | rank 1 | K-104 | Teapot 1.2 l | kitchen | found 3
WITH living AS (
    SELECT id, product_no, name, category, lower(concat_ws(' ', product_no, name, category)) AS held
    FROM products
    WHERE deleted_at IS NULL
)
SELECT id, CASE WHEN lower(product_no) = $text OR lower(name) = $text THEN 0
                WHEN starts_with(lower(name), $first) OR starts_with(lower(product_no), $first) THEN 1 ELSE 2 END AS rank,
       product_no, name, category, count(*) OVER () AS found
FROM living
WHERE contains(held, $first) AND contains(held, $second) AND contains(held, $third) AND contains(held, $fourth)
ORDER BY rank, name, id
LIMIT $limit
