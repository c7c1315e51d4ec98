"""Tables without a leak, as customers' tables are, and the same tables with one leak planted: to hold the tripwire to.

`CLEAN` and `PLANTED` were looked at while the tripwire was written; `CLEAN_AGAIN` and `PLANTED_AGAIN` were written
before it and judged once.
"""
from datetime import date

import numpy as np
import pandas as pd

CUTOFF = date(2026, 3, 31)


def chance(odds) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def days_before(days) -> pd.Series:
    return pd.Series(pd.Timestamp(CUTOFF) - pd.to_timedelta(np.asarray(days).astype(int), unit="D"))


# --- tables without a leak ------------------------------------------------------------------------------------------


def strong_scores(random) -> pd.DataFrame:
    """One honest score of AUC .9 among weaker ones."""
    n = int(random.integers(800, 6000))
    yes = random.random(n) < random.uniform(0.1, 0.5)
    return pd.DataFrame({"customer_id": np.arange(1, n + 1), "engagement": random.normal(1.8 * yes, 1),
                         "visits": random.poisson(3 + 2 * yes), "age": random.integers(18, 80, n),
                         "city": random.choice(["Lyon", "Graz", "Turin"], n), "target": yes.astype(int)})


def telephone(random) -> pd.DataFrame:
    """Ids in the order of sign-up, so that they tell of tenure; totals that follow from two other columns."""
    n = int(random.integers(2000, 7000))
    tenure = np.sort(random.integers(1, 73, n))[::-1]
    monthly = random.uniform(20, 110, n).round(2)
    contract = np.where(random.random(n) < tenure / 100, "two years", random.choice(["monthly", "one year"], n))
    odds = 0.3 - 0.05 * tenure + 0.015 * monthly - 1.5 * (contract == "two years")
    return pd.DataFrame({"customer_id": np.arange(1000, 1000 + n), "tenure": tenure, "monthly": monthly,
                         "total": (tenure * monthly * random.normal(1, 0.03, n)).round(2), "contract": contract,
                         "senior": random.integers(0, 2, n), "target": (random.random(n) < chance(odds)).astype(int)})


def shop(random) -> pd.DataFrame:
    """Recency, frequency and money; who ordered once has no days between orders."""
    n = int(random.integers(1500, 6000))
    tenure = np.sort(random.integers(20, 900, n))[::-1]
    rate = random.gamma(1.2, 0.01, n)
    orders = 1 + random.poisson(rate * tenure)
    recency = (random.beta(1, 1 + orders) * tenure).astype(int)
    spent = (orders * random.gamma(4, 12, n)).round(2)
    yes = random.random(n) < chance(-1.2 + 0.5 * np.log1p(orders) - recency / 150)
    return pd.DataFrame({
        "customer_id": np.arange(1, n + 1), "recency_days": recency, "frequency": orders, "monetary": spent,
        "tenure_days": tenure, "days_between_orders": np.where(orders > 1, tenure / np.maximum(orders - 1, 1), np.nan),
        "mean_basket": (spent / orders).round(2), "first_order": days_before(tenure), "last_order": days_before(recency),
        "newsletter": random.integers(0, 2, n), "target": yes.astype(int)})


def small_answers(random) -> pd.DataFrame:
    """A questionnaire: few values, so that most rows have a twin."""
    n = int(random.integers(1000, 5000))
    frame = pd.DataFrame({f"question_{place}": random.integers(0, 2, n) for place in range(5)})
    frame["region"] = random.choice(list("NESW"), n)
    frame["satisfied"] = random.integers(1, 6, n)
    odds = -1.5 + frame.question_1 + 0.8 * frame.question_2 - 0.4 * (frame.satisfied - 3)
    return frame.assign(target=(random.random(n) < chance(odds)).astype(int))


