"""The ledger's chain of digests; photos, scans and remarks of features; days off and rules of the office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = """
CREATE FUNCTION ledger_line(c change) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(c.id, c.operation_id, c.layer, c.feature_id, c.version, c.geom_version, c.revision, c.kind, c."by",
    extract(epoch FROM c.at), c.effective_on, c.note, c.status, c.properties, encode(sha256(c.geom::bytea), 'hex'))::text
$$;
CREATE FUNCTION ledger_head(o operation) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(o.id, o.kind, o.layer, o."by", extract(epoch FROM o.at), o.effective_on, o.note, o.undo_of)::text
$$;
CREATE FUNCTION ledger_digest(previous bytea, head text, body bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(coalesce(previous, '\\x') || sha256(convert_to(coalesce(head, ''), 'UTF8')) || body)
$$;
"""
SEAL_WHAT_IS_THERE = """
DO $$
DECLARE
  r record;
  layer_now text := '';
  last bytea;
BEGIN
  FOR r IN
    SELECT c.layer, c.revision, min(c.operation_id) AS op, count(*) AS n,
           sha256(convert_to(string_agg(ledger_line(c), E'\\n' ORDER BY c.id), 'UTF8')) AS body
    FROM change c GROUP BY c.layer, c.revision ORDER BY c.layer, c.revision
  LOOP
    IF r.layer <> layer_now THEN last := NULL; layer_now := r.layer; END IF;
    SELECT ledger_digest(last, ledger_head(o), r.body) INTO last FROM operation o WHERE o.id = r.op;
    INSERT INTO seal (layer, revision, operation_id, n, digest) VALUES (r.layer, r.revision, r.op, r.n, last);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("layer", "revision", name=op.f("pk_seal")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("caption", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('photo', 'document')", name=op.f("ck_attachment_kind")),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_feature", "attachment", ["layer", "feature_id"], unique=False)
    op.create_table(
        "remark",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index("ix_remark_feature", "remark", ["layer", "feature_id"], unique=False)
    op.create_table(
        "office_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_office_day")),
    )
    op.create_table(
        "office_rule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_office_rule")),
    )
    connection = op.get_bind()
    connection.exec_driver_sql(WORDS)
    connection.exec_driver_sql(SEAL_WHAT_IS_THERE)


def downgrade() -> None:
    for table in ("office_rule", "office_day", "remark", "attachment", "seal"):
        op.drop_table(table)
    for function in ("ledger_digest(bytea, text, bytea)", "ledger_head(operation)", "ledger_line(change)"):
        op.execute(f"DROP FUNCTION {function}")
