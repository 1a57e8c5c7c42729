#!/bin/sh
# Times tongwen beside gaoya, rensa and datasketch: benches/peers.sh FILE.jsonl en|zh [options of peers.py]
# VENV is the Python environment that holds them; it is made if it is missing.
set -eu
here=$(dirname "$0")
VENV=${VENV:-target/peers}
if [ ! -x "$VENV/bin/python" ]; then
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet gaoya==0.2.2 rensa==0.5.0 datasketch==2.0.0 orjson xxhash
fi
[ -x target/release/tongwen ] || cargo build --release
exec "$VENV/bin/python" "$here/peers.py" "$@"