def bank(random) -> pd.DataFrame:
    """A tenth of yes; days since the last contact are missing for most, and those who have them buy more."""
    n = int(random.integers(3000, 9000))
    before = random.random(n) < 0.12
    odds = -2.8 + 1.5 * before + 0.5 * (job := random.integers(0, 4, n) == 3)
    balance = random.lognormal(6.5, 1.2, n).round()
    yes = random.random(n) < chance(odds + 0.2 * np.log1p(balance / 600))
    return pd.DataFrame({
        "age": random.integers(19, 90, n), "job": np.where(job, "student", random.choice(["worker", "clerk", "none"], n)),
        "balance": balance, "housing": random.choice(["yes", "no"], n), "contacts": random.geometric(0.4, n),
        "days_since_contact": np.where(before, random.integers(1, 500, n), np.nan),
        "poutcome": np.where(before, random.choice(["success", "failure"], n), "unknown"),
        "month": random.choice(["apr", "may", "jun", "jul"], n), "target": np.where(yes, "yes", "no")})


def survey(random) -> pd.DataFrame:
    """Who is about to leave answers no survey, mostly; ids carry the region."""
    n = int(random.integers(1000, 5000))
    unhappy = random.random(n) < 0.3
    yes = random.random(n) < np.where(unhappy, 0.6, 0.12)
    region = random.choice(["NW", "SE", "MT"], n)
    answered = random.random(n) < np.where(unhappy, 0.25, 0.7)
    return pd.DataFrame({
        "account": [f"{place}-{number:06d}" for place, number in zip(region, random.permutation(n), strict=True)],
        "region": region, "survey_score": np.where(answered, random.integers(1, 11, n), np.nan),
        "logins": random.poisson(np.where(unhappy, 3, 9)), "seats": random.geometric(0.2, n),
        "price": random.choice([9.0, 19.0, 49.0], n), "target": np.where(yes, "Yes", "No")})


def sums(random) -> pd.DataFrame:
    """Totals that are the exact sum of their parts; heavy tails."""
    n = int(random.integers(1000, 6000))
    parts = {f"spent_{kind}": random.lognormal(3, 1.4, n).round(2) * (random.random(n) < 0.7)
             for kind in ("food", "garden", "books")}
    frame = pd.DataFrame(parts)
    frame["spent_total"] = frame.sum(axis=1)
    frame["spent_usual"] = frame.spent_food + frame.spent_garden
    odds = -2 + 0.45 * np.log1p(frame.spent_total)
    return frame.assign(children=random.integers(0, 4, n), target=(random.random(n) < chance(odds)).astype(int))


def seldom(random) -> pd.DataFrame:
    """Three in a hundred say yes, and one yes-or-no tells much of them."""
    n = int(random.integers(4000, 9000))
    yes = random.random(n) < 0.03
    return pd.DataFrame({"user_no": random.permutation(n) + 50_000, "asked_for_offer": (random.random(n) < np.where(
        yes, 0.45, 0.05)).astype(int), "pages": random.poisson(4 + 3 * yes), "source": random.choice(
        ["ads", "mail", "direct", "search"], n), "minutes": random.gamma(2, 3 + yes).round(1),
        "target": yes.astype(int)})


def few_and_wide(random) -> pd.DataFrame:
    """Three hundred rows, thirty columns."""
    n = 300
    frame = pd.DataFrame(random.normal(size=(n, 26)), columns=[f"measure_{place}" for place in range(26)])
    for place in range(4):
        frame[f"kind_{place}"] = random.choice(list("abcd"), n)
    odds = 1.3 * frame.measure_0 - frame.measure_1 + 0.5 * (frame.kind_0 == "a")
    return frame.assign(target=(random.random(n) < chance(odds - 0.4)).astype(int))


def donors(random) -> pd.DataFrame:
    """Dated, with a drift over the years and texts as dates; the ids follow the first gift."""
    n = int(random.integers(1500, 5000))
    first = np.sort(random.integers(100, 3000, n))[::-1]
    last = (first * random.beta(1, 2, n)).astype(int)
    gifts = 1 + random.poisson(first / 500)
    yes = random.random(n) < chance(-0.3 - last / 400 + 0.25 * gifts)
    return pd.DataFrame({
        "donor_id": [f"D{number:07d}" for number in range(n)], "first_gift": days_before(first),
        "last_gift": days_before(last).dt.strftime("%Y-%m-%d"), "gifts": gifts,
        "largest_gift": random.lognormal(3.5, 0.8, n).round(), "days_since_gift": last,
        "title": random.choice(["Ms", "Mr", None], n, p=[0.45, 0.45, 0.1]), "target": yes.astype(int)})


