#!/bin/sh
# Builds every peer that this machine has the tools for, into $PEERS_TARGET (default: regrow-peers in
# the temporary folder). The Rust peers need cargo only; the BEAM's needs erlang-base and elixir,
# Go's golang-go (Debian's names). What cannot be built is left out, and run.py leaves it out too.
set -e
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${PEERS_TARGET:-${TMPDIR:-/tmp}/regrow-peers}"
(cd rust && cargo build --release --locked)
(cd rust && cargo build --release --locked -p tokio-peer --features mimalloc \
    --target-dir "$CARGO_TARGET_DIR/mimalloc")
if command -v elixirc >/dev/null && command -v erl >/dev/null; then
    beam/build.sh "$CARGO_TARGET_DIR/beam"
else
    echo "no Elixir here: the BEAM's peer is left out" >&2
fi
if command -v go >/dev/null; then
    (cd go && go build -o "$CARGO_TARGET_DIR/go-peer" .)
else
    echo "no Go here: its peer is left out" >&2
fi
