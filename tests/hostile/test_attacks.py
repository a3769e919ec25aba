"""The gateway under attack, in short: each attack for a moment, while faxes and a call go on.

tools/hostile does the same for as long as one likes, and measures.
"""

import os
import unittest

from attacks import ATTACKS
from field import Asker, Field

SECONDS = 1.0  # of each attack


class Attacked(unittest.TestCase):
    def test_faxes_calls_and_answers_go_on_and_nothing_stays(self):
        with Field(keep=bool(os.environ.get("SPANGATE_KEEP"))) as field:
            field.begin()
            asker = Asker(field.gateway)
            asker.start()
            for name, attack in ATTACKS.items():
                with self.subTest(attack=name):
                    self.assertEqual(attack(field, SECONDS), [])
                    answered = asker.answered
                    field.wait("the trunk to be answered", lambda: asker.answered > answered)

            # Also those that nobody acknowledged, with their lines (RFC 3261 section 13.3.1.4).
            self.assertEqual(field.end(), [])
            self.assertGreater(field.counter("call.not_acknowledged"), 0)
            asker.stop()
            self.assertEqual(asker.answered, asker.asked)
            # Sofia remembers what it answered for 32 s (RFC 3261, timers H and J).
            field.wait("descriptors to be back", lambda: field.descriptors() <= field.idle_descriptors)
            field.wait(f"memory to be back to {field.idle_memory:.0f} MB", field.memory_is_back)


if __name__ == "__main__":
    unittest.main()
