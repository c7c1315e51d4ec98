"""What benchmarks measure alike: medians of two ways taken in turn, and the memory a job needs."""
import gc
import json
import math
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from crm_core.errors import CrmError
from crm_core.sentences import error_sentence


def reset_peak() -> None:
    """Let the highest memory be counted anew from here, where the system can (Linux)."""
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak_mb() -> float:
    """The highest resident memory of this process since reset_peak(), or since its start."""
    try:
        with open("/proc/self/status") as file:
            kilobytes = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return round(kilobytes / 1024, 1)


def taken_in_turn(ours: Callable[[int], object], raw: Callable[[int], object], rounds: int) -> dict[str, float]:
    """Medians of `rounds` turns of both after one that does not count; each is given the number of the turn.

    In turn, so that whatever else the machine does falls on both.
    """
    ours(0)
    raw(0)
    seconds: dict[str, list[float]] = {"seconds": [], "raw_seconds": []}
    reset_peak()
    for turn in range(1, rounds + 1):
        for name, way in (("seconds", ours), ("raw_seconds", raw)):
            started = perf_counter()
            way(turn)
            seconds[name].append(perf_counter() - started)
    return with_ratio({name: statistics.median(values) for name, values in seconds.items()})


def with_ratio(measured: dict[str, float]) -> dict[str, float]:
    return {"seconds": round(measured["seconds"], 5), "raw_seconds": round(measured["raw_seconds"], 5),
            "ratio": round(measured["seconds"] / measured["raw_seconds"], 3), "peak_mb": peak_mb()}


def told(measure: Callable[[], dict], path: str) -> int:
    """The door of a benchmark on a file: its answer as the last line, or one sentence on a file that cannot be used.

    The exit code: 0, or 2 where nothing was measured.
    """
    try:
        answer = measure()
    except CrmError as error:
        print(error_sentence("en", error), file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(f"{Path(path).name} cannot be used: {error}.", file=sys.stderr)
        return 2
    last_line(answer)
    return 0


def last_line(answer: dict) -> None:
    """The one JSON object that readers of a benchmark take: what is no number is null, of which JSON knows."""
    print(json.dumps(_finite(answer), ensure_ascii=False, allow_nan=False), flush=True)


def _finite(value):
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
