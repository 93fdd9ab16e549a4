"""Run `python -m sop_xl` as the command `sop-xl`."""

import sys

from sop_xl.cli import main

if __name__ == "__main__":
    sys.exit(main())
