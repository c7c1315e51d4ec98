-- What customers wrote, what the shop answered, and the service requests that came of it.
-- {order} {name} {days} and the product's names put into a phrase.
CREATE OR REPLACE TEMP MACRO filled(phrase, m, r, language, product, category) AS
    replace(replace(replace(replace(replace(replace(phrase, '{order}', 'W-' || (100000 + first_id('orders') + r)), '{product}', product),
        '{ware}', CASE WHEN category IN ('kitchen', 'home') THEN product WHEN language = 'zh' THEN '茶杯' ELSE 'cup' END),
        '{brew}', CASE WHEN category IN ('tea', 'coffee') THEN product WHEN language = 'zh' THEN '茶' ELSE 'tea' END),
        '{days}', CAST(3 + whole(m, 'how many days', 12) AS VARCHAR)),
        '{name}', CASE language WHEN 'zh' THEN ['小林', '小周', '小陈', '小苏'] ELSE ['Anna', 'Ben', 'Clara', 'Tom'] END[1 + whole(m, 'clerk', 4)]);

-- A message is put together from parts that fit its language, topic and mood; every part has 64 places.
CREATE OR REPLACE TEMP TABLE pick_phrase AS
WITH moods AS (
    SELECT * EXCLUDE (mood), unnest(CASE mood WHEN 'any' THEN ['negative', 'neutral', 'positive'] ELSE [mood] END) AS mood FROM phrases
),
turns AS (
    SELECT *, row_number() OVER w - 1 AS turn, count(*) OVER (PARTITION BY language, topic, part, mood) AS turns
    FROM moods WINDOW w AS (PARTITION BY language, topic, part, mood ORDER BY place, text)
)
SELECT t.language, t.topic, t.part, t.mood, r.place, t.text
FROM turns t JOIN range(64) r(place) ON r.place % t.turns = t.turn;

CREATE OR REPLACE TEMP TABLE topic_place AS
WITH spans AS (
    SELECT *, (sum(share) OVER (ORDER BY position) - share) / sum(share) OVER () AS starts FROM topics
)
SELECT place, spans.* EXCLUDE (starts) FROM (SELECT place, (place + 0.5) / 1000 AS here FROM range(1000) r(place)) ASOF JOIN spans ON here >= starts;

-- Orders that draw more than their share of complaints: the last ones of customers who left, and those of a strike.
CREATE OR REPLACE TEMP TABLE last_order AS
SELECT r, row_number() OVER (ORDER BY r) - 1 AS place FROM basket WHERE is_last AND status <> 'cancelled' AND d < days() - 30;
CREATE OR REPLACE TEMP TABLE wave_order AS
SELECT b.r, row_number() OVER (ORDER BY b.r) - 1 AS place
FROM basket b JOIN person p ON p.n = b.event // 65536 JOIN events e ON e.measure = 'messages' AND (e.market IS NULL OR e.market = p.market)
    AND b.d >= days() - e.days_ago AND b.d < days() - e.days_ago + e.days;

CREATE OR REPLACE TEMP TABLE amounts AS
SELECT orders, last_orders, wave_orders, sends, coming, messages_wanted() - sends - coming AS answers,
       (size - 1) * wave_orders / (orders + (size - 1) * wave_orders) AS wave_share
FROM (SELECT *, CAST(round((messages_wanted() - sends) * 0.64) AS BIGINT) AS coming
      FROM (SELECT (SELECT count(*) FROM basket) AS orders, (SELECT count(*) FROM last_order) AS last_orders,
                   (SELECT count(*) FROM wave_order) AS wave_orders, (SELECT max(size) FROM events WHERE measure = 'messages') AS size,
                   least((SELECT count(*) FROM member WHERE treated), CAST(floor(messages_wanted() * 0.08) AS BIGINT)) AS sends));

