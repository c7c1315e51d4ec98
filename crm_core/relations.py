"""Who is tied to whom around one customer: a small graph, how many ties each has, and what groups they fall into."""
from dataclasses import dataclass

import pandas as pd

MOST_NODES = 60

# Ties that several customers share through one thing; the column that holds it.
SHARED = {"company": "company", "address": "address", "phone": "phone_key", "shared_household": "household_no"}


@dataclass(frozen=True, eq=False)
class Relations:
    """The graph round a customer. Customers and what they share are its nodes."""

    nodes: pd.DataFrame  # node, id (0: no customer), name, kind ('self', 'customer', one of SHARED), degree, group
    ties: pd.DataFrame  # a (node), b (node), kind: from a to b where the kind has a direction
    hidden: dict[str, int]  # kind → customers tied so who are not shown
    groups: int  # how many groups the others fall into when the customer in the middle is left out


def relations_around(customer: dict, related: pd.DataFrame, kept: pd.DataFrame) -> Relations:
    """The graph of a customer and those tied to them; at most MOST_NODES customers and shared things.

    `customer` has id and name; `related` is queries/related_customers.sql, `kept` queries/relationships_among.sql.
    What two share is a tie between them; what three or more share is a node of its own, so that a company of twenty is
    twenty ties and not 190. `degree` counts the other customers somebody is tied to, directly or through such a node.

        Ada – company Acme – Bo, Cy;  Ada – address – Bo     →  Bo: degree 2 (Ada, Cy), group 1;  groups 1
    """
    # Some of every kind, before many of one; and room for what is shared.
    in_turn = related.assign(turn=related.groupby("kind").cumcount()).sort_values(["turn", "kind"], kind="stable")
    people = in_turn.drop_duplicates("id").head(MOST_NODES - 1 - len(SHARED))
    shown = related[related.id.isin(people.id)]
    me = int(customer["id"])
    called = people.name.fillna(people.customer_no).fillna(people.email).fillna("#" + people.id.astype(str))
    names = {me: customer["name"], **dict(zip(people.id, called, strict=True))}
    ties: list[tuple[str, str, str]] = []
    hubs: dict[str, tuple[str, str]] = {}  # node → (kind, what it is called)
    for kind, rows in shown.groupby("kind", sort=True):
        if kind in SHARED and len(rows) > 1:
            hubs[kind] = (kind, str(rows.what.iloc[0]))
            ties += [(kind, str(row_id), kind) for row_id in (me, *rows.id)]
        else:
            ties += [(str(me), str(row.id), kind) if row.direction != "from" else (str(row.id), str(me), kind)
                     for row in rows.itertuples()]
    ties += _among_the_others(people, shown, kept, me)
    table = pd.DataFrame(list(dict.fromkeys(ties)), columns=["a", "b", "kind"]) if ties else pd.DataFrame(
        columns=["a", "b", "kind"])
    return _counted(me, names, hubs, table, related, shown)


def _among_the_others(people: pd.DataFrame, shown: pd.DataFrame, kept: pd.DataFrame, me: int) -> list[tuple]:
    """Ties between those who are shown beside the customer, as far as no shared node tells them already."""
    ids = set(people.id)
    ties = [(str(row.customer_id), str(row.related_id), row.relation) for row in kept.itertuples()
            if row.customer_id in ids and row.related_id in ids]
    by_no = {no: row_id for row_id, no in zip(people.id, people.customer_no, strict=True) if no}
    ties += [(str(row.id), str(by_no[row.referrer_no]), "referral") for row in people.itertuples()
             if row.referrer_no in by_no and by_no[row.referrer_no] != row.id]
    for kind, column in SHARED.items():
        told = set(shown[shown.kind == kind].id)
        people_left = people[~people.id.isin(told)] if len(told) > 1 else people
        for _, alike in people_left.dropna(subset=[column]).groupby(column, sort=True):
            # A chain says the same as every pair does, with fewer lines.
            ties += [(str(first), str(second), kind) for first, second in zip(alike.id, alike.id[1:], strict=False)]
    return [tie for tie in ties if str(me) not in tie[:2]]


def _counted(me: int, names: dict, hubs: dict, ties: pd.DataFrame, related: pd.DataFrame, shown: pd.DataFrame
             ) -> Relations:
    near: dict[str, set[str]] = {str(node): set() for node in (*names, *hubs)}
    for tie in ties.itertuples():
        near[tie.a].add(tie.b)
        near[tie.b].add(tie.a)
    nodes = []
    groups = _components({node: others - {str(me)} for node, others in near.items() if node != str(me)}, set(hubs))
    for node, others in near.items():
        direct = {other for other in others if other not in hubs}
        reached = direct.union(*(near[hub] for hub in others if hub in hubs)) - {node} - set(hubs)
        kind, name = hubs.get(node, ("self" if node == str(me) else "customer", names.get(_id(node))))
        nodes.append({"node": node, "id": _id(node), "name": name, "kind": kind,
                      "degree": len(reached) if node not in hubs else len(others), "group": groups.get(node, 0)})
    counts = related.groupby("kind").of_kind.max()
    given = shown.groupby("kind").size()
    hidden = {kind: int(count - given.get(kind, 0)) for kind, count in counts.items() if count > given.get(kind, 0)}
    return Relations(nodes=pd.DataFrame(nodes), ties=ties, hidden=hidden, groups=len(set(groups.values())))


def _components(near: dict[str, set[str]], hubs: set[str]) -> dict[str, int]:
    """Node → the number of the connected part it belongs to, the largest first; one without customers is none."""
    left, parts = dict(near), []
    while left:
        start = next(iter(left))
        part, waiting = set(), [start]
        while waiting:
            node = waiting.pop()
            if node in left:
                del left[node]
                part.add(node)
                waiting += near[node]
        if part - hubs:
            parts.append(part)
    parts.sort(key=lambda part: (-len(part - hubs), min(part)))
    return {node: number for number, part in enumerate(parts, start=1) for node in part}


def _id(node: str) -> int:
    return int(node) if node.isdigit() else 0
