# Names for what is done often. Anything longer than two lines is a script in .ci or .tools.
.DEFAULT_GOAL := help
.PHONY: help run tacet test check vet lint fmt wasm compat test-deployed fuzz cover bench day microbench coldstart deploy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: tacet ## build and run the platform on this machine; ARGS='--listen 127.0.0.1:9000' adds flags
	@exec .build/tacet run --data .tacet $(ARGS)

tacet: ## build the program: .build/tacet
	@go build -o .build/tacet ./infra/tacet

test: ## everything that needs no cloud; installs what it needs; COMPAT=none leaves out the public clients' suites
	@.ci/test all

check: ## the fast part of test: vet for every target, lint, unit tests
	@.ci/test fast

vet: ## go vet for Linux, macOS, Windows and, for core, both WebAssembly targets
	@.ci/vet

lint: ## golangci-lint, for Linux and for core as WebAssembly
	@.ci/lint

fmt: ## format the code as lint wants it
	@.tools/build && .build/bin/golangci-lint fmt

wasm: ## core's own tests as WebAssembly, under node and under wazero
	@.ci/wasm js && .ci/wasm wasip1

compat: ## the test suites of public clients against a running server; COMPAT=DIR says where they are
	@.ci/compat

test-deployed: ## the conversations with a stack in your AWS account: STACK=NAME; URL=wss://… is another address of it
	@.ci/deployed

fuzz: ## every fuzz target for FUZZTIME (30s) each; RUN=Decode chooses by name
	@.ci/fuzz "$(or $(FUZZTIME),30s)" "$(RUN)"

cover: ## how much of the code the tests reach, by function
	@mkdir -p .build && go test -coverpkg=./... -coverprofile=.build/cover.out ./...
	@go tool cover -func=.build/cover.out

bench: ## load against this machine's Tacet and its peers, one table of ratios; ARGS adds flags
	@infra/load/peers/install.sh .build/peers
	@go build -o .build/tacet ./infra/tacet && exec .build/tacet bench --peers .build/peers $(ARGS)

day: ## a day of ten million messages and a year of smaller ones through the stores, held against a recount
	@go test -run '^$$' -bench '^Benchmark(Day|Year)$$' -benchtime 1x -timeout 1h ./infra/embedded -day 1 -year 1000
	@go test -run '^$$' -bench '^BenchmarkDay$$' -benchtime 1x -timeout 1h ./infra/dynamo -day 100

microbench: ## Go benchmarks, compared with the run before by benchstat; RUN=Encode chooses by name
	@.ci/microbench "$(or $(RUN),.)"

coldstart: ## how long functions take to start, and their sizes, beside the least that a function can be
	@go test -run '^$$' -bench ColdStart -benchtime 60x ./infra/platform

deploy: ## build the functions for AWS and deploy template.yaml; ARGS=--guided asks for everything
	@.tools/sam/install
	@.build/sam/bin/sam build && .build/sam/bin/sam deploy $(ARGS)

clean: ## remove what was built; the data in .tacet stays
	rm -rf .build .aws-sam

build-%Function: # sam build calls it for each function
	@.tools/function '$*' '$(ARTIFACTS_DIR)'
