#!/usr/bin/env bash
# Runs Lixivia and its peers in turn on this machine: benches/compare.sh PEERS, where PEERS is the folder with
# run_peers.sh and its programs (set PEERS_DIR to where they are installed; `run_peers.sh setup` installs them).
# One thread unless said; compare ratios, not seconds, and nothing on a machine that does other work.
set -euo pipefail
peers=$(cd "${1:?folder of the peers}" && pwd)
cd "$(dirname "$0")/.."
cargo build --release --quiet
lixivia=${CARGO_TARGET_DIR:-$PWD/target}/release/lixivia
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

echo "# Lixivia: W1, ten runs of the base case"
"$lixivia" sweep benches/workloads/w1.toml --threads 1 --format json --output "$work/w1.h5"
echo "# Lixivia: W6, 10 000 cases"
for threads in 1 "$(nproc)"; do
    "$lixivia" sweep benches/workloads/w6.toml --threads "$threads" --format json --output "$work/w6-$threads.h5"
done
echo "# peers"
PEERS_DIR=${PEERS_DIR:-$work/peers} bash "$peers/run_peers.sh" "${2:-run}"
