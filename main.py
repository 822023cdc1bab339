"""Flowscope: without a verb it opens the workbench, with one it works headless."""

import sys

if __name__ == "__main__":
    from workbench.commands import main

    sys.exit(main(sys.argv[1:]))
