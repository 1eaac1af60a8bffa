# Every target below is what CI calls, too. `make help` lists them.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/sekisho/sekisho/internal/cli.version=$(VERSION)
RUN     ?= .
FUZZTIME ?= 60s
TIMEOUT ?= 60m
CORPUS  ?= ./render/... ./internal/cli/... ./cmd/sekisho

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/sekisho, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/sekisho ./cmd/sekisho

.PHONY: test
test: ## run every test that needs Go alone
	$(GO) test -timeout 30m ./...

.PHONY: race
race: ## the same tests under the race detector
	$(GO) test -race -timeout 60m ./...

.PHONY: lint
lint: ## gofumpt, go vet, staticcheck (Rego is checked and formatted by the tests)
	@unformatted=$$($(GO) tool gofumpt -l cmd internal policies render); \
	if [ -n "$$unformatted" ]; then echo "run go tool gofumpt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

.PHONY: update
update: ## rewrite goldens and generated pages
	@grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u | xargs -I{} $(GO) test {} -update

.PHONY: corpus
corpus: ## the tests that read whole public collections (../shared/corpora or $$SEKISHO_CORPORA)
	SEKISHO_CORPUS=1 $(GO) test -timeout 30m -run '$(RUN)' $(CORPUS)

.PHONY: integration
integration: build ## judges that others wrote: integration/install first; what is missing is skipped with a message
	SEKISHO_INTEGRATION=1 SEKISHO_BINARY=$(CURDIR)/bin/sekisho $(GO) test -count=1 -timeout $(TIMEOUT) -v -run '$(RUN)' ./integration

.PHONY: bench
bench: ## benchmarks; figures are ratios within one run
	SEKISHO_CORPUS=1 $(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./...

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@$(GO) list ./... | while read -r pkg; do \
	  $(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' | while read -r target; do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done || exit 1; \
	done

.PHONY: docker
docker: ## build both images
	docker build --target sekisho --build-arg VERSION=$(VERSION) -t sekisho:$(VERSION) .
	docker build --target azure --build-arg VERSION=$(VERSION) -t sekisho:$(VERSION)-azure .

.PHONY: new-rule
new-rule: ## scaffold a rule: make new-rule ID=pod/some-problem
	@test -n "$(ID)" || { echo "usage: make new-rule ID=category/rule-id"; exit 2; }
	@test ! -e policies/$(ID) || { echo "policies/$(ID) exists"; exit 2; }
	mkdir -p policies/$(dir $(ID))
	cp -r policies/pod/host-path-volume policies/$(ID)
	rm policies/$(ID)/README.md
	sed -i.bak -e 's/host-path-volume/$(notdir $(ID))/g' -e 's/policies\.pod\[/policies.$(patsubst %/,%,$(dir $(ID)))[/' policies/$(ID)/*.rego
	rm policies/$(ID)/*.bak
	@echo "now write policies/$(ID)/rule.rego, then: go test ./policies -run 'TestRules/$(ID)' -update"
