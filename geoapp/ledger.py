"""What the database itself promises for every layer: a lawful outline, and no change without a ledger entry.

The plans of a trigger are kept for the session: one made for a single row would join ten thousand by nested loops, so these
are switched off inside. The DDL is derived from the layer declarations and laid again after every migration, so a new column or layer is in the
ledger without a line of its own. All statements run as the owner role inside the town's schema (search_path).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from geoapp.layer import Layer
from geoapp.towns import Bbox

APP_ROLE = "geoapp_app"

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON change
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE OR REPLACE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON operation
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE OR REPLACE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE OR REPLACE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON remark
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""

APPEND = """
CREATE OR REPLACE FUNCTION {table}_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT SET enable_nestloop = off AS $$
DECLARE
  op record;
  rev bigint;
  delta bigint := 0;
  entries int;
  body bytea;
BEGIN
  SELECT * INTO op FROM operation WHERE id = nullif(current_setting('geoapp.operation', true), '')::bigint
    AND txid = pg_current_xact_id()::text::bigint;
  IF op.id IS NULL THEN
    RAISE EXCEPTION 'a change of {table} needs an operation of the same transaction'
      USING ERRCODE = 'insufficient_privilege', HINT = 'write through geoapp.services.write';
  END IF;
  IF TG_OP = 'INSERT' THEN SELECT count(*) INTO delta FROM n; END IF;
  IF TG_OP = 'DELETE' THEN SELECT -count(*) INTO delta FROM o; END IF;
  UPDATE layer_revision SET revision = revision + 1, n = layer_revision.n + delta WHERE layer = '{layer}'
    RETURNING revision INTO rev;
  IF TG_OP = 'INSERT' THEN
    WITH made AS (INSERT INTO change ({into})
    SELECT op.id, '{layer}', n.id, n.version, n.version, rev, 'create', op."by", op.at, {effective}, op.note,
           n.status, {row_n}, n.geom
    FROM n ORDER BY n.id {sealed}
  ELSIF TG_OP = 'UPDATE' THEN
    IF EXISTS (SELECT FROM n JOIN o USING (id) WHERE n.version <> o.version + 1) THEN
      RAISE EXCEPTION 'a change of {table} raises the version by one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    WITH made AS (INSERT INTO change ({into})
    SELECT op.id, '{layer}', n.id, n.version,
           CASE WHEN moved THEN n.version ELSE
             (SELECT c.geom_version FROM change c WHERE c.layer = '{layer}' AND c.feature_id = n.id AND c.version = o.version) END,
           rev, 'update', op."by", op.at, {effective}, op.note, n.status, {row_n}, CASE WHEN moved THEN n.geom END
    FROM n JOIN o USING (id) CROSS JOIN LATERAL (SELECT n.geom::bytea <> o.geom::bytea AS moved) m ORDER BY n.id {sealed}
  ELSE
    WITH made AS (INSERT INTO change ({into})
    SELECT op.id, '{layer}', o.id, o.version + 1,
           (SELECT c.geom_version FROM change c WHERE c.layer = '{layer}' AND c.feature_id = o.id AND c.version = o.version),
           rev, 'delete', op."by", op.at, {effective}, op.note, o.status, {row_o}, NULL
    FROM o ORDER BY o.id {sealed}
  END IF;
  INSERT INTO seal (layer, revision, operation_id, n, digest) VALUES ('{layer}', rev, op.id, entries, ledger_digest(
    (SELECT digest FROM seal s WHERE s.layer = '{layer}' ORDER BY s.revision DESC LIMIT 1),
    (SELECT ledger_head(x) FROM operation x WHERE x.id = op.id), body));
  PERFORM pg_notify('geoapp_' || current_schema(), '{layer}:' || rev);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER ledger_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS n
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_ledger();
CREATE OR REPLACE TRIGGER ledger_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS o NEW TABLE AS n
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_ledger();
CREATE OR REPLACE TRIGGER ledger_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS o
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_ledger();
CREATE OR REPLACE TRIGGER ledger_refuse BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""


INTO = """operation_id, layer, feature_id, version, geom_version, revision, kind, "by", at, effective_on, note,
                        status, properties, geom"""
SEALED = """RETURNING id, ledger_line(change) AS line)
    SELECT count(*), sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY id), ''), 'UTF8')) INTO entries, body FROM made;"""


def lay(connection: Connection, layers: Iterable[Layer], extent: Bbox) -> None:
    """Create or renew triggers, outline and code constraints and grants for every layer; idempotent."""
    _run(connection, APPEND_ONLY)
    for layer in layers:
        _run(connection, append_sql(layer))
        for name, check in constraints(layer, extent).items():
            _constrain(connection, layer, name, check)
        connection.execute(
            text("INSERT INTO layer_revision (layer) VALUES (:layer) ON CONFLICT DO NOTHING"), {"layer": layer.id}
        )
    grant(connection)


def append_sql(layer: Layer) -> str:
    """DDL of the ledger triggers of one layer."""
    kept = [name for name in layer.columns_by_name if name != "id"]
    return APPEND.format(
        table=layer.table.name,
        layer=layer.id,
        into=INTO,
        sealed=SEALED,
        row_n=_row("n", kept),
        row_o=_row("o", kept),
        effective="coalesce(op.effective_on, (op.at AT TIME ZONE 'Asia/Shanghai')::date)",
    )


def _row(alias: str, names: Iterable[str]) -> str:
    fields = ", ".join(f'{alias}."{name}"' for name in names)
    return f"to_jsonb((SELECT r FROM (SELECT {fields}) r))"


def constraints(layer: Layer, extent: Bbox) -> dict[str, str]:
    """CHECK constraints that make a wrong row impossible: PostGIS itself takes NaN, infinity and empty outlines."""
    west, south, east, north = extent.as_list()
    outline = [
        "ST_IsValid(geom)",
        "NOT ST_IsEmpty(geom)",
        f"geom @ ST_MakeEnvelope({west}, {south}, {east}, {north}, ST_SRID(geom))",
    ]
    if "POLYGON" in layer.geometry_type:
        outline.append("ST_Area(geom) > 0")
    table = layer.table.name
    found = {f"ck_{table}_geom": " AND ".join(outline), f"ck_{table}_status": _one_of("status", layer.status_by_code)}
    for name, column in layer.columns_by_name.items():
        if "choices" in column.info:
            found[f"ck_{table}_{name}"] = _one_of(name, column.info["choices"])
    return found


def _one_of(name: str, codes: Iterable[str]) -> str:
    return f'"{name}" IN (' + ", ".join("'" + code.replace("'", "''") + "'" for code in codes) + ")"


def _constrain(connection: Connection, layer: Layer, name: str, check: str) -> None:
    """Lay a constraint unless the same text lies already (kept in its comment, as PostgreSQL rewrites expressions)."""
    table = layer.table.name
    present = connection.execute(
        text(
            "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:t)"
        ),
        {"name": name, "t": table},
    ).scalar()
    if present == check:
        return
    _run(connection, f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
    _run(connection, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" CHECK ({check})')
    quoted = check.replace("'", "''")
    _run(connection, f"COMMENT ON CONSTRAINT \"{name}\" ON {table} IS '{quoted}'")


def grant(connection: Connection) -> None:
    """The application role reads and writes rows; the ledger it may only read, and an operation's time it cannot set."""
    schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    _run(
        connection,
        f"""
        GRANT USAGE ON SCHEMA {schema} TO {APP_ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {APP_ROLE};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {APP_ROLE};
        REVOKE INSERT, UPDATE, DELETE ON change, operation, seal FROM {APP_ROLE};
        REVOKE UPDATE, DELETE ON rate_book, reckoned, payment, remark, report FROM {APP_ROLE};
        REVOKE UPDATE, DELETE ON attachment FROM {APP_ROLE};
        GRANT UPDATE (caption, removed_by, removed_at) ON attachment TO {APP_ROLE};
        REVOKE UPDATE, DELETE ON tip FROM {APP_ROLE};
        GRANT UPDATE (state, decided_by, decided_at, reason, feature_id) ON tip TO {APP_ROLE};
        REVOKE INSERT, DELETE ON layer_revision FROM {APP_ROLE};
        GRANT INSERT (kind, layer, by, effective_on, note, undo_of) ON operation TO {APP_ROLE};
        REVOKE ALL ON alembic_version FROM {APP_ROLE};
        GRANT SELECT ON alembic_version TO {APP_ROLE};
        """,
    )


def _run(connection: Connection, sql: str) -> None:
    """Execute DDL verbatim: no parameters, so ``%`` and ``:`` mean themselves."""
    connection.exec_driver_sql(sql.replace("%", "%%"))
