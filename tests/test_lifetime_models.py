"""Models of buying, leaving and spending, held against published tables, other ways to the same number and known truth."""
import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import gammaln, hyp2f1, psi, zeta

from crm_core.errors import NobodyBoughtAgain, TooFewAmounts
from crm_core.purchase_prediction.lifetime import bgnbd, gamma_gamma, mbgnbd, pareto_nbd
from crm_core.purchase_prediction.lifetime.history import gathered, histories_of
from crm_core.purchase_prediction.lifetime.kinds import discounted
from crm_core.purchase_prediction.lifetime.leaving import beta_nodes
from crm_core.purchase_prediction.lifetime.likelihood import by_logs, trigamma

MODELS = (bgnbd, mbgnbd, pareto_nbd)


@pytest.fixture(scope="module")
def cdnow():
    """The 2,357 customers of CDNOW's sample: 39 weeks to learn from, x_star purchases in the 39 weeks after."""
    import os

    from tests.conftest import PROJECT
    from pathlib import Path

    folder = Path(os.environ.get("CRM_TEST_DATA", PROJECT.parent / "shared" / "data")) / "cdnow"
    if not folder.exists():
        pytest.skip("needs the data set cdnow")
    orders = pd.read_csv(folder / "CDNOW_sample.txt", sep=r"\s+", header=None, names=["master", "id", "day", "cds", "amount"])
    days = orders.assign(day=pd.to_datetime(orders.day.astype(str))).groupby(["id", "day"]).amount.sum().reset_index()
    first = days.groupby("id").day.transform("min")
    known = days[days.day <= "1997-09-30"]
    repeat = known[known.day > first[known.index]].groupby("id")
    ids = range(1, 2358)
    begun = days.groupby("id").day.min().reindex(ids)
    return pd.DataFrame({
        "x": repeat.size().reindex(ids).fillna(0.0), "zbar": repeat.amount.mean().reindex(ids).fillna(0.0),
        "t_x": ((repeat.day.max().reindex(ids) - begun).dt.days / 7).fillna(0.0),
        "T": (pd.Timestamp("1997-09-30") - begun).dt.days / 7,
        "x_star": days[days.day > "1997-09-30"].groupby("id").size().reindex(ids).fillna(0.0)})


def simulated(customers: int, r=0.8, alpha=5.0, a=0.8, b=2.5, watched=52.0, seed=0):
    """Histories of BG/NBD, drawn purchase by purchase."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    T = rng.uniform(watched / 2, watched, customers)
    x, t_x = np.zeros(customers), np.zeros(customers)
    there, clock = np.ones(customers, bool), np.zeros(customers)
    while there.any():
        clock = clock + rng.exponential(size=customers) / rate
        bought = there & (clock < T)
        x, t_x = x + bought, np.where(bought, clock, t_x)
        there = bought & (rng.random(customers) >= leave)
    return x, t_x, T


# --- what is published ----------------------------------------------------------------------------


def test_bgnbd_on_cdnow_gives_what_fader_hardie_and_lee_printed(cdnow):
    found = bgnbd.fit(cdnow.x, cdnow.t_x, cdnow["T"])
    assert [f"{value:.3f}" for value in found.parameters.values()] == ["0.243", "4.414", "0.793", "2.426"]
    assert f"{found.log_likelihood:.1f}" == "-9582.4"
    assert found.warning is None


def test_pareto_nbd_on_cdnow_gives_what_they_printed(cdnow):
    found = pareto_nbd.fit(cdnow.x, cdnow.t_x, cdnow["T"])
    assert list(found.parameters.values()) == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=1.1e-3)
    assert f"{found.log_likelihood:.1f}" == "-9595.0"


def test_mbgnbd_on_cdnow_gives_what_btydplus_prints(cdnow):
    found = mbgnbd.fit(cdnow.x, cdnow.t_x, cdnow["T"])
    assert [f"{value:.3f}" for value in found.parameters.values()] == ["0.525", "6.183", "0.891", "1.614"]


def test_gamma_gamma_on_cdnow_gives_hardies_parameters_and_first_ten_customers(cdnow):
    found = gamma_gamma.fit(cdnow.x, cdnow.zbar)
    assert [f"{value:.2f}" for value in found.parameters.values()] == ["6.25", "3.74", "15.44"]
    first = found.expected_spend(cdnow.x[:10], cdnow.zbar[:10])
    assert first.round(2).tolist() == [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


def test_the_holdout_of_cdnow_is_foretold_as_well_as_published(cdnow):
    told = {kind.__name__.rsplit(".", 1)[1]: kind.fit(cdnow.x, cdnow.t_x, cdnow["T"]).expected_purchases(
        39, cdnow.x, cdnow.t_x, cdnow["T"]) for kind in MODELS}
    error = {name: np.abs(expected - cdnow.x_star).mean() for name, expected in told.items()}
    assert cdnow.x_star.sum() == 1882
    assert [error["bgnbd"], error["pareto_nbd"]] == pytest.approx([0.786, 0.755], abs=0.0015)


def test_the_first_customer_is_expected_to_buy_as_the_authors_spreadsheet_says():
    found = bgnbd.BGNBD(0.243, 4.414, 0.793, 2.426, 0.0)
    assert found.expected_purchases(39, 2, 30.43, 38.86)[0] == pytest.approx(1.226, abs=1e-3)


# --- other ways to the same number ------------------------------------------------------------------


def usual_formula(model, t, x, t_x, T):
    """Fader, Hardie and Lee's equation 10, where it can be trusted."""
    r, alpha, a, b = model.parameters.values()
    curve = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    first = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * curve)
    return first / (1 + (x > 0) * a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x))


