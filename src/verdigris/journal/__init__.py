"""The deploy table, which remembers: flags, the lease, the journal, checkpoints, applied migrations."""
