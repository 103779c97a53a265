"""One run: the session around it, its stage and options, interruptions, limits and verdicts."""
