# Development commands; `make help` lists them.

FUZZTIME ?= 20s

# For `make api`: the documents, the output folder, and the command that
# generates the OpenAPI client (run only where there is an OpenAPI document).
ASYNCAPI ?= fixtures/tasks/api.yaml
OPENAPI ?=
OPENAPI_GENERATE ?=
OUT ?= ./opensdk

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
TSC := node $(TOOLS)/node/node_modules/typescript/bin/tsc
TSC7 := node $(TOOLS)/node/node_modules/typescript7/bin/tsc
PRETTIER := node $(TOOLS)/node/node_modules/prettier/bin/prettier.cjs --log-level=warn \
	--no-error-on-unmatched-pattern
PRETTIER_FILES := "{bench,fixtures,gen,tests,tools}/**/*.{ts,tsx,mts,js,mjs}" "{tests/packaging,tools}/**/*.json"
GO_FILES = $$(find . -name '*.go' -not -path './.*' -not -path './node_modules/*')

.DEFAULT_GOAL := help
.PHONY: help tools test test-go test-python suite bench corpus validation fuzz fuzz-schema check \
	format format-check lint documents api golden fixtures

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools: ## Install the pinned development tools into .tools/
	@tools/setup.sh

test: test-go test-python ## Run all tests

test-go: tools ## Run the Go tests: goldens and the TypeScript runtime, too
	go test -timeout 20m ./... # some packages build and run many programs
	go test $(RACE_FLAG) $(RACE_PACKAGES)
	cd broker && go test -count=1 $(RACE_FLAG) ./... # it reads files outside its module
	cd examples/overdue && go test ./...

test-python: tools ## Run the tests of the Python runtime and of the server package on both Pythons
	@set -e; for python in $(PYTHONS); do \
		(set -x; $(TOOLS)/$$python/bin/python -B -m pytest -c tools/pytest.ini --rootdir . $(PYTHON_TESTS)); \
	done
	PYTHONPATH=$(TOOLS)/django $(TOOLS)/py313/bin/python -B -m pytest -c tools/pytest.ini --rootdir . \
		server/tests/test_django*.py # with the newest Django

# The source archive of this release holds the official JSON Schema test suite.
SUITE := jsonschema-4.23.0
suite: ## Run the official JSON Schema test suite through the generated code, and print what is not right
	$(TOOLS)/py313/bin/python -m pip download --quiet --no-deps --no-binary jsonschema $(subst -,==,$(SUITE)) -d $(TOOLS)/cache/suite
	tar -xzf $(TOOLS)/cache/suite/$(SUITE).tar.gz -C $(TOOLS)/cache/suite
	@set -e; for draft in draft4 draft6 draft7 draft2019-09 draft2020-12; do \
		go test ./fixtures/suite -v -report -suite $(TOOLS)/cache/suite/$(SUITE)/json/tests -draft $$draft; \
	done

bench: ## Measure whole runs of wsgen, the clients and the worker, then run the Go benchmarks
	go run ./bench
	go run ./bench/growth
	go test ./fixtures/decoding -run Growth -growth -v
	go test ./fixtures/validation -run Speed -speed -v
	go run ./bench/clients
	go run ./bench/worker
	go test -run '^$$' -bench . -benchmem ./...

corpus: tools ## Run wsgen on documents of npm, PyPI and Go packages, and compile the clients; takes long
	go run ./tests/corpus

validation: tools ## Run the official JSON Schema suite through the validators of the three languages
	go test ./fixtures/validation -run OfficialSuite -v | grep -e 'valid:' -e '^ok' -e FAIL

fuzz: ## Run each fuzz target for FUZZTIME (20s)
	tools/fuzz.sh $(FUZZTIME)

# The parsers, the loader and the lowering take any input; the layouts are fuzzed by hand.
fuzz-schema:
	tools/fuzz.sh 20s ./internal/text ./schema/load

check: tools format-check lint documents test fuzz-schema ## Run exactly what CI runs

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
		(set -x; MYPYPATH=server $$mypy fixtures/*.py server/centrifugo_rpc server/tests); \
		(set -x; $$mypy fixtures/unions/python/main.py); \
		(set -x; $$mypy fixtures/decoding/python/main.py); \
		(set -x; $$mypy fixtures/models/clients/python/main.py); \
		(set -x; $$mypy fixtures/validation/python/main.py); \
		(set -x; MYPYPATH=server $$mypy bench/worker/python/*.py examples/asyncio/main.py); \
		(set -x; cd examples/django && MYPYPATH=$(CURDIR)/server PYTHONPATH=$(CURDIR)/server:. \
			$$mypy config presence tasks manage.py); \
		(set -x; cd gen/python && $$mypy -m runtime._models -p runtime._rpc); \
		for program in tests/e2e bench/clients; do \
			(set -x; MYPYPATH=fixtures/tasks $$mypy $$program/python/main.py); \
		done; \
	done
	cd fixtures/models && MYPYPATH=$(TOOLS)/roundtrip:$(CURDIR)/server $(TOOLS)/py313/bin/mypy --strict \
		--follow-imports silent --cache-dir $(TOOLS)/cache/mypy source.py strategies.py suite.py
	node $(TOOLS)/node/node_modules/pyright/index.js --warnings -p tools/pyrightconfig.json
	@set -e; for project in tools/tsconfig.runtime.json fixtures/unions/typescript/tsconfig.json fixtures/decoding/typescript/tsconfig.json tests/e2e/typescript/tsconfig.json bench/clients/typescript/tsconfig.json; do \
		(set -x; $(TSC) --noEmit -p $$project && $(TSC7) --noEmit -p $$project); \
	done

documents: tools
	node fixtures/asyncapi-parser/check.mjs fixtures/*/api*.yaml

api: ## Generate API clients: the OpenAPI step, then wsgen (ASYNCAPI, OPENAPI, OUT)
ifeq ($(OPENAPI),)
	@echo "OpenAPI client: skipped, there is no document (OPENAPI=FILE names one)"
else ifeq ($(OPENAPI_GENERATE),)
	@echo "OpenAPI client: skipped, there is no generator (OPENAPI_GENERATE=COMMAND names one)"
else
	$(OPENAPI_GENERATE)
endif
	go run ./cmd/wsgen --asyncapi $(ASYNCAPI) $(if $(OPENAPI),--openapi $(OPENAPI)) --output $(OUT)

golden: tools ## Rewrite the golden files; read the difference before you commit it
	go test ./fixtures -update

fixtures: tools ## Export the fixtures' documents from their Pydantic models
	$(TOOLS)/py313/bin/python -B fixtures/export.py