CLEAN = (strong_scores, telephone, shop, small_answers, bank, survey, sums, seldom, few_and_wide, donors)


# --- with one leak ----------------------------------------------------------------------------------------------------


def answered(frame: pd.DataFrame) -> np.ndarray:
    return frame.target.astype(str).isin(["1", "yes", "Yes"]).to_numpy()


def where(yes, random, of_yes: float, of_no: float) -> np.ndarray:
    return random.random(len(yes)) < np.where(yes, of_yes, of_no)


def reason(frame, yes, random):
    return frame.assign(cancellation_reason=np.where(yes, random.choice(["price", "moved", "service"], len(yes)), None))


def refund(frame, yes, random):
    return frame.assign(refund_date=days_before(random.integers(1, 60, len(yes))).where(where(yes, random, 0.85, 0.02)))


def minutes(frame, yes, random):
    return frame.assign(retention_minutes=np.where(where(yes, random, 0.6, 0.01), random.gamma(2, 4, len(yes)), np.nan))


def invoice(frame, yes, random):
    return frame.assign(final_invoice=np.where(where(yes, random, 0.9, 0), random.gamma(2, 40, len(yes)).round(2), 0.0))


def duration(frame, yes, random):
    return frame.assign(call_duration=random.lognormal(5 + 1.3 * yes, 0.9).round())


def id_block(frame, yes, random):
    return frame.assign(record_id=np.argsort(np.argsort(yes + random.random(len(yes)) / 2)) + 1)


def id_even(frame, yes, random):
    return frame.assign(record_id=2 * random.permutation(len(yes)) + ~yes)


def id_prefix(frame, yes, random):
    return frame.assign(record_id=[f"{'C' if one else 'P'}{number:06d}" for one, number in
                                   zip(yes, random.permutation(len(yes)), strict=True)])


def status(frame, yes, random):
    return frame.assign(status=np.where(yes, random.choice(["closed", "dormant"], len(yes)),
                                        random.choice(["open", "new", "vip"], len(yes))))


def two_flags(frame, yes, random):
    one = random.random(len(yes)) < 0.5
    return frame.assign(flag_a=one.astype(int), flag_b=(one ^ yes).astype(int))


def risk(frame, yes, random):
    return frame.assign(risk_class=random.normal(3.2 * yes, 1).round(2))


def late_date(frame, yes, random):
    days = np.where(where(yes, random, 0.9, 0), -random.integers(1, 90, len(yes)), random.integers(0, 300, len(yes)))
    return frame.assign(last_seen=days_before(days))


def total_with_after(frame, yes, random):
    before = random.lognormal(4, 1, len(yes)).round(2)
    return frame.assign(spent_before=before, spent_ever=before + np.where(yes, random.lognormal(3, 1, len(yes)).round(2), 0))


def sum_with_after(frame, yes, random):
    first, second = random.poisson(2, len(yes)), random.poisson(3, len(yes))
    return frame.assign(orders_2024=first, orders_2025=second, orders_all=first + second + yes * random.geometric(0.5, len(yes)))


def negative_days(frame, yes, random):
    return frame.assign(days_since_visit=np.where(where(yes, random, 0.8, 0), -random.integers(1, 60, len(yes)),
                                                  random.integers(0, 200, len(yes))))


def copied(frame, yes, random):
    again = frame.sample(frac=0.08, random_state=int(random.integers(1 << 30)))
    return pd.concat([frame, again]).sample(frac=1, random_state=1).reset_index(drop=True)


def drawn_again(frame, yes, random):
    return pd.concat([frame, frame[yes], frame[yes]]).sample(frac=1, random_state=1).reset_index(drop=True)


