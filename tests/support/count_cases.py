# SPDX-FileCopyrightText: stretto contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts the cases of the last `meson test` in a build folder: `count_cases.py FOLDER`.

A GoogleTest program counts case by case, from the XML that it wrote; one that died or hung counts one failure more.
Prints each failed and skipped case with its reason, then "N passed, N failed, N skipped". Exits 1 on any failure,
and where nothing ran at all.
"""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree


def cases_of(report):
    """Yields (outcome, name, reason) for each case of one GoogleTest program."""
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = case.findall("failure")
        skipped = case.find("skipped")
        if failures:
            yield "failed", name, failures[0].get("message", "").strip()
        elif skipped is not None:
            yield "skipped", name, skipped.get("message", "").strip().replace("\n", " ")
        elif case.get("status") == "notrun":
            yield "skipped", name, "disabled"
        else:
            yield "passed", name, ""


def cases_of_program(folder, program):
    name = program["name"].split(" / ")[-1]
    report = folder / f"{name}.xml"
    cases = list(cases_of(report)) if report.exists() else []
    result = program["result"]
    if result == "SKIP" and not cases:
        cases.append(("skipped", name, "the program skipped itself"))
    elif result not in ("OK", "SKIP") and not any(outcome == "failed" for outcome, _, _ in cases):
        cases.append(("failed", name, f"the program ended with {result}, exit code {program['returncode']}"))
    elif not cases:
        cases.append(("passed", name, ""))
    return name, cases


def main(folder):
    log = folder / "meson-logs" / "testlog.json"
    if not log.exists():
        sys.exit(f"no test ran in {folder}/: the build failed, or no suite has such a name")
    lines = log.read_text().splitlines()
    counts = collections.Counter()
    seen = set()
    for program in map(json.loads, lines):
        name, cases = cases_of_program(folder, program)
        if name in seen:
            sys.exit(f"two tests are named '{name}': they would overwrite each other's report")
        seen.add(name)
        for outcome, case, reason in cases:
            counts[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {name}: {case}: {reason}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["failed"] == 0 and counts["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
