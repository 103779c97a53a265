"""`python3 -m harness.suite`: what `scripts/test` runs."""

import sys

from .suite import main

sys.exit(main(sys.argv[1:]))
