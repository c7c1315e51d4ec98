-- What waits to be done on $today: how many, how old the oldest, and where it is.
--   kind requests | part urgent | count 4 | oldest 2026-02-20 | id 812 | name S-100812 · Broken on arrival
--   requests: not closed, by priority ('' where none is given) | overdue, closing: open opportunities whose day has
--   passed, or comes within $days | unanswered: customers whose last message came in during the $days before the last
--   message of all, and nothing but campaigns went out since | campaigns: those that start within $days.
WITH bounds AS (
    SELECT CAST($today AS DATE) AS today, CAST($days AS INTEGER) AS days,
           (SELECT CAST(max(occurred_at) AS DATE) FROM communications
            WHERE deleted_at IS NULL AND occurred_at < CAST($today AS DATE) + INTERVAL 1 DAY) AS last_message_on
),
requests AS (
    SELECT 'requests' AS kind, coalesce(priority, '') AS part, CAST(opened_at AS DATE) AS day, id,
           concat_ws(' · ', request_no, coalesce(subject, left(content, 60))) AS name, CAST(NULL AS DOUBLE) AS amount
    FROM service_requests
    WHERE deleted_at IS NULL AND status <> 'closed' AND opened_at < CAST($today AS DATE) + INTERVAL 1 DAY
),
opportunities_due AS (
    SELECT CASE WHEN closes_on < b.today THEN 'overdue' ELSE 'closing' END AS kind, '' AS part, o.closes_on AS day, o.id,
           concat_ws(' · ', o.opportunity_no, o.name) AS name, CAST(o.amount AS DOUBLE) AS amount
    FROM opportunities o CROSS JOIN bounds b
    WHERE o.deleted_at IS NULL AND o.status = 'open' AND date_diff('day', b.today, o.closes_on) <= b.days
),
last_words AS (
    SELECT customer_id,
           max(CASE WHEN direction = 'in' THEN occurred_at END) AS came,
           max(CASE WHEN direction = 'out' AND campaign_id IS NULL THEN occurred_at END) AS answered
    FROM communications
    WHERE deleted_at IS NULL AND customer_id IS NOT NULL AND occurred_at < CAST($today AS DATE) + INTERVAL 1 DAY
    GROUP BY customer_id
),
unanswered AS (
    SELECT 'unanswered' AS kind, '' AS part, CAST(w.came AS DATE) AS day, c.id,
           coalesce(c.name, c.customer_no, c.email, c.phone) AS name, CAST(NULL AS DOUBLE) AS amount
    FROM last_words w
    CROSS JOIN bounds b
    JOIN customers c ON c.id = w.customer_id AND c.deleted_at IS NULL
    WHERE (w.answered IS NULL OR w.answered < w.came)
      AND date_diff('day', CAST(w.came AS DATE), b.last_message_on) < b.days
),
starting AS (
    SELECT 'campaigns' AS kind, '' AS part, p.starts_on AS day, p.id, p.name, CAST(NULL AS DOUBLE) AS amount
    FROM campaigns p CROSS JOIN bounds b
    WHERE p.deleted_at IS NULL AND p.starts_on >= b.today AND date_diff('day', b.today, p.starts_on) <= b.days
),
everything AS (
    SELECT * FROM requests UNION ALL SELECT * FROM opportunities_due
    UNION ALL SELECT * FROM unanswered UNION ALL SELECT * FROM starting
),
ordered AS (
    SELECT *, row_number() OVER (PARTITION BY kind, part ORDER BY day, id) AS turn,
           count(*) OVER (PARTITION BY kind, part) AS count, sum(amount) OVER (PARTITION BY kind, part) AS worth
    FROM everything
)
SELECT kind, part, count, CAST(day AS DATE) AS oldest, id, name, worth FROM ordered WHERE turn = 1
ORDER BY kind, part