def test_expected_purchases_are_those_of_the_usual_formula():
    model = bgnbd.BGNBD(0.243, 4.414, 0.793, 2.426, 0.0)
    for x, t_x, T in ((0, 0, 38.9), (1, 1.7, 38.9), (2, 30.4, 38.9), (12, 30.0, 30.1), (29, 26, 30)):
        for t in (1, 39, 260):
            assert model.expected_purchases(t, x, t_x, T)[0] == pytest.approx(usual_formula(model, t, x, t_x, T), rel=1e-8)


def test_expected_purchases_stay_small_where_the_usual_formula_explodes():
    model = bgnbd.BGNBD(0.72, 9.4, 1e-9, 2e5, 0.0)
    there = (model.r + 40) / (model.alpha + 30) * 13
    assert model.expected_purchases(13, 40, 29, 30)[0] == pytest.approx(there, rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (0.8, 2.4), (3.0, 1.0), (2.0, 5_000.0)])
def test_means_over_a_beta_are_those_of_an_integral(a, b):
    from scipy.stats import beta

    p, weight = beta_nodes(a, b, 40)
    assert weight @ p == pytest.approx(a / (a + b), rel=1e-9)
    assert weight @ (1 + 3 * p) ** -2.5 == pytest.approx(beta(a, b).expect(lambda p: (1 + 3 * p) ** -2.5), rel=1e-6)


def test_the_likelihood_of_pareto_nbd_is_that_of_the_hypergeometric_form(cdnow):
    model = pareto_nbd.ParetoNBD(0.553, 10.578, 0.606, 11.669, 0.0)
    r, alpha, s, beta = model.parameters.values()
    x, t_x, T = (cdnow[name].to_numpy() for name in ("x", "t_x", "T"))

    def part(y):
        return hyp2f1(r + s + x, r + x, r + s + x + 1, (beta - alpha) / (beta + y)) / (beta + y) ** (r + s + x)

    whole = 1 / ((alpha + T) ** (r + x) * (beta + T) ** s) + s / (r + s + x) * (part(t_x) - part(T))
    usual = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(whole)
    assert model.log_likelihoods(x, t_x, T) == pytest.approx(usual, abs=1e-4)


def test_the_chance_of_a_purchase_before_leaving_is_that_of_an_integral():
    model = pareto_nbd.ParetoNBD(0.553, 10.578, 0.606, 11.669, 0.0)
    x, t_x, T, t = 3, 25.0, 30.0, 26.0

    def next_at(y):
        rate = (model.r + x) / (model.alpha + T) * (1 + y / (model.alpha + T)) ** -(model.r + x + 1)
        return rate * (1 + y / (model.beta + T)) ** -model.s

    there = integrate.quad(next_at, 0, t)[0] * model.chance_alive(x, t_x, T)[0]
    assert model.chance_of_purchase(t, x, t_x, T)[0] == pytest.approx(there, rel=1e-8)


def test_discounted_purchases_are_those_of_an_integral():
    model = bgnbd.BGNBD(0.243, 4.414, 0.793, 2.426, 0.0)
    x, t_x, T, rate = 4, 30.0, 38.0, 0.004

    def density(y, step=1e-4):
        return (model.expected_purchases(y + step, x, t_x, T)[0] - model.expected_purchases(y, x, t_x, T)[0]) / step

    by_day = integrate.quad(lambda y: np.exp(-rate * y) * density(y), 0, 104, limit=100)[0]
    assert discounted(model, 104.0, rate, x, t_x, T)[0] == pytest.approx(by_day, rel=1e-4)


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_gradients_and_bends_are_those_of_small_steps(kind):
    x, t_x, T = simulated(200)
    histories = gathered(x, t_x, T)
    rng = np.random.default_rng(1)
    likelihood, at = [
        (bgnbd.Likelihood(histories), [0.6, 4, 0.9, 2]), (bgnbd.Likelihood(histories, 1), [0.6, 4, 0.9, 2]),
        (pareto_nbd.Likelihood(histories), [0.6, 4, 0.5, 8]),
        (gamma_gamma.Likelihood(x + 1, rng.gamma(3, 10, len(x)), np.ones(len(x))), [5, 4, 20])][kind]
    logs = np.log(at)
    _, gradient, second = by_logs(likelihood, logs)
    for place in range(len(logs)):
        step = np.zeros(len(logs))
        step[place] = 1e-4
        above, below = by_logs(likelihood, logs + step), by_logs(likelihood, logs - step)
        assert (above[0] - below[0]) / 2e-4 == pytest.approx(gradient[place], rel=1e-3, abs=2e-2)
        assert (above[1] - below[1]) / 2e-4 == pytest.approx(second[place], rel=2e-2, abs=0.2)


