"""Ports (`base`) and their adapters: what touches tables, streams, indexes and pointers. Foreign errors are mapped here."""
