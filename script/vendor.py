"""Copies the browser files named in geoapp/maps/assets.toml from node_modules to geoapp/static/vendor."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
TARGET = ROOT / "geoapp" / "static" / "vendor"
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=\S+?\.map( \*/)?\s*$")
LINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def main() -> None:
    wanted = tomllib.loads((ROOT / "geoapp" / "maps" / "assets.toml").read_text(encoding="utf-8"))
    draft = TARGET.with_name("vendor.new")
    shutil.rmtree(draft, ignore_errors=True)
    for served, source in wanted["files"].items():
        path = draft / served
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOURCE_MAP.sub(b"\n", (PACKAGES / source).read_bytes()))
    sprite = draft / wanted["icons"]["file"]
    sprite.write_text(_sprite(PACKAGES / wanted["icons"]["source"], wanted["icons"]["names"]), encoding="utf-8")
    shutil.rmtree(TARGET, ignore_errors=True)
    draft.rename(TARGET)


def _sprite(folder: Path, names: list[str]) -> str:
    symbols = []
    for name in names:
        drawing = DRAWING.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
        if drawing is None:
            sys.exit(f"{name}.svg: no drawing found")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {LINE}>{" ".join(drawing[1].split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


if __name__ == "__main__":
    main()
