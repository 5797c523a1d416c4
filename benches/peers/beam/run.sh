#!/bin/sh
# run.sh WORKLOAD [--n N]…   runs one workload on the BEAM.
# ERL_FLAGS_EXTRA adds flags of the emulator, for example "+sbwt none +sbwtdcpu none +sbwtdio none".
out="${PEERS_BEAM:-${PEERS_TARGET:-${TMPDIR:-/tmp}/regrow-peers}/beam}"
# The flags are several words on purpose.
# shellcheck disable=SC2086
exec erl -noshell +P "${PEERS_BEAM_P:-2000000}" $ERL_FLAGS_EXTRA \
    -pa "$out" -pa "$(cat "$out/elixir.path")/ebin" \
    -kernel logger_level none -s Elixir.Peer main -extra "$@"
