# Development commands; `make help` lists them.

FUZZTIME ?= 20s
STORM ?= 10m
DIST ?= dist

# For `make api`: a folder with a Makefile of its own, whose target api it runs with our tools.
EXAMPLE ?= examples/fastapi

# For `make dist`: a list such as linux/amd64,darwin/arm64, or host; all if it is empty.
PLATFORMS ?=

# Every Go module that is linted as it stands; tests/conformance/, tests/packaging/
# and tests/e2e/server/ hold modules that their tests complete, and check.
GO_MODULES := . ./broker ./fixtures/unions/go ./fixtures/decoding/go ./fixtures/models/clients/go ./fixtures/validation/suite ./tests/e2e/go ./bench/clients/go ./examples/call ./examples/overdue
# Packages with goroutines of their own, tested once more with the race
# detector where there is the C compiler it needs.
RACE_PACKAGES := ./gen/golang/runtime
RACE_FLAG := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

TOOLS := $(CURDIR)/.tools
PYTHONS := py310 py313
RUFF_CONFIG := --config tools/ruff.toml
PYTHON_TESTS := gen/python/runtime server/tests
PYTEST := -B -m pytest -c tools/pytest.ini --rootdir .
TSC := node $(TOOLS)/node/node_modules/typescript/bin/tsc
TSC7 := node $(TOOLS)/node/node_modules/typescript7/bin/tsc
PRETTIER := node $(TOOLS)/node/node_modules/prettier/bin/prettier.cjs --log-level=warn \
	--no-error-on-unmatched-pattern
PRETTIER_FILES := "{bench,fixtures,gen,tests,tools}/**/*.{ts,tsx,mts,js,mjs}" "{tests/packaging,tools}/**/*.json"
GO_FILES = $$(find . -name '*.go' -not -path './.*' -not -path './node_modules/*')

# What takes longest begins first, and one more at a time than there are cores: some mostly wait.
LONG_TESTS = ./tests/packaging ./fixtures ./tests/conformance
GO_TESTS_AT_ONCE = $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))

.DEFAULT_GOAL := help
.PHONY: help tools programs dist test test-go test-python test-py310 test-py313 test-django test-fastapi \
	suite bench corpus chaos compared validation fuzz check \
	format format-check lint documents api golden fixtures

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools: ## Install the pinned development tools into .tools/
	@tools/setup.sh

programs: ## Install the programs that some tests need on the system (Chromium, …), with apt-get
	@tools/programs.sh --install

test: test-go test-python ## Run all tests; what needs a program that is missing is skipped

test-go: tools ## Run the Go tests: goldens and the TypeScript runtime, too
	go test -timeout 20m -p $(GO_TESTS_AT_ONCE) $(LONG_TESTS) ./... # some packages build and run many programs
	go test $(RACE_FLAG) $(RACE_PACKAGES)
	cd broker && go test -count=1 $(RACE_FLAG) ./... # it reads files outside its module
	cd examples/overdue && go test ./...

# Side by side: these tests wait most of their time.
test-python: tools ## Run the tests of the Python runtime and of the server package on both Pythons
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-py310 test-py313 test-django test-fastapi

test-py310 test-py313:
	$(TOOLS)/$(@:test-%=%)/bin/python $(PYTEST) $(PYTHON_TESTS)

test-django: # with the newest Django
	PYTHONPATH=$(TOOLS)/django $(TOOLS)/py313/bin/python $(PYTEST) server/tests/test_django*.py

test-fastapi:
	PYTHONPATH=$(TOOLS)/fastapi $(TOOLS)/py313/bin/python $(PYTEST) server/tests/test_fastapi*.py

# The source archive of this release holds the official JSON Schema test suite.
SUITE := jsonschema-4.23.0
suite: ## Run the official JSON Schema test suite through the generated code, and print what is not right
	$(TOOLS)/py313/bin/python -m pip download --quiet --no-deps --no-binary jsonschema $(subst -,==,$(SUITE)) -d $(TOOLS)/cache/suite
	tar -xzf $(TOOLS)/cache/suite/$(SUITE).tar.gz -C $(TOOLS)/cache/suite
	@set -e; for draft in draft4 draft6 draft7 draft2019-09 draft2020-12; do \
		go test ./fixtures/suite -v -report -suite $(TOOLS)/cache/suite/$(SUITE)/json/tests -draft $$draft; \
	done

# The tables of growth and the worker's fairness have limits, beyond which it fails.
bench: ## Measure whole runs of wsgen, the clients and the worker, then run the Go benchmarks
	go run ./bench
	go run ./bench/growth
	go run ./bench -growth all
	go test ./fixtures/decoding -run Growth -growth -v
	PYTHONPATH=server $(TOOLS)/py313/bin/python bench/worker/python/growth.py
	go test ./fixtures/validation -run Speed -speed -v
	go run ./bench/clients
	go run ./bench/worker
	go run ./bench/worker -sizing
	go run ./bench/worker -batches
	PYTHONPATH=server $(TOOLS)/py313/bin/python bench/worker/python/fairness.py
	go test -run '^$$' -bench . -benchmem ./...

corpus: tools ## Run wsgen on documents of npm, PyPI and Go packages, and compile the clients; takes long
	go run ./tests/corpus

