# The front door. Each target is a script that can be read, and run with options, on its own.
.DEFAULT_GOAL := help
.PHONY: bench build clean demo format fuzz guest-kernel help install kernel lint test
PREFIX ?= /usr/local

demo: ## from a fresh machine to a container under its own kernel
	@scripts/demo

test: ## build and run every test, and print the totals
	@scripts/test

lint: ## check style, scripts and the size of the guest
	@scripts/lint

format: ## format the Swift sources in place
	@scripts/format

bench: ## measure beside docker, podman, runsc and runc
	@scripts/bench

fuzz: ## feed the decoders hostile input for a short while
	@scripts/fuzz

kernel: ## obtain the guest kernel, or a newer one
	@scripts/guest-kernel --update

guest-kernel: ## build the smaller kernel of our own, which is used from then on
	@scripts/own-kernel

build: ## build apus and apus-guest in release mode
	@scripts/build release

install: ## install what was built below PREFIX
	@scripts/install $(PREFIX)

clean: ## remove everything that was built
	@scripts/clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile
