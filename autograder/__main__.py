import sys

from autograder.cli import main

if __name__ == "__main__":  # a pool's processes import this file too
    sys.exit(main())