# CI has a storm of seconds among the tests; this one is for nights.
chaos: tools ## Run the clients, the worker and the broker in a storm of faults, STORM (10m) through each front door
	go test ./tests/chaos -count=1 -timeout 0 -v -run Chaos -chaos-time $(STORM)
	go test ./tests/chaos -count=1 -timeout 0 -v -run Chaos -chaos-time $(STORM) -chaos-door subscriber
	go test ./tests/chaos -count=1 -timeout 0 -v -run Memory -chaos-calls 100000

compared: ## Ask oasdiff, @asyncapi/diff and buf about the changes of tests/compared, and write docs/breaking-compared.md
	go run ./tests/compared

validation: tools ## Run the official JSON Schema suite through the validators of the three languages
	go test ./fixtures/validation -run OfficialSuite -v | grep -e 'valid:' -e '^ok' -e FAIL

# What it finds is random, so no check runs it: the tests look at the kept inputs and at a fixed set of random ones.
fuzz: ## Search at random for inputs that go wrong, FUZZTIME (20s) for each fuzz target: for nights
	tools/fuzz.sh $(FUZZTIME)

check: tools format-check lint documents test ## Run exactly what CI runs

format: tools ## Format our sources
	gofmt -w $(GO_FILES)
	$(TOOLS)/py313/bin/ruff format $(RUFF_CONFIG) .
	$(PRETTIER) --write $(PRETTIER_FILES)

format-check: tools
	@unformatted=$$(gofmt -l $(GO_FILES)); \
		if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(TOOLS)/py313/bin/ruff format $(RUFF_CONFIG) --check .
	$(PRETTIER) --check $(PRETTIER_FILES)

lint: tools ## Run vet, staticcheck, ruff, mypy, pyright and tsc on our sources
	@set -e; for module in $(GO_MODULES); do \
		(set -x; cd $$module && go vet ./... && $(TOOLS)/bin/staticcheck ./...); \
	done
	$(TOOLS)/py313/bin/ruff check $(RUFF_CONFIG) --output-format=concise .
	@set -e; for python in $(PYTHONS); do \
		mypy="$(TOOLS)/$$python/bin/mypy --strict --cache-dir $(TOOLS)/cache/mypy"; \
		(set -x; MYPYPATH=server:$(TOOLS)/fastapi $$mypy --config-file tools/mypy.ini \
			fixtures/*.py server/centrifugo_rpc server/tests); \
		(set -x; $$mypy fixtures/unions/python/main.py); \
		(set -x; $$mypy fixtures/decoding/python/main.py); \
		(set -x; $$mypy fixtures/models/clients/python/main.py); \
		(set -x; $$mypy fixtures/validation/python/main.py); \
		(set -x; MYPYPATH=server:gen/python $$mypy bench/worker/python/*.py examples/asyncio/main.py); \
		(set -x; cd examples/django && MYPYPATH=$(CURDIR)/server:$(TOOLS)/fastapi PYTHONPATH=$(CURDIR)/server:. \
			$$mypy config presence tasks manage.py); \
		(set -x; cd gen/python && $$mypy -m runtime._models -p runtime._rpc); \
		for program in tests/e2e bench/clients; do \
			(set -x; MYPYPATH=fixtures/tasks $$mypy $$program/python/main.py); \
		done; \
	done
	cd examples/fastapi && MYPYPATH=$(CURDIR)/server:$(TOOLS)/fastapi:. $(TOOLS)/py313/bin/mypy --strict \
		--config-file $(CURDIR)/tools/mypy.ini --cache-dir $(TOOLS)/cache/mypy app test_app.py ../quickstart/hello.py
	cd fixtures/models && MYPYPATH=$(TOOLS)/roundtrip:$(CURDIR)/server $(TOOLS)/py313/bin/mypy --strict \
		--follow-imports silent --cache-dir $(TOOLS)/cache/mypy source.py strategies.py suite.py
	node $(TOOLS)/node/node_modules/pyright/index.js --warnings -p tools/pyrightconfig.json
	@set -e; for project in tools/tsconfig.runtime.json fixtures/unions/typescript/tsconfig.json fixtures/decoding/typescript/tsconfig.json tests/e2e/typescript/tsconfig.json bench/clients/typescript/tsconfig.json; do \
		(set -x; $(TSC) --noEmit -p $$project && $(TSC7) --noEmit -p $$project); \
	done

documents: tools
	node fixtures/asyncapi-parser/check.mjs fixtures/*/api*.yaml

api: tools ## Generate the REST and the RPC clients of EXAMPLE, examples/fastapi, and build its packages
	@go build -o $(TOOLS)/build/wsgen/ ./cmd/wsgen
	@npm --prefix $(firstword $(wildcard $(EXAMPLE)/web $(EXAMPLE)/frontend)) --silent ci
	@PATH="$(TOOLS)/build/wsgen:$$PATH" PYTHONPATH="$(CURDIR)/server:$(TOOLS)/fastapi" \
		$(MAKE) --no-print-directory -C $(EXAMPLE) api PYTHON=$(TOOLS)/py313/bin/python \
		DATAMODEL_CODEGEN="$(TOOLS)/py313/bin/python -m datamodel_code_generator"

dist: ## Pack a release for all platforms into DIST, dist/ (PLATFORMS=host: for this one)
	@tools/setup.sh dist
	go run ./tools/dist -o "$(DIST)" -platforms "$(PLATFORMS)"

golden: tools ## Rewrite the golden files; read the difference before you commit it
	go test ./fixtures -update

fixtures: tools ## Export the fixtures' documents from their Pydantic models
	$(TOOLS)/py313/bin/python -B fixtures/export.py
