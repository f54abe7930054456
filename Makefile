# SER Studio. `make help` lists what there is.
#
# Everything is installed into .venv from the lock files; a stamp in there remembers that this was
# done, so that only the first run takes minutes.

VENV   ?= .venv
PYTHON ?=
ARGS   ?=
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install $(if $(CI),--quiet --no-compile)

# So that nothing below asks, pages or phones home.
export STREAMLIT_BROWSER_GATHER_USAGE_STATS = false
export MLFLOW_DISABLE_TELEMETRY = true
# Each process reads what another has compiled: to compile TensorFlow anew takes it 10 s.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help app dev mlflow test lint types soak bench docs lock clean portaudio browser

help: ## Show this list
	@echo "SER Studio"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

app: $(VENV)/.app portaudio ## Install what is locked and start the app (ARGS="--server.port 8600")
	@exec $(BIN)/streamlit run app.py $(ARGS)

dev: $(VENV)/.dev portaudio ## The same, reloading when a file changes
	@exec $(BIN)/streamlit run app.py --server.fileWatcherType auto --server.runOnSave true \
		--client.toolbarMode developer --client.showErrorDetails full $(ARGS)

mlflow: $(VENV)-mlflow/.done ## Look into the run store with MLflow's own pages (ARGS="--port 5001")
	@exec $(VENV)-mlflow/bin/mlflow ui $(ARGS) --backend-store-uri \
		"$$($(BIN)/python -c 'from ser_core.tracking import open_store; print(open_store().uri)')"

test: lint types browser ## Lint, types, doctests, unit, page and browser tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

soak: $(VENV)/.dev browser ## The long tests: kills, fuzzing, many processes at once
	$(BIN)/python -m pytest -m soak --timeout 3600 $(ARGS)

bench: $(VENV)/.dev browser ## The figures of benchmarks/README.md, measured on this machine
	@for claim in first_paint predict memory features store augment on_the_fly throughput epochs index \
		dataset_page training_page intervals comparison live why; do \
		$(BIN)/python benchmarks/$$claim.py || exit 1; done

docs: $(VENV)/.dev browser ## Write the references in docs/ and their pictures anew
	$(BIN)/python docs/make_features.py
	$(BIN)/python docs/make_corpora.py
	$(BIN)/python docs/make_augmenters.py
	$(BIN)/python docs/make_architectures.py
	$(BIN)/python docs/make_leaks.py
	$(BIN)/python docs/make_results.py
	$(BIN)/python docs/make_voice.py

lock: $(VENV)/.dev ## Write the lock files anew from requirements*.txt
	$(BIN)/uv pip compile $(LOCK) requirements.txt --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) requirements-dev.txt --constraints requirements.lock \
		--output-file requirements-dev.lock

# One set of versions for every supported Python, named and nothing else.
LOCK := --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	--no-emit-index-url --no-header --no-annotate

clean: ## Remove the environment and all caches (what is under SER_HOME stays)
	rm -rf $(VENV) $(VENV)-mlflow .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

browser: $(VENV)/.dev
	@$(BIN)/python tests/e2e/browser.py

portaudio: $(VENV)/.app
	@$(BIN)/python -c "import sounddevice" 2>/dev/null || echo "PortAudio is not installed:" \
		"only this machine's own microphone needs it (recording in the browser works without). To" \
		"install it: sudo apt-get install libportaudio2 (Debian, Ubuntu) or sudo dnf install" \
		"portaudio (Fedora)."

$(VENV)/.app: requirements.lock | $(VENV)/bin/python
	@echo "Installing the locked packages into $(VENV): 550 MB to download, minutes the first time."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.app
	@echo "Installing the test tools into $(VENV)."
	@$(PIP) -r requirements-dev.lock
	@touch $@

# MLflow as a whole, of the version whose small build the app has: its own environment, for it holds
# other packages back. `pip install .[mlflow]` puts both into one.
$(VENV)-mlflow/.done: requirements.lock $(VENV)/.app
	@echo "Installing MLflow into $(VENV)-mlflow: some 300 MB to download, once."
	@$(BIN)/python -m venv $(VENV)-mlflow
	@$(VENV)-mlflow/bin/python -m pip --disable-pip-version-check install \
		"mlflow==$$(sed -n 's/^mlflow-skinny==//p' requirements.lock)"
	@touch $@

# The newest supported Python that can make environments, or the one named by PYTHON=…
$(VENV)/bin/python:
	@found=""; \
	for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
		"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			2>/dev/null || continue; \
		found="$$python"; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$("$$python" --version)."; \
		exec "$$python" -m venv $(VENV); \
	done; \
	if [ -n "$$found" ]; then \
		echo "$$found cannot make environments. To install what is missing:" \
			"sudo apt-get install python3-venv (Debian, Ubuntu)." >&2; \
	else \
		echo "SER Studio needs Python 3.11, 3.12 or 3.13, and none was found on the path." \
			"Name one with: make app PYTHON=/path/to/python3.12" >&2; \
	fi; \
	exit 1
