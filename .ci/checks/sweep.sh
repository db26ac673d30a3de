#!/usr/bin/env bash
# A sweep on a full disk, a read-only one and with a damaged chunk: a clear message, finished chunks kept, the right file.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --quiet
lixivia=${CARGO_TARGET_DIR:-$PWD/target}/debug/lixivia
disk=$(mktemp -d)
trap 'rmdir "$disk"' EXIT

unshare --map-root-user --mount bash -euo pipefail -s "$lixivia" "$disk" <<'INSIDE'
lixivia=$1 disk=$2
fail() { echo "sweep: $1" >&2; exit 1; }
sweep() { "$lixivia" sweep benches/workloads/w6.toml --set sweep.factors.T.points=1 --set sweep.factors.SL.points=2 --set units.leach.tolerance=1e-4 --output "$disk/a.h5" "$@" 2>&1; }

mount -t tmpfs -o size=160k tmpfs "$disk"
message=$(sweep) && fail "a sweep larger than the disk ended well"
[[ $message == *"disk is full"* ]] || fail "no word of a full disk: $message"
[ ! -e "$disk/a.h5" ] || fail "a wrong file was left"
before=$(cd "$disk/a.h5.parts" && sha256sum chunk-*.bin | sort)
[ -n "$before" ] || fail "no chunk was finished before the disk was full"

mount -o remount,size=10m "$disk"
damaged=$(ls "$disk"/a.h5.parts/chunk-*.bin | head -1)
printf x | dd of="$damaged" bs=1 seek=300 conv=notrunc status=none
message=$(sweep) || fail "the sweep did not go on: $message"
[[ $message == *"1 damaged chunk(s) computed again"* ]] || fail "no word of the damaged chunk: $message"
[[ $message == *"there from before"* ]] || fail "finished chunks were lost: $message"

mv "$disk/a.h5" "$disk/first.h5"
mount -o remount,ro "$disk"
message=$(sweep) && fail "a read-only disk was written"
[[ $message == *denied* ]] || fail "no word of a read-only disk: $message"
INSIDE
echo "full disk, damaged chunk and read-only disk: named, and no finished chunk lost"
