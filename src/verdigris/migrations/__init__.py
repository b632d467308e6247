"""Migration files: found, summed up and compared with what is recorded without running any of them, then loaded."""
