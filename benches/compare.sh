#!/usr/bin/env bash
# Runs Lixivia and its peers in turn on this machine and prints a table of ratios: benches/compare.sh PEERS [all|run|own]
#
# PEERS is the folder with run_peers.sh and its programs; the tables reference_w*.csv lie above it. `all` (the default)
# installs the peers first, `run` takes them as they are in $PEERS_DIR, `own` leaves them out. One thread unless said.
# Compare ratios, not seconds, and nothing on a machine that does other work.
set -euo pipefail
peers=$(cd "${1:?folder of the peers}" && pwd)
what=${2:-all}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export PEERS_DIR=${PEERS_DIR:-$work/peers}
lixivia=${CARGO_TARGET_DIR:-$PWD/target}/release/lixivia
log=$work/log

cargo build --release --quiet
{
    echo "# $(uname -srm), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1); load$(cut -d' ' -f1-3 /proc/loadavg | sed 's/^/ /')"
    echo "# $("$lixivia" --version), $(rustc --version)"
} | tee "$log"

say() { echo "lixivia $1: $(tail -1)"; } # a label and the JSON line

# Twice in turn with the peers between, so that a drift of the machine shows; the second round counts.
own() {
    cargo bench --quiet --bench workloads --bench w3_speciation -- --output-format bencher 2> /dev/null
    rm -f "$work/w1.h5" "$work/w6.h5" # a finished sweep has nothing to do
    "$lixivia" sweep benches/workloads/w1.toml --threads 1 --format json --output "$work/w1.h5" | say "w1 ten runs"
    "$lixivia" sweep benches/workloads/w6.toml --threads 1 --format json --output "$work/w6.h5" | say "w6 threads=1"
}
scaling() {
    for threads in $(seq 2 "$(nproc)"); do
        "$lixivia" sweep benches/workloads/w6.toml --threads "$threads" --format json --output "$work/w6-$threads.h5" | say "w6 threads=$threads"
    done
    for shards in 2 8; do
        for shard in $(seq 0 $((shards - 1))); do
            "$lixivia" sweep benches/workloads/w6.toml --threads "$(nproc)" --format json --shard "$shard/$shards" \
                --output "$work/w6-s$shards.h5" | say "w6 shard=$shard/$shards threads=$(nproc)"
        done
        "$lixivia" merge "$work/w6-s$shards.h5.parts" --output "$work/w6-s$shards.h5" > /dev/null
    done
}

own | tee -a "$log"
case $what in
    own) ;;
    *) bash "$peers/run_peers.sh" "$what" 2>&1 | tee -a "$log" ;;
esac
own | tee -a "$log"
scaling | tee -a "$log"

# Answers: W1 with its cores and W2 as single runs, W3 at both temperatures and over the titration, W6 against a run of itself at 1e-10.
for celsius in 25 60; do
    water=$([ "$celsius" = 25 ] && echo 55.50626507261207 || echo 55.50661398876047) # 1 kg beside what hydrolysis binds
    "$lixivia" run benches/workloads/w3.toml --set "units.liquor.temperature=$celsius degC" --set "units.speciation.least=0 mol/kg" \
        --set "units.liquor.amounts.H2O=$water mol" --format json --output "$work/w3a-$celsius.h5" > "$work/w3a-$celsius.json"
done
"$lixivia" sweep benches/workloads/w3b.toml --format json --output "$work/w3b.h5" > /dev/null
"$lixivia" run benches/workloads/w1.toml --set units.leach.cores=true --format json --output "$work/w1-cores.h5" > /dev/null
"$lixivia" run benches/workloads/w2.toml --format json --output "$work/w2.h5" > /dev/null
"$lixivia" sweep benches/workloads/w6.toml --set units.leach.tolerance=1e-10 --format json --output "$work/w6-tight.h5" > /dev/null
python=$PEERS_DIR/venv/bin/python
[ -x "$python" ] || python=python3
"$python" benches/compare.py "$log" "$work" "${REF_DIR:-$peers/..}"