CREATE OR REPLACE TEMP TABLE coming AS
WITH drawn AS (
    SELECT m, u(m, 'wave') < a.wave_share AS in_wave, whole(m, 'topic', 1000) AS topic_place, u(m, 'mood') AS u_mood, a.*
    FROM range((SELECT coming FROM amounts)) t(m), amounts a
),
topical AS (
    SELECT d.*, CASE WHEN in_wave THEN 'delivery' ELSE t.name END AS topic,
           CASE WHEN in_wave OR u_mood < t.negative THEN 'negative' WHEN u_mood < t.negative + t.neutral THEN 'neutral' ELSE 'positive' END AS mood,
           t.after_from, t.after_to
    FROM drawn d JOIN topic_place t ON t.place = d.topic_place
),
aimed AS (
    -- the places are NULL where they do not apply: so the joins stay plain equalities
    SELECT *, CASE WHEN in_wave THEN CAST(floor(u(m, 'wave order') * wave_orders) AS BIGINT) END AS wave_place,
           CASE WHEN NOT in_wave AND topic = 'damaged goods' AND mood = 'negative' AND u(m, 'last order') < sudden_break_theme()
               THEN CAST(floor(u(m, 'which last order') * last_orders) AS BIGINT) END AS last_place,
           CAST(floor(u(m, 'order') * orders) AS BIGINT) AS any_order
    FROM topical
),
ordered AS (
    SELECT a.*, coalesce(w.r, l.r, any_order) AS r
    FROM aimed a LEFT JOIN wave_order w ON w.place = wave_place LEFT JOIN last_order l ON l.place = last_place
),
timed AS (
    SELECT o.m, o.topic, o.mood, o.r, b.event // 65536 AS n, b.customer_id, b.ordered_at, b.product1,
           CAST(floor(epoch(CAST(as_of() AS TIMESTAMP)) - epoch(b.ordered_at)) AS BIGINT) AS left_s,
           CAST(floor(86400 * (after_from + (after_to - after_from) * u(m, 'delay')) + 60) AS BIGINT) AS delay_s
    FROM ordered o JOIN basket b ON b.r = o.r
)
SELECT t.m, t.topic, t.mood, t.r, t.n, t.customer_id, p.language, p.names,
       t.ordered_at + to_seconds(CASE WHEN delay_s < left_s THEN delay_s ELSE CAST(floor(u(m, 'delay 2') * left_s) AS BIGINT) END) AS occurred_at,
       CASE WHEN u(m, 'channel') < 0.46 THEN 'email' WHEN u(m, 'channel') < 0.72 THEN 'chat' WHEN u(m, 'channel') < 0.82 THEN 'phone'
            WHEN u(m, 'channel') < 0.92 THEN 'social' ELSE 'sms' END AS channel,
       -- Chinese customers now and then use a product's English name
       p.language = 'zh' AND u(m, 'foreign name') < 0.15 AS foreign_name,
       product1
FROM timed t JOIN person p USING (n);