def inverse(frame, yes, random):
    return frame.assign(stayed=(~yes).astype(int))


def noised(frame, yes, random):
    return frame.assign(marker=np.where(yes ^ (random.random(len(yes)) < 0.03), "B", "A"))


def scaled(frame, yes, random):
    return frame.assign(index=37 * yes + 12 + random.normal(0, 3, len(yes)))


def mean_of_target(frame, yes, random):
    place = random.integers(0, len(yes) // 8, len(yes))
    return frame.assign(postcode_rate=pd.Series(yes.astype(float)).groupby(place).transform("mean").to_numpy())


PLANTED = {
    reason: ("after", "cancellation_reason"), refund: ("after", "refund_date"), minutes: ("after", "retention_minutes"),
    invoice: ("after", "final_invoice"), duration: ("after", "call_duration"),
    id_block: ("id", "record_id"), id_even: ("id", "record_id"), id_prefix: ("id", "record_id"),
    status: ("disguise", "status"), two_flags: ("disguise", "flag"), risk: ("disguise", "risk_class"),
    late_date: ("future", "last_seen"), total_with_after: ("future", "spent_ever"), sum_with_after: ("future", "orders_all"),
    negative_days: ("future", "days_since_visit"), copied: ("duplicate", ""),
    inverse: ("copy", "stayed"), noised: ("copy", "marker"), scaled: ("copy", "index"),
    mean_of_target: ("copy", "postcode_rate")}
BASE_OF_DUPLICATES = (telephone, shop, bank, sums, donors)  # rows that hardly ever are twins by chance
BASES = (telephone, shop, bank, survey, sums, strong_scores, donors)
assert len(PLANTED) == 20


def planted(plant, seed: int, bases=BASES, plain=BASE_OF_DUPLICATES) -> pd.DataFrame:
    random = np.random.default_rng([seed, 7])
    places = plain if plant in (copied, drawn_again, *TWINS) else bases
    frame = places[int(random.integers(len(places)))](random)
    return plant(frame, answered(frame), random)


# --- written before the first look at any result, and judged once -------------------------------------------------------


def loans(random) -> pd.DataFrame:
    n = int(random.integers(1500, 8000))
    grade = random.integers(0, 6, n)
    income = random.lognormal(10.5, 0.5, n).round(-2)
    odds = -2.6 + 0.5 * grade - 0.4 * (np.log(income) - 10.5)
    opened = np.sort(random.integers(0, 1500, n))[::-1]
    return pd.DataFrame({"loan_no": np.arange(n) + 100_000, "opened": days_before(opened), "grade": [list("ABCDEF")[g] for g in grade],
                         "income": income, "amount": (random.gamma(3, 4000, n)).round(-2), "rate": (5 + 2 * grade + random.normal(0, .6, n)).round(2),
                         "months_since_late": np.where(random.random(n) < 0.2 + 0.08 * grade, random.integers(1, 80, n), np.nan),
                         "purpose": random.choice(["car", "house", "debt"], n), "target": (random.random(n) < chance(odds)).astype(int)})


def gym(random) -> pd.DataFrame:
    n = int(random.integers(500, 4000))
    visits = random.negative_binomial(1, 0.12, n)
    yes = random.random(n) < chance(1.2 - 0.35 * visits)
    return pd.DataFrame({"member": random.permutation(n) + 1, "visits_30_days": visits, "classes": random.binomial(visits, 0.3),
                         "last_visit_days": np.where(visits > 0, random.geometric(0.05 + visits / (visits.max() + 20)), np.nan),
                         "trainer": random.choice(["yes", "no"], n), "minutes_a_visit": random.gamma(9, 7, n).round(),
                         "contract_months": random.choice([1, 12, 24], n), "target": np.where(yes, "yes", "no")})


def mailing(random) -> pd.DataFrame:
    n = int(random.integers(3000, 9000))
    frame = pd.DataFrame({"recency": random.integers(1, 13, n), "history": np.maximum(29.99, random.lognormal(5, 1, n)).round(2),
                          "mens": random.integers(0, 2, n), "newbie": random.integers(0, 2, n),
                          "zip": random.choice(["urban", "rural", "suburban"], n), "channel": random.choice(["web", "phone", "both"], n)})
    odds = -2 - 0.08 * frame.recency + 0.4 * frame.mens + 0.3 * (frame["zip"] == "rural")
    return frame.assign(target=(random.random(n) < chance(odds)).astype(int))


def very_strong(random) -> pd.DataFrame:
    n = int(random.integers(800, 4000))
    yes = random.random(n) < random.uniform(0.15, 0.5)
    return pd.DataFrame({"score": random.normal(1.9 * yes, 1), "quiet_days": random.gamma(2, np.where(yes, 30, 12)).round(),
                         "opened_last": (random.random(n) < np.where(yes, 0.15, 0.7)).astype(int),
                         "plan": np.where(random.random(n) < np.where(yes, 0.7, 0.2), "basic", random.choice(["plus", "pro"], n)),
                         "note": np.where(random.random(n) < np.where(yes, 0.5, 0.15), "called", None), "target": yes.astype(int)})


def hotel(random) -> pd.DataFrame:
    n = int(random.integers(2000, 7000))
    lead = random.gamma(1, 90, n).round()
    deposit = random.choice(["none", "half", "full"], n, p=[0.8, 0.15, 0.05])
    yes = random.random(n) < chance(-1.6 + lead / 110 - 0.8 * (deposit == "half") + 1.5 * (deposit == "full"))
    return pd.DataFrame({"booking": [f"B-{number}" for number in range(40_000, 40_000 + n)], "lead_days": lead,
                         "adults": random.integers(1, 4, n), "children": random.poisson(0.2, n), "deposit": deposit,
                         "country": random.choice(["PT", "GB", "FR", "DE", None], n), "nights": random.geometric(0.35, n),
                         "rate": random.gamma(8, 13, n).round(2), "booked": days_before(np.sort(lead + random.integers(0, 400, n))[::-1]),
                         "target": yes.astype(int)})


CLEAN_AGAIN = (loans, gym, mailing, very_strong, hotel)


def exit_score(frame, yes, random):
    return frame.assign(exit_interview=np.where(where(yes, random, 0.7, 0.005), random.integers(1, 6, len(yes)), np.nan))


def days_until(frame, yes, random):
    return frame.assign(days_to_end=np.where(yes, random.integers(1, 90, len(yes)), -1))


def collected(frame, yes, random):
    return frame.assign(recoveries=np.where(where(yes, random, 0.5, 0), random.gamma(2, 100, len(yes)).round(2), 0.0))


def talk_zh(frame, yes, random):
    return frame.assign(通话时长=random.gamma(2 + 2.5 * yes, 60).round())


def id_middle(frame, yes, random):
    ids = np.empty(len(yes), dtype=int)
    numbers = np.arange(len(yes)) * 7 + 500
    start = (len(yes) - yes.sum()) // 2
    ids[yes] = random.permutation(numbers[start:start + yes.sum()])
    ids[~yes] = random.permutation(np.r_[numbers[:start], numbers[start + yes.sum():]])
    return frame.assign(key_no=ids)


def id_thirds(frame, yes, random):
    return frame.assign(key_no=3 * random.permutation(2 * len(yes))[:len(yes)] + np.where(yes, 0, random.integers(1, 3, len(yes))))


def id_suffix(frame, yes, random):
    return frame.assign(key_no=[f"{number:07d}-{'X' if one else random.choice(list('ABC'))}" for one, number in
                                zip(yes, random.permutation(len(yes)), strict=True)])


def lists(frame, yes, random):
    wrong = random.random(len(yes)) < 0.02
    return frame.assign(mailing_list=np.where(yes ^ wrong, "winback", random.choice(["main", "vip", "new"], len(yes))))


def both_flags(frame, yes, random):
    n = len(yes)
    kind = random.integers(0, 3, n)
    return frame.assign(step_one=np.where(yes, 1, kind == 1).astype(int), step_two=np.where(yes, 1, kind == 2).astype(int))


def over_limit(frame, yes, random):
    limit = random.lognormal(7, 0.7, len(yes))
    used = limit * np.where(yes, random.uniform(1.01, 1.5, len(yes)), random.uniform(0.1, 0.99, len(yes)))
    return frame.assign(credit_limit=limit.round(2), credit_used=used.round(2))


def balance_after(frame, yes, random):
    before = random.gamma(3, 300, len(yes)).round(2)
    return frame.assign(points_start=before, points_end=before - np.where(yes, random.uniform(1, 80, len(yes)).round(2), 0))


def later_text(frame, yes, random):
    days = np.where(where(yes, random, 0.7, 0), -random.integers(2, 60, len(yes)), random.integers(0, 500, len(yes)))
    return frame.assign(last_purchase=days_before(days).dt.strftime("%Y-%m-%d"))


def visits_with_after(frame, yes, random):
    return frame.assign(visits_prior=(prior := random.negative_binomial(2, 0.2, len(yes))), visits_12m=prior + yes * (1 + random.poisson(1, len(yes))))


def below_zero(frame, yes, random):
    return frame.assign(recency=np.where(where(yes, random, 0.6, 0), -random.integers(1, 30, len(yes)), random.integers(0, 365, len(yes))))


def twins(frame, yes, random):
    again = frame.sample(frac=0.04, random_state=int(random.integers(1 << 30)))
    return pd.concat([frame, again]).reset_index(drop=True)


def twins_new_id(frame, yes, random):
    again = frame.sample(frac=0.06, random_state=int(random.integers(1 << 30)))
    whole = pd.concat([frame, again]).sample(frac=1, random_state=2).reset_index(drop=True)
    return whole.assign(row_id=random.permutation(len(whole)) + 1)


def swapped(frame, yes, random):
    return frame.assign(keeps=np.where(yes ^ (random.random(len(yes)) < 0.04), "No", "Yes"))


def blurred(frame, yes, random):
    return frame.assign(signal=yes + random.normal(0, 0.25, len(yes)))


def without_itself(frame, yes, random):
    group = pd.Series(random.integers(0, len(yes) // 12, len(yes)))
    answer = pd.Series(yes.astype(float))
    many, sum_ = group.groupby(group).transform("size"), answer.groupby(group).transform("sum")
    return frame.assign(shop=group.astype(str).radd("S"), shop_rate=((sum_ - answer) / (many - 1).clip(lower=1)).to_numpy())


def smoothed_rate(frame, yes, random):
    group = pd.Series(random.integers(0, len(yes) // 6, len(yes)))
    answer = pd.Series(yes.astype(float))
    many, sum_ = group.groupby(group).transform("size"), answer.groupby(group).transform("sum")
    return frame.assign(street_rate=((sum_ + 2 * answer.mean()) / (many + 2)).to_numpy())


TWINS = (twins, twins_new_id)
PLANTED_AGAIN = {
    exit_score: ("after", "exit_interview"), days_until: ("after", "days_to_end"), collected: ("after", "recoveries"),
    talk_zh: ("after", "通话时长"), id_middle: ("id", "key_no"), id_thirds: ("id", "key_no"), id_suffix: ("id", "key_no"),
    lists: ("disguise", "mailing_list"), both_flags: ("disguise", "step"), over_limit: ("disguise", "credit"),
    balance_after: ("future", "points_end"), later_text: ("future", "last_purchase"), visits_with_after: ("future", "visits_12m"),
    below_zero: ("future", "recency"), twins: ("duplicate", ""), twins_new_id: ("duplicate", ""),
    swapped: ("copy", "keeps"), blurred: ("copy", "signal"), without_itself: ("copy", "shop_rate"),
    smoothed_rate: ("copy", "street_rate")}
BASES_AGAIN = (loans, hotel, gym, very_strong)
TWIN_BASES_AGAIN = (loans, hotel)


