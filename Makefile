# The two commands of a checkout. Both install what is missing, say so, and are quick when nothing changed.

.PHONY: help run test fmt

help:
	@echo 'make run    build Asterism and start a server at http://127.0.0.1:8480'
	@echo 'make test   everything a change must pass before it lands'
	@echo 'make fmt    format the code'

run:
	@scripts/run.sh

test:
	@scripts/test.sh

fmt:
	@cargo fmt --all