CREATE OR REPLACE TEMP TABLE written_in AS
WITH parts AS (
    SELECT c.*,
           CASE WHEN channel = 'phone' THEN call.text WHEN u(m, 'has opening') < CASE WHEN channel = 'email' THEN 0.85 ELSE 0.35 END THEN opening.text END AS opening,
           core.text AS core,
           CASE WHEN u(m, 'has detail') < CASE WHEN channel = 'sms' THEN 0.2 ELSE 0.62 END THEN detail.text END AS detail,
           CASE WHEN u(m, 'has wish') < CASE WHEN channel = 'sms' THEN 0.25 ELSE 0.6 END THEN wish.text END AS wish,
           CASE WHEN u(m, 'has closing') < CASE WHEN channel = 'email' THEN 0.7 WHEN channel = 'phone' THEN 0 ELSE 0.15 END THEN closing.text END AS closing,
           CASE WHEN channel IN ('chat', 'social', 'sms') AND u(m, 'has emoji') < 0.28 THEN emoji.text END AS emoji,
           subject.text AS subject
    FROM coming c
    JOIN pick_phrase core ON core.language = c.language AND core.topic = c.topic AND core.mood = c.mood AND core.part = 'core' AND core.place = whole(m, 'core', 64)
    LEFT JOIN pick_phrase detail ON detail.language = c.language AND detail.topic = c.topic AND detail.mood = c.mood AND detail.part = 'detail' AND detail.place = whole(m, 'detail', 64)
    LEFT JOIN pick_phrase wish ON wish.language = c.language AND wish.topic = c.topic AND wish.mood = c.mood AND wish.part = 'wish' AND wish.place = whole(m, 'wish', 64)
    LEFT JOIN pick_phrase subject ON subject.language = c.language AND subject.topic = c.topic AND subject.mood = c.mood AND subject.part = 'subject' AND subject.place = whole(m, 'subject', 64)
    LEFT JOIN pick_phrase opening ON opening.language = c.language AND opening.topic = 'any' AND opening.mood = c.mood AND opening.part = 'opening' AND opening.place = whole(m, 'opening', 64)
    LEFT JOIN pick_phrase call ON call.language = c.language AND call.topic = 'any' AND call.mood = c.mood AND call.part = 'call' AND call.place = whole(m, 'opening', 64)
    LEFT JOIN pick_phrase closing ON closing.language = c.language AND closing.topic = 'any' AND closing.mood = c.mood AND closing.part = 'closing' AND closing.place = whole(m, 'closing', 64)
    LEFT JOIN pick_phrase emoji ON emoji.language = c.language AND emoji.topic = 'any' AND emoji.mood = c.mood AND emoji.part = 'emoji' AND emoji.place = whole(m, 'emoji', 64)
)
SELECT parts.* EXCLUDE (opening, core, detail, wish, closing, emoji, subject, product1),
       filled(subject, m, r, language, CASE WHEN language = 'zh' AND NOT foreign_name THEN words_zh ELSE words END, category) AS subject,
       filled(CASE language
           WHEN 'zh' THEN regexp_replace(concat(opening, core, detail, wish, CASE channel WHEN 'email' THEN chr(10) END || closing), '，$', '。') || coalesce(emoji, '')
           ELSE concat_ws(' ', opening, CASE WHEN opening IS NULL THEN upper(left(core, 1)) || substr(core, 2) ELSE core END, detail, wish)
               || coalesce(CASE channel WHEN 'email' THEN chr(10) ELSE ' ' END || closing, '') || coalesce(' ' || emoji, '') END,
           m, r, language,
           CASE WHEN language = 'zh' AND NOT foreign_name THEN words_zh ELSE words END, category) AS content
FROM parts
JOIN (SELECT position, category,
             -- people leave out how much is in the pack
             regexp_replace(name_zh, '[0-9.]+(克|公斤|毫升|升|包|只|条|片|粒|杯|支|张|厘米)$', '') AS words_zh,
             regexp_replace(name, ' [0-9.]+( (g|kg|ml|l|cm|mm|Bags|Cups))?$', '') AS words FROM product_list) pr ON pr.position = parts.product1;

CREATE OR REPLACE TEMP TABLE written_out AS
WITH answers AS (
    SELECT c.m, c.topic, c.r, c.customer_id, c.language, c.channel, reply.text AS reply, c.subject, c.occurred_at AS asked_at,
           CAST(floor(epoch(CAST(as_of() AS TIMESTAMP)) - epoch(c.occurred_at)) AS BIGINT) AS left_s,
           CAST(floor(600 + 86400 * 2.2 * power(u(c.m, 'answered after'), 2)) AS BIGINT) AS delay_s
    FROM written_in c JOIN pick_phrase reply ON reply.language = c.language AND reply.topic = c.topic AND reply.mood = c.mood
        AND reply.part = 'reply' AND reply.place = whole(c.m, 'reply', 64)
    WHERE c.m < (SELECT answers FROM amounts)
)
SELECT 'answer' AS kind, m, topic, customer_id, language,
       asked_at + to_seconds(CASE WHEN delay_s < left_s THEN delay_s ELSE CAST(floor(u(m, 'answered after 2') * left_s) AS BIGINT) END) AS occurred_at,
       channel, CASE WHEN channel = 'email' THEN 'Re: ' || subject END AS subject,
       filled(reply, m, r, language, '', '') AS content,
       CAST(NULL AS INTEGER) AS campaign
FROM answers
UNION ALL
SELECT 'campaign', s.m, 'campaign', s.id, s.language,
       CAST(opens_on() + CAST(s.starts AS INTEGER) AS TIMESTAMP) + to_seconds(28800 + whole(s.m, 'sent', 14400)),
       c.channel, CASE WHEN c.channel = 'email' THEN CASE s.language WHEN 'zh' THEN c.name_zh ELSE c.name END END,
       replace(text.text, '{campaign}', CASE s.language WHEN 'zh' THEN c.name_zh ELSE c.name END), s.campaign
