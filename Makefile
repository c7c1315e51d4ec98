# Aliases; everything they call works by hand as well.
.PHONY: run test lock

run:
	python3 run.py

test:
	python3 run.py test

# After a change of requirements*.txt. Needs a set-up .venv (it has uv in it).
UV = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
     --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	$(UV) requirements.txt --output-file requirements.lock
	$(UV) requirements-test.txt --constraints requirements.lock --output-file requirements-test.lock
