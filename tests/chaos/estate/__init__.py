"""A small estate to break: its data in two shapes, its migrations, its application, and a writer with a ledger."""
