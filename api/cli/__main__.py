"""`python -m api.cli` is `rm-assistant`."""

from api.cli.main import main

main()
