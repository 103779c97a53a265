"""`local-cluster chaos`: a random schedule of faults, and its judgement."""
