"""`python3 -m harness`: what scripts/local-cluster runs."""

import signal
import sys

# Until `Interrupts` handles them there is nothing to end, and a traceback would only hide that.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from .command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
