"""Settings fail at the start, with the nearest known name."""

from __future__ import annotations

import pytest

from geoapp.settings import Settings, SettingsError


def test_nothing_set_is_a_working_service():
    found = Settings.from_env({})
    assert (found.town, found.port, found.schema, found.database_url) == ("361027100", 8000, "town_361027100", None)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GEOAPP_PROT", "8000", "GEOAPP_PORT"),
        ("GEOAPP_PORT", "99999", "1–65535"),
        ("GEOAPP_PORT", "eight", "1–65535"),
        ("GEOAPP_TOWN", "xiugu", "9"),
        ("GEOAPP_SEED", "full", "demo|none"),
        ("GEOAPP_BASEMAP", "google", "tianditu"),
        ("GEOAPP_BASEMAP", "tianditu", "GEOAPP_TIANDITU_TOKEN"),
        ("GEOAPP_WORKERS", "0", "1–64"),
    ],
)
def test_a_wrong_setting_stops_the_boot_in_words(name: str, value: str, said: str):
    with pytest.raises(SettingsError, match=said.replace("|", r"\|")):
        Settings.from_env({name: value})


def test_secrets_never_show_in_a_printed_setting():
    shown = repr(Settings.from_env({"GEOAPP_SECRET_KEY": "hush", "GEOAPP_DATABASE_URL": "postgresql://u:pw@h/d"}))
    assert "hush" not in shown and "pw@" not in shown
