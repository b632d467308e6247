"""Migrations read for what goes wrong later: each finding with its code, place, reason, and how to mend it."""

from __future__ import annotations

from verdigris.migrations.lint.form import TableNeeds
from verdigris.migrations.lint.linter import Finding, lint
from verdigris.migrations.lint.rules import RULES, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "TableNeeds", "lint"]
