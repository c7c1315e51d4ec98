"""From pairs to clusters: whole groups are weighed against each other, so that one weak bridge joins nothing.

    a — b — c — d, each link just sure, a and d surely different  →  {a, b}, {c, d}

Groups are joined as long as the mean of all weights between them, those of pairs below the threshold too, speaks for it
(average linkage of log odds). A pair below the threshold can so be held by partners that both have in common, and a
pair above it can be cut where the rest contradicts.
"""

import heapq

import numpy as np

STRONGEST = 12.0  # bits: beyond this a single pair says no more than another
# A record with many slips looks unlike its fellows without being somebody else: what speaks against counts less.
MOST_AGAINST = -3.0
MOST_LINKS = 200_000  # pairs of records held together that are weighed against each other: some ten seconds


def components(a: np.ndarray, b: np.ndarray, nodes: int) -> np.ndarray:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1]


def parted(a: np.ndarray, b: np.ndarray, over: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """(component of each node, its crowd or −1): what sure pairs hold together.

    Where that are too many to be weighed only surer and surer links hold, up to the surest that count.
    """
    sure = over >= 0
    of = components(a[sure], b[sure], nodes)
    crowd = np.full(nodes, -1)
    for bar in np.arange(1.0, STRONGEST + 0.5):
        links = np.bincount(of[a[of[a] == of[b]]], minlength=of.max(initial=-1) + 1)
        large = links > MOST_LINKS
        if not large.any():
            break
        new = (crowd < 0) & large[of]
        crowd[new] = of[new] + crowd.max(initial=-1) + 1
        sure &= ~large[of[a]] | (over >= bar)
        of = components(a[sure], b[sure], nodes)
    return of, crowd


def close(
    a: np.ndarray,
    b: np.ndarray,
    over: np.ndarray,
    nodes: int,
    unknown: float = MOST_AGAINST,
    crowds: list[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(cluster of each node, weight over the threshold of each pair after closing).

    a, b: nodes 0 … nodes − 1 of each weighed pair; over: its weight less the threshold's, in bits; `unknown`: what a
    pair that was never looked at counts. Crowds with too many pairs are not weighed but parted where their links are
    weakest, and their sizes put into `crowds`.
    """
    of, crowded = parted(a, b, over, nodes)
    if crowds is not None:
        crowds.extend(np.bincount(crowded[crowded >= 0]).tolist())
    inside = of[a] == of[b]
    sure = (over >= 0) & inside
    sizes = np.bincount(of, minlength=of.max(initial=-1) + 1)
    # Where every pair of a component was weighed and is sure there is nothing to decide.
    good = np.bincount(of[a[sure]], minlength=len(sizes))
    after = over.astype(float).copy()
    after[~inside] = np.minimum(after[~inside], -1e-6)
    cluster = of.copy()
    links = np.bincount(of[a[inside]], minlength=len(sizes))
    open_ones = np.flatnonzero((sizes > 2) & (good < sizes * (sizes - 1) // 2) & (links <= MOST_LINKS))
    if not len(open_ones):
        return cluster, after
    undecided = np.zeros(len(sizes), bool)
    undecided[open_ones] = True
    members = np.flatnonzero(undecided[of])
    pairs = np.flatnonzero(inside & undecided[of[a]])
    members = members[np.argsort(of[members], kind="stable")]
    pairs = pairs[np.argsort(of[a[pairs]], kind="stable")]
    member_ends = np.searchsorted(of[members], open_ones, side="right")
    pair_ends = np.searchsorted(of[a[pairs]], open_ones, side="right")
    next_cluster = len(sizes)
    first_member = first_pair = 0
    for member_end, pair_end in zip(member_ends, pair_ends, strict=True):
        some, few = members[first_member:member_end], pairs[first_pair:pair_end]
        first_member, first_pair = member_end, pair_end
        place = {node: number for number, node in enumerate(some.tolist())}
        left = np.array([place[node] for node in a[few].tolist()])
        right = np.array([place[node] for node in b[few].tolist()])
        group, held = average_linkage(left, right, np.clip(over[few], MOST_AGAINST, STRONGEST), len(some), unknown)
        cluster[some] = next_cluster + group
        next_cluster += len(some)
        together = group[left] == group[right]
        after[few] = np.where(
            together, np.maximum(over[few], held(left, right)), np.minimum(over[few], held(left, right))
        )
    return cluster, after


def average_linkage(a: np.ndarray, b: np.ndarray, weight: np.ndarray, nodes: int, unknown: float):
    """Groups joined while their mean weight is not below zero; a function: at which mean a pair was joined or cut."""
    links: list[dict[int, tuple[float, int]]] = [{} for _ in range(nodes)]  # other group → (sum, pairs weighed)
    for left, right, bits in zip(a.tolist(), b.tolist(), weight.tolist(), strict=True):
        links[left][right] = links[right][left] = (bits, 1)
    sizes = [1] * nodes
    members = [[node] for node in range(nodes)]
    version = [0] * nodes

    def mean(one: int, other: int) -> float:
        total, known = links[one][other]
        every = sizes[one] * sizes[other]
        return (total + (every - known) * unknown) / every

    queue = [
        (-mean(left, right), left, right, 0, 0)
        for left in range(nodes)
        for right in links[left]
        if left < right and links[left][right][0] >= 0
    ]
    heapq.heapify(queue)
    alive = [True] * nodes
    parent, step = list(range(nodes)), [nodes + 1] * nodes  # what a group was joined to, and as the how manieth
    heights: list[float] = []
    while queue:
        least, left, right, version_left, version_right = heapq.heappop(queue)
        if not (alive[left] and alive[right]) or (version[left], version[right]) != (version_left, version_right):
            continue
        if -least < 0:
            break
        step[right] = len(heights)
        heights.append(-least)
        for other, (total, known) in links[right].items():
            if other != left:
                before, count = links[left].get(other, (0.0, 0))
                links[left][other] = links[other][left] = (before + total, count + known)
            links[other].pop(right, None)
        links[left].pop(right, None)
        alive[right] = False
        parent[right] = left
        sizes[left] += sizes[right]
        members[left] += members[right]
        version[left] += 1
        for other in links[left]:
            value = mean(left, other)
            if value >= 0:
                first, second = min(left, other), max(left, other)
                heapq.heappush(queue, (-value, first, second, version[first], version[second]))
    group = np.zeros(nodes, int)
    for root in range(nodes):
        if alive[root]:
            group[members[root]] = root

    def held(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        answers = np.empty(len(left))
        for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
            first, second = group[one], group[other]
            if first == second:
                while one != other:  # up to where both were joined
                    lower = one if step[one] < step[other] else other
                    answers[place] = heights[step[lower]]
                    one, other = (parent[one], other) if lower == one else (one, parent[other])
            else:
                answers[place] = min(mean(first, second), -1e-6)
        return answers

    return group, held
