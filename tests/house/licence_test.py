#!/usr/bin/env python3
"""Licence: the project is Apache-2.0, and every folder with files of others says whose they are."""

import os
import re
import sys

import house

# Folders whose files came from outside (or were made from such): a README there, or above, names each
# source and its licence.  A new folder of data under tests/data or a */dict folder is found by itself.
LICENCES = r"Apache-2\.0|MIT|public domain|Unlicense|ISC|BSD|CC0|CC-BY|US government|OGL|written for this (?:project|purpose)"


def data_folders(paths):
    """Folders that hold data of others: those right below tests/data, and dictionaries."""
    folders = {"/".join(path.split("/")[:3]) for path in paths
               if path.startswith("tests/data/") and len(path.split("/")) > 3}
    return sorted(folders | {os.path.dirname(path) for path in paths if os.path.dirname(path).endswith("/dict")})


def provenance_faults(folder, readmes):
    """[what]: readmes maps a README's path to its text; the nearest one speaks for the folder."""
    above = folder
    while above:
        content = readmes.get(f"{above}/README.md")
        if content is not None:
            if above != folder and os.path.basename(folder) not in content:
                return [f"is not mentioned in {above}/README.md"]
            return [] if re.search(LICENCES, content) else [f"{above}/README.md names no licence"]
        above = os.path.dirname(above)
    return ["has no README.md that says where its files come from and under which licence"]


def main():
    complaints = house.Complaints(
        "LICENSE is Apache-2.0; each folder with files of others has a README naming source and licence",
        "an agency's lawyers must be able to say yes in an afternoon",
        "add a row to the README: which files, from where at which commit, which licence; no licence, no file")
    house.canary(provenance_faults("tests/data/x", {"tests/data/README.md": "y: MIT"}) != [] and
                 provenance_faults("a/dict", {}) != [] and
                 provenance_faults("tests/data/x", {"tests/data/README.md": "x: MIT"}) == [], "data without provenance")
    licence = house.text("LICENSE") if os.path.exists(os.path.join(house.ROOT, "LICENSE")) else ""
    for words in ("Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"):
        if words not in licence:
            complaints.add("LICENSE", f'does not hold "{words}"')
    paths = house.files()
    readmes = {path: house.text(path) for path in paths if path.endswith("README.md")}
    folders = data_folders(paths)
    house.canary(folders, "any folder of data")
    for folder in folders:
        for fault in provenance_faults(folder, readmes):
            complaints.add(folder, fault)
    for room in house.ARROWS:  # a copied file brings its own notice along: that is how it is noticed
        for path in house.files(".c", ".h", under=room):
            if re.search(r"Copyright|SPDX|\(c\) (?:19|20)\d\d|All rights reserved", house.text(path)):
                complaints.add(path, "carries a notice of its own; is it copied?")
    return complaints.end(f"Apache-2.0, and the provenance of {len(folders)} folders")


if __name__ == "__main__":
    sys.exit(main())
