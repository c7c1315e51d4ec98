"""How well texts are read: python benchmarks/text.py sentiment|classes|topics|… FILE.csv [--peers]

FILE.csv is any file with a column `text`, and `label`, `split` or `reference` where the job needs them; a column of
another name is named with --map COLUMN=text. Each job lives in benchmarks/text_<job>.py and runs the functions that the
page runs, with the product's defaults. Prints one JSON object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import told

JOBS = ("sentiment", "classes", "topics", "keywords", "summary", "language")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    jobs = parser.add_subparsers(dest="job", required=True)
    for name in JOBS:
        job = jobs.add_parser(name)
        job.add_argument("file")
        job.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING",
                         help="text, label, split or reference")
        job.add_argument("--peers", action="store_true", help="others as they come, in the same run")
        job.add_argument("--seed", type=int, default=0)
        import_module(f"benchmarks.text_{name}").add_arguments(job)
    chosen = parser.parse_args(arguments)
    return told(lambda: import_module(f"benchmarks.text_{chosen.job}").run(chosen), chosen.file)


if __name__ == "__main__":
    sys.exit(main())
