#!/usr/bin/env python3
"""Compares two files of traces, plain or gzipped, scenario by scenario.

  compare_traces.py RECORDED ACTUAL   exit status 0 only if every recorded trace is in ACTUAL, equal
  compare_traces.py --strip RECORDED  prints the scenarios without their traces

A line is one JSON object with `id`, `scenario` and `trace`. Two traces are equal if they are the
same JSON, whatever the order of keys. Of those that differ the first five are shown, each at the
first entry that differs. Ids that only ACTUAL has are ignored.
"""
import gzip
import json
import sys

SHOWN = 5


def lines(path):
    """The objects of a file, one a line."""
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with (gzip.open if packed else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def text(value):
    """JSON that is equal exactly if the values are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def show(scenario, recorded, actual):
    """Prints the first entry at which two traces part."""
    steps = scenario.get("steps", [])
    # Where the trace begins with the start of the tree, its entries are one ahead of the steps.
    ahead = len(recorded) - len(steps)
    for at in range(max(len(recorded), len(actual))):
        left = recorded[at] if at < len(recorded) else "(the trace ends)"
        right = actual[at] if at < len(actual) else "(the trace ends)"
        if text(left) != text(right):
            step = steps[at - ahead] if 0 <= at - ahead < len(steps) else "(the start)"
            print(f"  entry {at}, step {text(step)[:600]}")
            print(f"    recorded: {text(left)[:1200]}")
            print(f"    actual:   {text(right)[:1200]}")
            return


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--strip":
        for line in lines(arguments[1]):
            line.pop("trace", None)
            print(text(line))
        return 0
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    actual = {line["id"]: line.get("trace") for line in lines(arguments[1])}
    total = wrong = 0
    for line in lines(arguments[0]):
        total += 1
        got = actual.get(line["id"])
        if got is not None and text(got) == text(line["trace"]):
            continue
        wrong += 1
        if wrong <= SHOWN:
            print(f"{line['id']} {'is missing' if got is None else 'differs'}")
            if isinstance(got, list):
                show(line["scenario"], line["trace"], got)
    print(f"{total - wrong} of {total} scenarios equal")
    return 0 if total and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
