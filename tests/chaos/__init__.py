"""Real deploys on real engines, killed and paused at random moments while an application writes: `make chaos`.

rounds    one small environment, from its first deployment to the verdict of its ledger
strikes   what happens to a runner, and when
runners   the command line in processes that start within milliseconds
estate    the application: its data in two shapes, its migrations, its writers, its ledger
tally     what happened, over all rounds
broken    rules of the protocol taken away: the rounds must notice
"""
