"""`python3 -m harness.suite`: what `scripts/test` runs."""

import signal
import sys

# Until `Interrupts` handles it, Ctrl-C has nothing to end.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from .suite import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
