"""Alembic environment. ``config.attributes`` carry the open connection, the scope and the town's schema."""

from __future__ import annotations

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers

from geoapp.migrations.runner import TARGETS

attributes = context.config.attributes


def include_object(obj: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Never propose dropping a table: removing a layer file must not drop the town's data."""
    if kind == "table" and reflected and compare_to is None:
        return False
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, compare_to))


def main() -> None:
    metadata = TARGETS[attributes["scope"]]()
    if not metadata.tables:
        raise RuntimeError("no tables are declared: refusing to compare or migrate")
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table="alembic_version",
        version_table_schema=attributes["schema"],
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


main()
