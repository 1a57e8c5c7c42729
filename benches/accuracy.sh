#!/bin/sh
# Scores tongwen, exact whole-page Jaccard, gaoya and datasketch on labelled corpora: benches/accuracy.sh [options of accuracy.py]
# VENV is the Python environment that holds them; it is made if it is missing.
set -eu
cd "$(dirname "$0")/.."
. benches/venv.sh
exec "$VENV/bin/python" benches/accuracy.py "$@"
