# Sourced by the scripts beside it: sets VENV to a Python environment that holds gaoya, rensa and datasketch, and makes it
# if it is missing; builds tongwen.
VENV=${VENV:-target/peers}
if [ ! -x "$VENV/bin/python" ]; then
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet gaoya==0.2.2 rensa==0.5.0 datasketch==2.0.0 numpy scipy orjson xxhash
fi
cargo build --release --quiet
