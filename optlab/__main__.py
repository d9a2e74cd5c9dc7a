"""``python -m optlab`` is the command ``optlab``."""

from optlab.cli import main

if __name__ == "__main__":
    main()
