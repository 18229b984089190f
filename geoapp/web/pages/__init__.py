"""Pages for people: overview, tables, cards, sources and help, derived from the layers' declarations."""

from geoapp.web.pages.routes import bp

__all__ = ["bp"]
