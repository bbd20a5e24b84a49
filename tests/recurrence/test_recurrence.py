"""The recurrence of events, against python3-dateutil (RFC 5545, 3.3.10 and 3.8.5)."""
import os
import random

import cases
import expanders

LONG = bool(os.environ.get('LONG'))
CASES = 20000 if LONG else 2500


def test_rules_and_zones(ask):
    seed = int(os.environ.get('SEED', random.randrange(10**9) if LONG else 2026))
    print(f'SEED={seed}')
    source, some = random.Random(seed), 0
    for number in range(CASES):
        case = cases.draw(source)
        expected = expanders.instances(case, case.ask_from, case.ask_to)
        found = [int(row[0]) for row in ask(case.ics(), case.ask_from, case.ask_to)
                 if case.ask_from <= int(row[0]) < case.ask_to]
        assert found == expected, f'case {number} of SEED={seed}:\n{case.ics().decode()}\n' \
            f'asked from {case.ask_from} to {case.ask_to}; too many: {sorted(set(found) - set(expected))[:5]}, ' \
            f'missing: {sorted(set(expected) - set(found))[:5]}'
        some += len(found)
    print(f'{CASES} cases, {some} instances')
