#!/bin/sh
# Compiles the BEAM's peer into $1 (default: beam in the folder of the built peers).
set -e
out="${1:-${PEERS_TARGET:-${TMPDIR:-/tmp}/regrow-peers}/beam}"
mkdir -p "$out"
cd "$(dirname "$0")"
elixirc --ignore-module-conflict -o "$out" peer.ex
elixir -e 'IO.puts(:code.lib_dir(:elixir))' > "$out/elixir.path"
