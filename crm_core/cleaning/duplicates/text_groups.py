"""One file that names a thing many times: records in groups, chains cut where they are weak.

Records that say the same are one node. Two groups become one while their members are, on average, likely the same
(average linkage on chances): a single pair that looks alike is no bridge between two large groups.
"""

from dataclasses import dataclass

import numpy as np

LARGEST_PIECE = 2_000  # nodes that are grouped at once; more are parted at their weakest links first
LEAST = 0.02  # chances below this make no link
# Answers that weigh as much as all that was known of how two groups meet. One alone may be about a record that lies in
# the wrong group: it must not part, or join, hundreds.
BELIEF = 4.0


@dataclass(frozen=True, eq=False)
class Joined:
    """Pairs of nodes that lie in one piece, with the mean chance at which their groups meet."""

    a: np.ndarray
    b: np.ndarray
    chance: np.ndarray
    parted: int  # pieces that were too large and were parted


def join(nodes: int, a: np.ndarray, b: np.ndarray, chance: np.ndarray, known: dict | None = None) -> Joined:
    """`known`: (a, b) → 1 or 0, what people say of two nodes; it moves the chance at which their groups meet."""
    found_a, found_b, found = [], [], []
    pieces, parted = _pieces(nodes, a, b, chance)
    inside = np.full(nodes, -1)
    which = np.full(nodes, -1)
    for number, piece in enumerate(pieces):
        which[piece] = number
        inside[piece] = np.arange(len(piece))
    same = np.flatnonzero((which[a] >= 0) & (which[a] == which[b]))
    order = same[np.argsort(which[a[same]], kind="stable")]
    starts = np.searchsorted(which[a[order]], np.arange(len(pieces) + 1))
    for number, piece in enumerate(pieces):
        pairs = order[starts[number] : starts[number + 1]]
        matrix = np.zeros((len(piece), len(piece)))
        matrix[inside[a[pairs]], inside[b[pairs]]] = chance[pairs]
        matrix = np.maximum(matrix, matrix.T)
        answers = {
            (inside[one], inside[two]): said
            for (one, two), said in (known or {}).items()
            if which[one] == number == which[two]
        }
        meeting = _meeting(matrix, answers)
        one, two = np.triu_indices(len(piece), 1)
        found_a.append(piece[one])
        found_b.append(piece[two])
        found.append(meeting[one, two])
    if not found:
        return Joined(np.empty(0, int), np.empty(0, int), np.empty(0), parted)
    a, b = np.concatenate(found_a), np.concatenate(found_b)
    return Joined(np.minimum(a, b), np.maximum(a, b), np.concatenate(found), parted)


def _pieces(nodes: int, a, b, chance) -> tuple[list[np.ndarray], int]:
    """Nodes that hang together, at most LARGEST_PIECE at once: where there are more, weaker links are cut first."""
    waiting, done, parted = [(np.arange(nodes), LEAST)], [], 0
    while waiting:
        members, least = waiting.pop()
        here = np.zeros(nodes, bool)
        here[members] = True
        links = (chance >= least) & here[a] & here[b]
        label = components(nodes, a[links], b[links])[members]
        order = np.argsort(label, kind="stable")
        for piece in np.split(members[order], np.flatnonzero(np.diff(label[order])) + 1):
            if len(piece) < 2:
                continue
            if len(piece) <= LARGEST_PIECE:
                done.append(np.sort(piece))
            elif least < 0.9:
                parted += 1
                waiting.append((piece, least + 0.08))
            else:  # even the strongest links hold too many together: taken in the order of the rows
                done += [np.sort(piece)[start : start + LARGEST_PIECE] for start in range(0, len(piece), LARGEST_PIECE)]
    return done, parted


def components(nodes: int, a, b) -> np.ndarray:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    return connected_components(csr_matrix((np.ones(len(a)), (a, b)), (nodes, nodes)), directed=False)[1]


def _meeting(matrix: np.ndarray, answers: dict) -> np.ndarray:
    """The mean chance of the groups in which two nodes come together, for each two nodes."""
    from scipy.cluster.hierarchy import cophenet, linkage
    from scipy.spatial.distance import squareform

    def tree_of(matrix):
        distance = 1 - matrix
        np.fill_diagonal(distance, 0)
        return linkage(squareform(distance, checks=False), "average")

    tree = tree_of(matrix)
    if answers:
        tree = tree_of(_with_answers(matrix, tree, answers))
    return 1 - squareform(cophenet(tree))


def _with_answers(matrix: np.ndarray, tree: np.ndarray, answers: dict) -> np.ndarray:
    """Chances moved where people were asked: an answer about two records is one about the groups that meet in them."""
    corrected = matrix.copy()
    members = {place: np.array([place]) for place in range(len(matrix))}
    for step, (left, right, apart, _) in enumerate(tree):
        one, two = members.pop(int(left)), members.pop(int(right))
        members[len(matrix) + step] = np.concatenate([one, two])
        sides = {**dict.fromkeys(one.tolist(), 0), **dict.fromkeys(two.tolist(), 1)}
        said = [same for (x, y), same in answers.items() if x in sides and y in sides and sides[x] != sides[y]]
        if said:
            believed = ((1 - apart) * BELIEF + sum(said)) / (BELIEF + len(said))
            block = np.clip(corrected[np.ix_(one, two)] + believed - (1 - apart), 0, 1)
            corrected[np.ix_(one, two)] = block
            corrected[np.ix_(two, one)] = block.T
    return corrected