FROM (SELECT n * 64 + campaign AS m, id, campaign, starts, language FROM member WHERE treated
      QUALIFY row_number() OVER (ORDER BY u(n * 64 + campaign, 'kept on file'), n, campaign) <= (SELECT sends FROM amounts)) s
JOIN campaigns_planned c ON c.position = s.campaign
JOIN (SELECT * FROM pick_phrase WHERE topic = 'any' AND mood = 'neutral' AND part = 'campaign') text
    ON text.language = s.language AND text.place = whole(s.m, 'campaign text', 64);

CREATE OR REPLACE TEMP TABLE message AS
WITH everything AS (
    SELECT 'in' AS direction, 'message' AS kind, m, r, topic, mood, language,
           language = 'zh' AND regexp_matches(content, '[A-Za-z]{3,}') AS mixed, customer_id, occurred_at, channel,
           CASE WHEN channel = 'email' THEN subject END AS subject, content, CAST(NULL AS INTEGER) AS campaign FROM written_in
    UNION ALL
    SELECT 'out', kind, m, NULL, topic, 'neutral', language, false, customer_id, occurred_at, channel, subject, content, campaign FROM written_out
)
SELECT first_id('communications') - 1 + row_number() OVER (ORDER BY occurred_at, kind, m) AS id, * FROM everything;

CREATE OR REPLACE TEMP VIEW made_communications AS
SELECT id, 'M-' || (100000 + id) AS external_no, customer_id, occurred_at, channel, direction, subject, content,
       first_id('campaigns') + campaign AS campaign_id
FROM message ORDER BY id;

CREATE OR REPLACE TEMP TABLE made_service_requests AS
WITH asked AS (
    SELECT m.*, CASE WHEN m.topic IN ('damaged goods', 'wrong item') THEN u(m.m, 'priority') + 0.25 ELSE u(m.m, 'priority') END
               + CASE m.mood WHEN 'negative' THEN 0.2 ELSE -0.2 END AS urgency
    FROM message m JOIN topics t ON t.name = m.topic
    WHERE m.direction = 'in' AND m.mood <> 'positive' AND u(m.m, 'becomes a request') < t.asks
),
ranked AS (
    SELECT *, CASE WHEN urgency > 1.25 THEN 'urgent' WHEN urgency > 0.9 THEN 'high' WHEN urgency > 0.15 THEN 'normal' ELSE 'low' END AS priority
    FROM asked
),
handled AS (
    SELECT *, CASE priority WHEN 'urgent' THEN 6 WHEN 'high' THEN 20 WHEN 'normal' THEN 44 ELSE 80 END * exp(0.8 * normal(m, 'handled in')) AS hours
    FROM ranked
),
ended AS (
    SELECT *, occurred_at + to_seconds(CAST(floor(3600 * hours) AS BIGINT)) AS ends_at FROM handled
)
SELECT first_id('service_requests') - 1 + row_number() OVER (ORDER BY occurred_at, m) AS id, 'S-' || (100000 + id) AS request_no, customer_id,
       occurred_at AS opened_at, CASE WHEN ends_at < CAST(as_of() AS TIMESTAMP) THEN ends_at END AS closed_at, channel, topic AS category, priority,
       CASE WHEN ends_at < CAST(as_of() AS TIMESTAMP) THEN 'closed' WHEN u(m, 'waiting') < 0.4 THEN 'waiting' ELSE 'open' END AS status,
       subject, content,
       -- Whoever waits twice as long is half a point less satisfied.
       CASE WHEN ends_at < CAST(as_of() AS TIMESTAMP) AND u(m, 'says how satisfied') < 0.6 THEN
           CAST(greatest(1, least(5, round(4.4 - CASE mood WHEN 'negative' THEN 0.4 ELSE 0 END - 0.5 * log2(hours / 24) + 0.6 * normal(m, 'satisfied')))) AS BIGINT) END AS satisfaction,
       first_id('orders') + r AS order_id
FROM ended;
