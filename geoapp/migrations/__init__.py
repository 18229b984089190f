"""Migrations of the shared schema and of one town's schema, run under an advisory lock."""
