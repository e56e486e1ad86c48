# Every target does its own set-up. Where there is no make: python3 bootstrap.py demo
PYTHON ?= python3

.PHONY: help setup demo test lab slides lint lock doctor clean
help:
	@$(PYTHON) bootstrap.py help

setup demo test lab slides lint lock doctor clean:
	@$(PYTHON) bootstrap.py $@ $(ARGS)
