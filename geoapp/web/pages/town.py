"""Pages about the service itself: where its data come from, and how to use it."""

from __future__ import annotations

from flask import render_template

from geoapp.queries.reader import Right
from geoapp.services import sources
from geoapp.web.access import access
from geoapp.web.i18n import gettext


@access(Right.VIEW)
def sources_page() -> str:
    """Every data source with origin and licence, and what in it is invented."""
    return render_template("sources.html", title=gettext("数据来源"), sources=sources.declared())


@access(Right.VIEW)
def help_page() -> str:
    """Keys, and three walks through the service."""
    return render_template("help.html", title=gettext("帮助"))
