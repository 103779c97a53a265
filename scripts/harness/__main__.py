"""`python3 -m harness`: what scripts/local-cluster runs."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
