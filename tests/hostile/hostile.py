"""Attacks on a gateway at work, one after the other, and what each cost: tools/hostile --help tells more."""

import argparse
import sys
import threading

from attacks import ATTACKS
from field import Asker, Field

ANSWER_MS = 100.0  # within which the trunk's OPTIONS must be answered, whatever goes on
FAX_SECONDS = 45.0  # what a round lasts beside its attack


class Watch(threading.Thread):
    """The most memory and descriptors that the gateway had."""

    def __init__(self, field):
        super().__init__(daemon=True)
        self.field, self.is_over = field, threading.Event()
        self.memory = self.descriptors = 0

    def run(self):
        while not self.is_over.wait(0.1):
            self.memory = max(self.memory, self.field.memory())
            self.descriptors = max(self.descriptors, self.field.descriptors())

    def stop(self):
        self.is_over.set()
        self.join()


def run(field, name, attack, seconds):
    """One attack with faxes and a call beside it: prints its row, and gives whether all was well."""
    field.begin()
    asker, watch = Asker(field.gateway, pause=0.1), Watch(field)
    asker.start()
    watch.start()
    cpu = field.bench.gateway.cpu_seconds()
    trouble = attack(field, seconds)
    cpu = field.bench.gateway.cpu_seconds() - cpu
    asked, answered, median, worst = asker.figures()
    trouble += field.end()
    asker.stop()
    watch.stop()
    if answered < asked - 1:
        trouble.append(f"{asked - answered} of {asked} OPTIONS were not answered")
    if worst > ANSWER_MS:
        trouble.append(f"an OPTIONS was answered after {worst:.0f} ms")
    for what, is_back in (("descriptors", lambda: field.descriptors() <= field.idle_descriptors),
                          ("memory", field.memory_is_back)):
        try:
            field.wait(f"{what} to be back", is_back, 60)
        except Exception:
            trouble.append(f"{what} not back after 60 s")
    print(f"{name:38} {asked:6} {answered:8} {median:7.1f} {worst:7.1f} {100 * cpu / seconds:5.0f} "
          f"{field.idle_memory:6.0f} {watch.memory:6.0f} {field.memory():6.0f} {watch.descriptors:6} "
          f"{field.descriptors() - field.idle_descriptors:+5}  {'; '.join(trouble) or 'well'}", flush=True)
    return not trouble


def main():
    parser = argparse.ArgumentParser(prog="tools/hostile")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    chosen = {name: attack for name, attack in ATTACKS.items() if options.only in name}
    if not chosen:
        parser.error(f"no attack is named so; there are: {', '.join(ATTACKS)}")
    seconds = max(5.0, options.minutes * 60 / len(chosen) - FAX_SECONDS)
    print(f"{seconds:.0f} s of each attack. MB: before, most, after. Descriptors: most, and how many more than before.")
    print(f"{'attack':38} {'asked':>6} {'answered':>8} {'median':>7} {'worst':>7} {'CPU %':>5} {'MB':>6} {'':>6} {'':>6} "
          f"{'fds':>6} {'':>5}  how it went (OPTIONS in ms)", flush=True)
    with Field(keep=options.keep) as field:
        all_well = all([run(field, name, attack, seconds) for name, attack in chosen.items()])
        for name, value in field.counters("sip.").items():
            print(f"{name} {value}")
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
