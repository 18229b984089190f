"""How people write in a list that a day is worked or off."""

from __future__ import annotations

WORDS = {"班": True, "上班": True, "work": True, "1": True, "休": False, "放假": False, "off": False, "0": False}
