"""python -m gws_contract is gws-contract."""

import sys

from gws_contract.cli import main

if __name__ == "__main__":
    sys.exit(main())
