"""Prints the licences of everything that is linked into the program for a target, each text once.

Usage: python3 scripts/third_party_licences.py TARGET
"""

import json
import pathlib
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
ROOT = pathlib.Path(__file__).resolve().parent.parent


def linked_packages(target):
    """The packages that normal and build dependencies bring in for this target, ours left out."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    dependencies = {
        node["id"]: [
            link["pkg"] for link in node["deps"] if any(kind["kind"] != "dev" for kind in link["dep_kinds"])
        ]
        for node in metadata["resolve"]["nodes"]
    }
    root, seen = metadata["resolve"]["root"], set()
    waiting = list(dependencies[root])
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            waiting.extend(dependencies[package])
    return [package for package in metadata["packages"] if package["id"] in seen]


def licence_files(folder):
    """Licence texts of a package: in its folder, and in the sources of the C library that it carries."""
    folders = [folder, *(path for path in folder.glob("ext/*") if path.is_dir()), folder / "src" / "zlib"]
    return sorted(
        path
        for each in folders
        if each.is_dir()
        for path in each.iterdir()
        if path.is_file() and path.name.upper().startswith(NAMES)
    )


def main():
    texts = {}  # text -> packages that bear it
    for package in sorted(linked_packages(sys.argv[1]), key=lambda package: package["name"]):
        label = f"{package['name']} {package['version']} ({package['license']})"
        files = licence_files(pathlib.Path(package["manifest_path"]).parent)
        for text in {path.read_text("utf-8", "replace").strip() for path in files} or {"(no text in the package)"}:
            texts.setdefault(text, []).append(label)
    fonts = (ROOT / "assets/fonts/LICENSE").read_text("utf-8").strip()
    texts.setdefault(fonts, []).append("DejaVu fonts 2.37")

    print("Lixivia contains the following software, used under the licences printed below.")
    for text, labels in sorted(texts.items(), key=lambda entry: entry[1]):
        print("\n" + "=" * 100)
        print("\n".join(sorted(set(labels))))
        print("-" * 100)
        print(text)


main()
