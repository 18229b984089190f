"""Introduces the engine to the town's layers: the only runtime file that imports both."""

import layers
from geoapp import create_app
from geoapp.registry import load_layers
from geoapp.settings import Settings

app = create_app(Settings.from_env(), load_layers(layers))
