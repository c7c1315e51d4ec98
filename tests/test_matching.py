"""Which new group is which old one: carried, split, merged, new and gone, on groupings in plain sight."""
import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import Fitted
from crm_core.clustering.matching import match
from crm_core.clustering.warm import from_kept, kept_or_proposed


def grouping(*sizes: tuple[int, int], first: int = 1) -> pd.DataFrame:
    """(group, customers) in the order of customer_id: (1, 3), (2, 2) → customers 1..3 in group 1, 4..5 in group 2."""
    group = np.repeat([group for group, _ in sizes], [customers for _, customers in sizes])
    return pd.DataFrame({"customer_id": range(first, first + len(group)), "group": group})


def test_a_group_is_known_by_its_customers_whatever_its_number():
    found = match(grouping((1, 40), (2, 60)), grouping((2, 38), (1, 62)))
    assert found.carried == {1: 2, 2: 1}
    assert found.overlap(1, 2) == 38 / 40 and found.overlap(2, 1) == 60 / 62
    assert found.unchanged == 0.98
    assert (found.split, found.merged, found.new, found.gone, found.by_centres) == ({}, {}, (), (), ())


def test_a_group_that_falls_in_two_keeps_its_name_with_the_larger_part():
    found = match(grouping((1, 100), (2, 50)), grouping((1, 60), (3, 40), (2, 50)))
    assert found.carried == {1: 1, 2: 2}
    assert found.split == {1: (1, 3)}
    assert found.new == ()  # it is a part of the old one, not a group that came from nowhere


def test_two_groups_that_become_one_give_it_the_name_of_the_larger():
    found = match(grouping((1, 70), (2, 30), (3, 50)), grouping((1, 100), (2, 50)))
    assert found.carried == {1: 1, 3: 2}
    assert found.merged == {1: (1, 2)}
    assert found.gone == ()


def test_a_group_of_customers_from_everywhere_is_new_and_one_that_is_scattered_is_gone():
    old = grouping((1, 100), (2, 100), (3, 40))
    # 20 of group 1 and 20 of group 2 make a group of their own; group 3 went half and half to the others.
    new = grouping((1, 80), (4, 20), (2, 80), (4, 20), (1, 20), (2, 20))
    found = match(old, new)
    assert found.carried == {1: 1, 2: 2}
    assert (found.new, found.gone) == ((4,), (3,))


def test_a_crumb_of_a_large_group_is_not_that_group():
    # All of the new group's people come from group 1, but they are a tenth of it; the rest went nowhere.
    found = match(grouping((1, 200)), grouping((1, 20), (0, 180)))
    assert found.carried == {} and found.gone == (1,) and found.new == (1,)


def test_customers_in_one_grouping_only_tell_nothing():
    old = grouping((1, 20), (2, 20))
    new = pd.concat([grouping((2, 20), (1, 20)), grouping((1, 500), first=1000)])
    found = match(old, new)
    assert found.carried == {1: 2, 2: 1} and found.customers == 40 and found.overlap(2, 1) == 1


def test_where_hardly_anybody_is_left_the_place_tells():
    centres = [[0.9, 0.1], [0.2, 0.8]]
    old = grouping((1, 500), (2, 3))  # of last month's newcomers three are left, and they buy often by now
    new = pd.concat([grouping((1, 503)), grouping((2, 90), first=1000)])
    found = match(old, new, pd.DataFrame(centres, index=[1, 2]), pd.DataFrame(centres, index=[1, 2]))
    assert found.carried == {1: 1, 2: 2} and found.by_centres == (2,)
    # A group that lies elsewhere is another group.
    elsewhere = pd.DataFrame([[0.9, 0.1], [0.9, 0.9]], index=[1, 2])
    found = match(old, new, pd.DataFrame(centres, index=[1, 2]), elsewhere)
    assert found.carried == {1: 1} and found.new == (2,)
    # Nobody left at all: only the centre knows of it.
    found = match(grouping((1, 500)), new, pd.DataFrame(centres, index=[1, 2]), pd.DataFrame(centres, index=[1, 2]))
    assert found.carried == {1: 1, 2: 2} and found.by_centres == (2,)


def test_matching_is_one_to_one_and_as_good_as_can_be_on_the_whole():
    # The best pair first, 1 → 1 with 60 in common, would leave 2 with nothing; together 1 → 2 and 2 → 1 is more.
    found = match(grouping((1, 100), (2, 40)), grouping((1, 60), (2, 40), (1, 40)))
    assert found.overlap(1, 1) > max(found.overlap(1, 2), found.overlap(2, 1))
    assert found.carried == {1: 2, 2: 1}


def test_the_kept_groups_are_a_start_and_stay_where_a_fresh_one_is_no_better():
    random = np.random.default_rng(0)
    matrix = np.concatenate([random.normal(place, 0.3, (50, 2)) for place in (0, 3, 6)]).astype(np.float32)
    truth = np.repeat([0, 1, 2], 50)
    fresh = Fitted(truth[::-1].copy(), {"kind": "centres", "centres": [[6, 6], [3, 3], [0, 0]]})
    stays = from_kept(fresh, truth + 1, matrix, seed=0)
    assert (stays.labels == truth).all()  # numbered as the kept ones
    poor = np.where(np.arange(150) < 5, 1, np.where(np.arange(150) < 10, 2, 3))  # a start that ends in a bad place
    taken = from_kept(fresh, poor, matrix, seed=0)
    assert (taken.labels == fresh.labels).all()
    assert from_kept(fresh, np.minimum(truth, 1) + 1, matrix, seed=0) is fresh  # one group has nobody left


def test_another_number_of_groups_must_be_really_better():
    by_k = pd.DataFrame({"k": [2, 3, 4], "silhouette": [0.50, 0.52, 0.40]})
    assert kept_or_proposed(by_k, proposed=3, kept=2) == 2
    assert kept_or_proposed(by_k.assign(silhouette=[0.40, 0.52, 0.40]), proposed=3, kept=2) == 3
    assert kept_or_proposed(by_k, proposed=3, kept=9) == 3
