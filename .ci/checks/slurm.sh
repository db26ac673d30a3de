#!/usr/bin/env bash
# A sweep as a Slurm job array on a real Slurm: a task is killed in the middle, its shard comes back, and the file equals
# that of one process. Needs Debian or Ubuntu and root (.ci/slurm installs and starts a one-node cluster).
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${CARGO_TARGET_DIR:-$PWD/target}/ci/python/bin/python
cargo build --quiet
lixivia=${CARGO_TARGET_DIR:-$PWD/target}/debug/lixivia
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
fail() { echo "slurm: $1" >&2; tail -n 20 "$work"/*.log "$work"/*.parts/*.log >&2 2>/dev/null || true; exit 1; }

sinfo >/dev/null 2>&1 || .ci/slurm start
scenario=benches/workloads/w6.toml
# some hundred cases, and a tolerance that makes them last
smaller=(--set sweep.factors.T.points=2 --set sweep.factors.P0.points=4 --set units.leach.tolerance=1e-9)

"$lixivia" sweep "$scenario" "${smaller[@]}" --output "$work/alone.h5" >/dev/null
sent=$("$lixivia" sweep "$scenario" "${smaller[@]}" --output "$work/array.h5" --slurm --shards 4 --retries 2 --format json)
array=$(sed 's/.*"array":"\([0-9]*\)".*/\1/' <<<"$sent")
[[ $array =~ ^[0-9]+$ ]] || fail "no array job: $sent"

# kill -9 the process of a shard once it has finished a chunk
for _ in $(seq 300); do
    victim=$(pgrep --full --newest -- "$lixivia sweep.*array.h5.*--shard [0-9]" || true)
    if [ -n "$victim" ] && compgen -G "$work/array.h5.parts/chunk-*.bin" >/dev/null; then
        kill -9 "$victim" && break
    fi
    sleep 0.1
done
[ -n "${victim:-}" ] || fail "no task was seen running"
echo "killed process $victim of job $array"

for _ in $(seq 600); do
    [ -e "$work/array.h5" ] && [ ! -e "$work/array.h5.parts" ] && break
    sleep 0.5
done
[ -e "$work/array.h5" ] || fail "the joined file never came: $(squeue --noheader)"
grep -q 'Sent .* shard(s) again' "$work/array.h5.merge.log" || fail "the lost shard was not sent again"

"$python" - "$work/alone.h5" "$work/array.h5" <<'PYTHON'
import sys, h5py
one, other = (h5py.File(path) for path in sys.argv[1:])
names = []
one.visit(names.append)
seen = []
other.visit(seen.append)
assert names == seen, (names, seen)
assert dict(one.attrs) == dict(other.attrs)
for name in names:
    if isinstance(one[name], h5py.Dataset) and not name.startswith("timing"):
        a, b = one[name][()], other[name][()]
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name
print(f"{len(names)} members are equal bit for bit")
PYTHON
echo "a job array with a killed task leaves the file of one process"