def test_trigamma_is_that_of_scipy():
    z = np.array([1e-4, 0.3, 1.0, 7.5, 400.0, 1e6])
    assert trigamma(z) == pytest.approx(zeta(2, z), rel=1e-9)
    assert trigamma(np.array([2.0]))[0] == pytest.approx((psi(2.0 + 1e-5) - psi(2.0 - 1e-5)) / 2e-5, rel=1e-6)


# --- known truth --------------------------------------------------------------------------------------


def test_planted_parameters_are_found_again():
    found = bgnbd.fit(*simulated(20_000))
    assert list(found.parameters.values()) == pytest.approx([0.8, 5.0, 0.8, 2.5], rel=0.12)


def test_weights_count_customers_and_equal_histories_are_one():
    x, t_x, T = [0, 2, 1, 2, 5], [0, 7, 3, 7, 8], [9, 9, 9, 9, 9]
    assert gathered(x, t_x, T).weight.tolist() == [1, 1, 2, 1]
    x, t_x, T = simulated(400)
    twice = bgnbd.fit(np.tile(x, 2), np.tile(t_x, 2), np.tile(T, 2))
    weighted = bgnbd.fit(x, t_x, T, weights=np.full(400, 2.0))
    assert weighted.parameters == pytest.approx(twice.parameters, rel=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_where_nobody_leaves_the_models_say_so_and_expect_no_more_than_the_rate(kind):
    rng = np.random.default_rng(3)
    T = np.full(2_000, 60.0)
    x = rng.poisson(rng.gamma(2, 0.1, 2_000) * T).astype(float)
    t_x = np.where(x > 0, T * rng.random(2_000) ** (1 / np.maximum(x, 1)), 0.0)
    found = kind.fit(x, t_x, T)
    expected = found.expected_purchases(26, x, t_x, T)
    assert expected.sum() == pytest.approx(x.sum() * 26 / 60, rel=0.05)
    if found.warning:
        assert found.warning[0] == "nobody_leaves" and found.chance_alive(x, t_x, T).min() == 1


def test_the_online_shop_on_which_the_likelihood_runs_away_falls_back_and_says_so(data_set):
    import duckdb

    shop = data_set("online_retail_2010_2011") / "online_retail.parquet"
    with duckdb.connect() as asked:
        x, t_x, T = asked.execute(f"""
            WITH days AS (SELECT CustomerID AS id, CAST(InvoiceDate AS DATE) AS day FROM '{shop}' WHERE CustomerID IS NOT NULL
                AND InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0 AND InvoiceDate < '2011-09-11' GROUP BY ALL)
            SELECT count(*) - 1.0 AS x, date_diff('day', min(day), max(day)) / 7.0 AS t_x,
                   date_diff('day', min(day), DATE '2011-09-10') / 7.0 AS T FROM days GROUP BY id""").fetchnumpy().values()
    found = bgnbd.fit(x, t_x, T)
    assert len(x) == 3370 and found.warning[0] == "nobody_leaves"
    assert found.expected_purchases(90 / 7, x, t_x, T).max() < 30


def test_one_order_a_customer_is_refused():
    with pytest.raises(NobodyBoughtAgain) as refused:
        bgnbd.fit([0, 0, 0], [0, 0, 0], [5, 9, 3])
    assert refused.value.facts == {"customers": 3}


def test_amounts_of_nothing_alone_are_refused():
    with pytest.raises(TooFewAmounts):
        gamma_gamma.fit(np.full(50, 2), np.zeros(50))


def test_examples_become_histories_in_weeks():
    rows = pd.DataFrame({"customer_id": [7, 8], "frequency": [2.0, 1.0], "recency_days": [70.0, 14.0],
                         "tenure_days": [91.0, 14.0], "mean_basket": [15.0, 9.0]})
    assert histories_of(rows).to_numpy().tolist() == [[7, 1, 3, 13, 2, 15], [8, 0, 0, 2, 1, 9]]
