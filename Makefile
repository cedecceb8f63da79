# Every target works on a fresh clone. `make run` needs Go; `make test` also
# needs Node and installs the rest itself.
GO ?= go
BINARY := bin/callbook
LITESTREAM := bin/litestream

# Tests, linters and the program are built in one way, so that Go compiles each package once.
export CGO_ENABLED := 0
export GOFLAGS := $(filter-out -trimpath,$(GOFLAGS)) -trimpath

# Two parts at a time, each with its output in one piece where make can do that.
BESIDE := $(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: help run build deb deb-twice image check test unit unit-short e2e test-litestream lint vet format staticcheck gosec \
	fuzz fuzz-briefly advisories race crash load load-briefly bench generate vendor readme graph clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and serve on http://127.0.0.1:8080, with messages shown and not sent
	CALLBOOK_DEV_MESSAGES="$${CALLBOOK_DEV_MESSAGES-1}" ./$(BINARY) serve

build: ## build bin/callbook, one static binary
	$(GO) build -ldflags "$$(sh internal/packaging/flags)" -o $(BINARY) ./cmd/callbook

deb: ## build dist/callbook_VERSION_ARCH.deb, for GOARCH or this machine
	GO="$(GO)" sh internal/packaging/deb

deb-twice: ## build the .deb of this commit in two clones; they must be the same
	GO="$(GO)" sh internal/packaging/deb-twice

image: ## build the image callbook, with Docker
	eval "$$(sh internal/packaging/describe)" && docker build -f internal/packaging/Dockerfile -t callbook \
	  --build-arg VERSION="$$VERSION" --build-arg COMMIT="$$COMMIT" --build-arg CHANGES="$$CHANGES" .

check: ## after each edit: vet, format, staticcheck, and the tests that take no time
	@$(BESIDE) vet format staticcheck unit-short

test: ## everything that must pass
	@$(BESIDE) lint unit e2e load-briefly fuzz-briefly

# go vet has looked at the tests too, and at more than go test would.
unit: ## the Go tests
	@test "$$(uname)" != Linux || command -v strace >/dev/null || sh .ci/install "strace, which makes the disk fail" strace
	$(GO) test -vet=off -timeout 40m ./...
	@command -v litestream >/dev/null || echo "Left out: the test with Litestream, which is not installed. make test-litestream builds it."

unit-short: ## the Go tests but those of disk faults, crashes and Litestream
	$(GO) test -vet=off -short ./...

e2e: build ## a real browser over the built binary
	sh web/e2e/run

test-litestream: $(LITESTREAM) ## the test with Litestream, which it builds
	PATH="$(CURDIR)/bin:$$PATH" $(GO) test -vet=off -count=1 -timeout 40m -run Litestream -v ./cmd/callbook

lint: vet format staticcheck gosec ## vet, gofmt, templ, staticcheck, gosec

vet: ## go vet
	$(GO) vet ./...

format: ## gofmt and templ; the generated templates are those of the sources
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) tool templ fmt -fail views
	@before=$$(cat views/*_templ.go | cksum); $(GO) tool templ generate -log-level error views; \
	  after=$$(cat views/*_templ.go | cksum); \
	  test "$$before" = "$$after" || { echo "the generated templates were not current: commit them as they are now"; exit 1; }

staticcheck: ## staticcheck
	$(GO) tool -modfile=.ci/tools/go.mod staticcheck ./...

# Each exception stands where it is, with its reason. The rest is tests' own tools.
# G601 is about loops before Go 1.22: it asks go which one this is at every loop, for minutes.
gosec: ## gosec
	$(GO) tool -modfile=.ci/tools/go.mod gosec -quiet -exclude=G601 -exclude-dir=db/dbtest -exclude-dir=db/oncalltest -exclude-dir=cmd/bench ./...

# Built once, and again for another version: it takes minutes where Go has no cache.
$(LITESTREAM): .ci/tools/litestream/go.mod .ci/tools/litestream/go.sum
	$(GO) build -modfile=.ci/tools/litestream/go.mod -ldflags "-s -w" -o $@ github.com/benbjohnson/litestream/cmd/litestream

fuzz: ## every fuzz target, FUZZTOTAL (1200) seconds in all; keeps what it finds new
	@GO="$(GO)" .ci/fuzz $${FUZZTOTAL:-1200} keep

fuzz-briefly: ## every fuzz target, 30 seconds in all
	@GO="$(GO)" .ci/fuzz 30

race: ## the Go tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 60m ./...

crash: ## kill the program KILLS (200) times while 64 clients work
	$(GO) test ./cmd/callbook -run TestKillsLoseNothing -v -count=1 -timeout 30m -kills $${KILLS:-200}

load: build ## put the program under load for LOAD (10m) with CONTACTS (100000)
	$(GO) run ./cmd/bench -load $${LOAD:-10m} -contacts $${CONTACTS:-100000}

advisories: ## compare what is used with the Go vulnerability database, which comes as a Go module
	@GO="$(GO)" .ci/advisories

load-briefly: build ## the same for half a minute with few contacts
	$(GO) run ./cmd/bench -load 30s -contacts 2000

bench: build ## measure the program in tables of benchstat; BASE=COMMIT: beside that one's, in turns
	@GO="$(GO)" BASE="$(BASE)" sh cmd/bench/run

generate: ## templates and the service model to Go
	$(GO) tool templ fmt views
	$(GO) tool templ generate -log-level error views
	$(GO) test ./handlers/awsapi/wire -run TestTypesAreTheModels -update

vendor: ## fetch htmx again; a test knows its hash
	d=$$(mktemp -d) && cd $$d && npm pack --silent htmx.org@2.0.11 && tar xzf htmx.org-*.tgz && \
	  cp package/dist/htmx.min.js $(CURDIR)/static/htmx.min.js && rm -r $$d

readme: ## write the tables of settings and operations in internal/docs from the program
	$(GO) test ./cmd/callbook -run TestSettingsTopicNamesEverySetting -update
	$(GO) test ./handlers/awsapi -run TestOperationsTopicNamesEveryOperation -update

graph: ## which package imports which of ours, floor by floor
	@$(GO) list -f '{{.ImportPath}} {{join .Imports " "}}' ./... | awk '\
	  { sub("^callbook/", ""); name[NR] = $$1; for (i = 2; i <= NF; i++) if (sub("^callbook/", "", $$i)) below[$$1] = below[$$1] " " $$i } \
	  function floor(p,  n, i, f, deep) { if (p in at) return at[p]; n = split(below[p], f); deep = 0; \
	    for (i = 1; i <= n; i++) if (floor(f[i]) >= deep) deep = floor(f[i]) + 1; return at[p] = deep } \
	  END { for (i = 1; i <= NR; i++) printf "%2d  %s%s\n", floor(name[i]), name[i], below[name[i]] == "" ? "" : " →" below[name[i]] }' | sort

clean: ## remove what was built
	rm -rf bin dist web/e2e/node_modules web/e2e/test-results
