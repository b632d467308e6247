"""The court: the example application, its traffic generator, its ledger and the verdict over a deployment."""
