# Two commands do everything: `make run` brings the terminal up, `make test` passes the tests.
# Both install what they need first: Debian packages with apt, Python packages from the hashed
# lock file into .venv. The second time that takes a second.

# Debian's own: a Python from elsewhere is often built without its optimisations, a fifth slower.
PYTHON ?= /usr/bin/python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN := .run
# Programs that the tests start a hundred times keep their compiled modules.
unexport PYTHONDONTWRITEBYTECODE
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test check format benchmark powerloss pictures package package-test setup clean

run: setup
	@$(BIN)/python -m simulators.desk $(ARGS)

# Four workers for two cores: the desk and the boards mostly wait for real devices.
test: setup check
	$(BIN)/python -m pytest -n 4 $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: setup $(RUN)/peers/ready
	$(BIN)/python -m benchmarks $(ARGS)

powerloss: setup
	$(BIN)/python -m tests.powerloss --write docs/powerloss.md $(ARGS)

pictures: setup
	$(BIN)/python -m tests.pictures $(ARGS)

package: setup
	@$(BIN)/python -m deploy.package.build --fonts $(RUN)/fonts --out $(RUN)/package

# Minutes; needs root. ARGS=--display: on an emulated display adapter instead of Xvfb.
package-test: package
	@missing=$$(grep -v '^#' deploy/test/packages.debian); \
	    dpkg-query -W $$missing >/dev/null 2>&1 || \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -q --no-install-recommends $$missing
	@$(SUDO) $(BIN)/python -m deploy.test --package $(RUN)/package/*.deb --work $(RUN)/package-test $(ARGS)

setup: $(RUN)/debian $(RUN)/python $(RUN)/fonts/everyday.txt

$(RUN)/debian: packages.debian
	@mkdir -p $(RUN)
	@missing=$$(for name in $$(grep -v '^#' packages.debian); do \
	    dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo $$name; \
	done); \
	if [ -n "$$missing" ]; then \
	    $(SUDO) apt-get update -q && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -q --no-install-recommends $$missing; \
	fi
	@touch $@

$(RUN)/python: requirements.lock $(RUN)/debian
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# The queues that ours is measured against, in an environment of their own.
$(RUN)/peers/ready: benchmarks/peers.lock | $(RUN)/python
	@[ -x $(RUN)/peers/bin/python ] || $(PYTHON) -m venv $(RUN)/peers
	$(RUN)/peers/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r benchmarks/peers.lock
	@touch $@

$(RUN)/fonts/everyday.txt: kiosk/screens/lean_fonts.py $(wildcard kiosk/messages/*/*.toml) | $(RUN)/python
	@mkdir -p $(@D)
	@$(BIN)/python -m kiosk.screens.lean_fonts $(@D)

clean:
	rm -rf $(RUN) $(VENV)
