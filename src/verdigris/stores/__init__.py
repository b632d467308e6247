"""Ports (`base`) and their adapters. Foreign errors are mapped here and nowhere further in."""
