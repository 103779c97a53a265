"""`scripts/test`: the steps, the build, what is missing, and what the terminal shows."""
