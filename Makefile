# Every target works on a fresh clone. `make run` needs Go; `make test` also
# needs Node and installs the rest itself.
GO ?= go
BINARY := bin/callbook
LITESTREAM := bin/litestream

.PHONY: help run build deb deb-twice image test unit e2e lint fuzz fuzz-briefly race crash load load-briefly bench generate vendor readme graph clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and serve on http://127.0.0.1:8080, with messages shown and not sent
	CALLBOOK_DEV_MESSAGES="$${CALLBOOK_DEV_MESSAGES-1}" ./$(BINARY) serve

build: ## build bin/callbook, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$$(sh internal/packaging/flags)" -o $(BINARY) ./cmd/callbook

deb: ## build dist/callbook_VERSION_ARCH.deb, for GOARCH or this machine
	GO="$(GO)" sh internal/packaging/deb

deb-twice: ## build the .deb of this commit in two clones; they must be the same
	GO="$(GO)" sh internal/packaging/deb-twice

image: ## build the image callbook, with Docker
	eval "$$(sh internal/packaging/describe)" && docker build -f internal/packaging/Dockerfile -t callbook \
	  --build-arg VERSION="$$VERSION" --build-arg COMMIT="$$COMMIT" --build-arg CHANGES="$$CHANGES" .

test: lint unit load-briefly fuzz-briefly e2e ## everything that must pass

unit: $(LITESTREAM) ## the Go tests
	@test "$$(uname)" != Linux || command -v strace >/dev/null || sh .ci/install "strace, which makes the disk fail" strace
	$(GO) test ./...

e2e: build ## a real browser over the built binary
	sh web/e2e/run

lint: ## vet, gofmt, staticcheck, gosec, templ
	$(GO) vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) tool templ fmt -fail views
	@before=$$(cat views/*_templ.go | cksum); $(GO) tool templ generate -log-level error views; \
	  after=$$(cat views/*_templ.go | cksum); \
	  test "$$before" = "$$after" || { echo "the generated templates were not current: commit them as they are now"; exit 1; }
	$(GO) tool -modfile=.ci/tools/go.mod staticcheck ./...
	@# Each exception stands where it is, with its reason. The rest is tests' own tools.
	@# G601 is about loops before Go 1.22: it asks go which one this is at every loop, for minutes.
	$(GO) tool -modfile=.ci/tools/go.mod gosec -quiet -exclude=G601 -exclude-dir=db/dbtest -exclude-dir=cmd/bench ./...

# Built once, and again for another version: it takes minutes where Go has no cache.
$(LITESTREAM): .ci/tools/litestream/go.mod .ci/tools/litestream/go.sum
	CGO_ENABLED=0 $(GO) build -modfile=.ci/tools/litestream/go.mod -ldflags "-s -w" -o $@ github.com/benbjohnson/litestream/cmd/litestream

fuzz: ## every fuzz target, FUZZTOTAL (1200) seconds in all; keeps what it finds new
	@GO="$(GO)" .ci/fuzz $${FUZZTOTAL:-1200} keep

fuzz-briefly: ## every fuzz target, 30 seconds in all
	@GO="$(GO)" .ci/fuzz 30

race: $(LITESTREAM) ## the Go tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

crash: ## kill the program KILLS (200) times while 64 clients work
	$(GO) test ./cmd/callbook -run TestKillsLoseNothing -v -count=1 -timeout 30m -kills $${KILLS:-200}

load: build ## put the program under load for LOAD (10m) with CONTACTS (100000)
	$(GO) run ./cmd/bench -load $${LOAD:-10m} -contacts $${CONTACTS:-100000}

load-briefly: build ## the same for half a minute with a small book
	$(GO) run ./cmd/bench -load 30s -contacts 2000

bench: build ## ratios to the last tag or BASE, a commit; the figures of cmd/bench/README.md
	@GO="$(GO)" BASE="$(BASE)" sh cmd/bench/compare
	$(GO) run ./cmd/bench

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
