"""faithful_client.py cases [FILTER] | damage SEED COUNT, and a JSON of where product and twin are on standard input.

Prints a line for each case that is wrong, and a summary; ends with 1 if anything is wrong.
"""

import json
import sys
import time

from faithful import all as _  # noqa: F401: every module adds its cases
from faithful.case import CASES
from faithful.sealed import SEALS, missing
from faithful.verdicts import gathered, judged

what, *more = sys.argv[1:]
world = json.load(sys.stdin)
if what == "damage":
    from faithful.damage import damaged

    seed, count = int(more[0]), int(more[1])
    print(f"seed {seed}")
    cases = damaged(seed, count)
else:
    cases = [case for case in CASES.values() if not more or more[0] in case.name]
for reason in missing:
    print(f"skipped: {reason}")
began = time.monotonic()
bad = total = 0
facts = gathered(world, cases)
for case, way, found in judged(cases, *facts, SEALS):
    total += 1
    if found:
        bad += 1
        print(f"WRONG {way:5} {case.name}: {'; '.join(found)}")
print(f"{total} judged, {bad} wrong, {time.monotonic() - began:.1f} s")
sys.exit(1 if bad or not total else 0)
