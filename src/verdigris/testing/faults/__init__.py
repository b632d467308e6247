"""The parts of the fault proxy (`verdigris.testing.fault_proxy`)."""
