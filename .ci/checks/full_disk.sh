#!/usr/bin/env bash
# A full disk and a read-only folder: a clear message, the old file untouched, no temporary file left.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --quiet --example hdf5_sample
sample=${CARGO_TARGET_DIR:-$PWD/target}/debug/examples/hdf5_sample
disk=$(mktemp -d)
trap 'rmdir "$disk"' EXIT

# A private mount needs no root where user namespaces are allowed, and none of ours outlives the shell.
unshare --map-root-user --mount bash -euo pipefail -s "$sample" "$disk" <<'INSIDE'
sample=$1 disk=$2
fail() { echo "full_disk: $1" >&2; exit 1; }

mount -t tmpfs -o size=1m tmpfs "$disk"
echo old >"$disk/a.h5"
message=$("$sample" "$disk/a.h5" 100000 2>&1) && fail "a file larger than the disk was written"
[[ $message == *DiskFull* ]] || fail "no word of a full disk: $message"
[[ $(cat "$disk/a.h5") == old ]] || fail "the old file was touched"
[[ $(ls -A "$disk") == a.h5 ]] || fail "left behind: $(ls -A "$disk")"

mount -o remount,ro "$disk"
message=$("$sample" "$disk/a.h5" 2>&1) && fail "a read-only disk was written"
[[ $message == *Denied* ]] || fail "no word of a read-only disk: $message"
INSIDE
echo "a full disk and a read-only one are named, and leave the old file alone"
