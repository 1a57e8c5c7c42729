#!/bin/sh
# Times tongwen beside gaoya, rensa and datasketch: benches/peers.sh FILE.jsonl en|zh [options of peers.py]
# VENV is the Python environment that holds them; it is made if it is missing.
set -eu
here=$(dirname "$0")
. "$here/venv.sh"
exec "$VENV/bin/python" "$here/peers.py" "$@"
