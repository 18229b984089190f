"""``script/bench [NAME …]``: serving, exporting, writing, together, painting, interactions."""

from __future__ import annotations

import importlib
import sys

from bench.common import Table

NAMES = ("serving", "exporting", "writing", "together", "painting", "interactions")


def main() -> None:
    """Run the named benchmarks, all without a name; the ratios come last."""
    wanted = sys.argv[1:] or NAMES
    unknown = [n for n in wanted if n not in NAMES]
    if unknown:
        raise SystemExit(f"unknown benchmark {unknown[0]}; there are: {', '.join(NAMES)}")
    table = Table()
    for name in wanted:
        print(name, flush=True)
        importlib.import_module(f"bench.{name}").run(table)
    table.show()


if __name__ == "__main__":
    main()
