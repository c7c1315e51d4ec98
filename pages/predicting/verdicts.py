"""What the figures mean, in sentences: each with the sign that says how good it is."""

from pages.predicting import wording
from ui import language, plain, say, words

GOOD, FAIR, BAD = ":green[:material/check_circle:]", ":orange[:material/info:]", ":red[:material/error:]"
OF_SORTING = {"better": GOOD, "ordered": GOOD, "is_rule": FAIR, "alike": FAIR, "worse": BAD, "no_order": BAD}
MOST_PARTS = 4


def sorting(found, kind: str) -> str:
    """How well it sorts: of so many likeliest so many did it, and whether that is more than the plain rule."""
    top, area, against = found.top, found.area, found.against_rule
    did = plain(f"trust.did.{kind}")
    sentences = [say(f"trust.sorting.{found.sorting}")]
    facts = {"count": top.count, "found": round(top.found), "at_random": round(top.at_random), "did": did}
    if top.by_rule is None or against is None:
        sentences.append(say("trust.top", **facts))
    else:
        sentences.append(say("trust.top_and_rule", **facts, by_rule=round(top.by_rule)))
    sentences.append(say("trust.auc", auc=f"{area.auc:.3f}", low=f"{area.low:.3f}", high=f"{area.high:.3f}"))
    if against is not None:
        sentences.append(say("trust.auc_difference", difference=f"{against.difference:+.3f}", low=f"{against.low:+.3f}",
                             high=f"{against.high:+.3f}"))
    return _told(OF_SORTING[found.sorting], sentences)


def holds(found) -> str:
    """Whether the chances hold what they say."""
    bins = found.bins
    rows = bins.rows.sum()
    facts = {"error": f"{100 * found.error:.1f}", "said": float((bins.said * bins.rows).sum() / rows),
             "came": float((bins.came * bins.rows).sum() / rows), "gap": f"{abs(100 * found.gap):.1f}"}
    sentences = [say(f"trust.holds.{found.verdict}", **facts)]
    if found.verdict not in ("holds", "few") and found.worst is not None:
        worst = bins.iloc[found.worst]
        sentences.append(say("trust.worst", where=plain(f"trust.where.{found.where}"), said=float(worst.said),
                             came=float(worst.came), points=f"{abs(100 * worst.gap):.0f}",
                             way=plain("trust.way.low" if worst.gap > 0 else "trust.way.high")))
    return _told(GOOD if found.verdict == "holds" else FAIR, sentences)


def earns(found) -> str:
    """What acting on the chances would have earned on the judged customers."""
    acted, everybody, rule = found.acted, found.everybody, found.by_rule
    rows = int(found.curve.contacted.max())
    if found.pays == "nobody":
        return _told(FAIR, [say("trust.earns.nobody", everybody=everybody.profit)])
    facts = {"contacted": acted.contacted, "rows": rows, "profit": acted.profit, "low": acted.low, "high": acted.high}
    sentences = [say(f"trust.earns.{found.pays}", **facts)]
    if found.pays == "some":
        sentences.append(say("trust.earns_else", everybody=everybody.profit))
        if rule is not None and found.more_than_rule is not None:
            more = found.more_than_rule
            sentences.append(say("trust.earns_rule", by_rule=rule.profit, more=more.profit, low=more.low,
                                 high=more.high))
    return _told(GOOD if acted.low > max(0.0, everybody.profit) else FAIR if acted.profit > 0 else BAD, sentences)


def weak(slices) -> str:
    """Where the chances are weak."""
    looked = int(slices.p.notna().sum())
    if not looked:
        return ""
    off, lost = slices[slices.off], slices[slices.no_order]
    if off.empty and lost.empty:
        return _told(GOOD, [say("trust.weak.none", count=looked)])
    sentences = []
    if len(off):
        parts = _listed(plain("trust.weak_part", part=part(row.by, row.label), said=row.said, came=row.base_rate)
                        for row in off.head(MOST_PARTS).itertuples())
        sentences.append(say("trust.weak.off", count=len(off), looked=looked, parts=parts))
    if len(lost):
        parts = _listed(part(row.by, row.label) for row in lost.head(MOST_PARTS).itertuples())
        sentences.append(say("trust.weak.no_order", parts=parts))
    return _told(FAIR, sentences)


