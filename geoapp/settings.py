"""Every setting the service knows, read once from the environment and checked at boot."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

PREFIX = "GEOAPP_"
BASEMAPS = ("none", "tianditu")


class SettingsError(ValueError):
    """A setting is missing, misspelt or out of range; the text says which and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running service.

    Attributes carry the lower-case name of their variable: ``town`` is ``GEOAPP_TOWN``.
    """

    town: str = "361027100"
    database_url: str | None = field(default=None, repr=False)
    read_database_url: str | None = field(default=None, repr=False)
    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    secret_key: str | None = field(default=None, repr=False)
    tianditu_token: str | None = field(default=None, repr=False)
    basemap: str = "none"
    public_view: bool = False
    workers: int = 2
    seed: str = "demo"

    @property
    def schema(self) -> str:
        """The database schema of this town."""
        return f"town_{self.town}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``GEOAPP_*``; raises SettingsError for an unknown name or a value out of range."""
        environ = os.environ if environ is None else environ
        known = {PREFIX + f.name.upper(): f.name for f in fields(cls)}
        given = {name: text.strip() for name, text in environ.items() if name.startswith(PREFIX) and text.strip()}
        for name in given:
            if name not in known:
                raise SettingsError(_unknown(name, known))
        values: dict[str, object] = {known[name]: _parse(known[name], text, name) for name, text in given.items()}
        values["home"] = Path(str(values.get("home", "var"))).expanduser().resolve()
        if "basemap" not in values and values.get("tianditu_token"):
            values["basemap"] = "tianditu"
        settings = cls(**values)  # type: ignore[arg-type]
        if settings.basemap == "tianditu" and not settings.tianditu_token:
            raise SettingsError(
                "GEOAPP_BASEMAP=tianditu 需要 GEOAPP_TIANDITU_TOKEN；GEOAPP_BASEMAP=tianditu needs GEOAPP_TIANDITU_TOKEN"
            )
        return settings


def _unknown(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return f"未知设置 {name}，最接近的是 {near}；unknown setting {name}, the nearest known name is {near}"


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text}：应为 {low}–{high} 的整数；expected a whole number {low}–{high}")
    return int(text)


def _choice(text: str, name: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise SettingsError(f"{name}={text}：可选 {'|'.join(allowed)}；expected one of {'|'.join(allowed)}")
    return text


def _parse(field_name: str, text: str, name: str) -> object:
    match field_name:
        case "port":
            return _whole(text, name, 1, 65535)
        case "workers":
            return _whole(text, name, 1, 64)
        case "public_view":
            return _choice(text.lower(), name, ("0", "1", "off", "on", "false", "true")) in ("1", "on", "true")
        case "seed":
            return _choice(text, name, ("demo", "none"))
        case "town":
            if not text.isascii() or not text.isdigit() or len(text) != 9:
                raise SettingsError(f"{name}={text}：应为 9 位区划代码；expected a 9-digit division code")
            return text
        case "basemap":
            if text in BASEMAPS or (text.startswith("xyz:http") and all(p in text for p in ("{x}", "{y}", "{z}"))):
                return text
            raise SettingsError(f"{name}={text}：none|tianditu|xyz:https://…/{{z}}/{{x}}/{{y}}")
        case _:
            return text