def shifted(found) -> str:
    """What has shifted since, and what to do."""
    if found.judged_moved_already:
        return _told(GOOD, [say("trust.shifted.already")])
    if found.level == "same":
        return _told(GOOD, [say("trust.shifted.same")])
    moved = found.features[found.features.level_judged == found.level].feature.head(MOST_PARTS)
    sentences = [say(f"trust.shifted.{found.level}")]
    if len(moved):
        sentences.append(say("trust.shifted_features", features=_listed(map(feature, moved))))
    if found.scores_level == found.level:
        sentences.append(say("trust.shifted_scores", judged=found.mean_judged, today=found.mean_today))
    if found.level == "large":
        sentences.append(say("trust.shifted_do"))
    return _told(BAD if found.level == "large" else FAIR, sentences)


def naming(found) -> str:
    """How often the right class is named."""
    facts = {name: found.measures[name] for name in ("accuracy", "commonest", "top3")}
    sentences = [say("trust.naming.better" if found.beats_commonest else "trust.naming.alike", **facts),
                 say("trust.naming_auc", auc=f"{found.measures['auc']:.3f}")]
    return _told(GOOD if found.beats_commonest else FAIR, sentences)


def amounts(found, mean=None) -> str:
    """Whether amounts are better than the mean (of those learned from, if it is there), and whether their sum holds."""
    facts = {"mae": found.measures["mae"], "by_mean": mean.measures["mae"] if mean else found.by_mean["mae"]}
    order = found.measures["spearman"]
    sentences = [say("trust.amounts.better" if found.beats_mean else "trust.amounts.alike", **facts)]
    if order == order:
        sentences.append(say("trust.amounts_order", spearman=f"{order:.2f}"))
    sum_ = [say(f"trust.amounts.{found.verdict}", came=found.came, predicted=found.predicted)]
    if found.total_low == found.total_low:
        sum_.append(say("trust.amounts_total", low=f"{100 * found.total_low:+.0f}",
                        high=f"{100 * found.total_high:+.0f}"))
    return (_told(GOOD if found.beats_mean else FAIR, sentences) + "\n\n"
            + _told(GOOD if found.verdict == "total_holds" else FAIR, sum_))


def part(by: str, label: str) -> str:
    """A part of the customers: Country: France | Bought once | With us for less than 90 days. Plain text."""
    if by in ("tenure", "times"):
        return plain(f"trust.part.{by}_{label}")
    if words.has(f"trust.part.{by}"):
        return plain(f"trust.part.{by}", label=label)
    said = plain(f"form.{label}") if label in ("yes", "no") else label
    return plain("trust.part.column", column=feature(by), label=said)


def of_slice(row) -> str:
    """What is found in a part: off, no order, nothing, or too few to tell. Plain text."""
    if row.off:
        return plain("trust.slice.too_low" if row.gap > 0 else "trust.slice.too_high")
    if row.no_order:
        return plain("trust.slice.no_order")
    return plain("trust.slice.holds" if row.p == row.p else "trust.slice.few")


def feature(name: str) -> str:
    """What a feature is called, as plain text."""
    return wording.feature(name)


def model(name: str) -> str:
    """What a way of predicting is called, as plain text."""
    return plain(f"model.{name}") if words.has(f"model.{name}") else name


def class_name(name: str) -> str:
    """A class as it is called; those that are no category have words of their own."""
    return wording.kind(name)


def joined(sentences: list[str]) -> str:
    """Sentences after each other: with a blank between them where the language has one."""
    return ("" if language() == "zh" else " ").join(sentences)


def _listed(names) -> str:
    return plain("trust.semicolon").join(names)


def _told(sign: str, sentences: list[str]) -> str:
    return f"{sign} {joined(sentences)}"
