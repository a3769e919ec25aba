"""What one fax teaches about a number, the next one uses; also after a restart, and where it was carried over by hand."""

import json
import subprocess

import rig
import test_fallbacks
from support import ONE_PAGE


class Memory(test_fallbacks.Fallbacks):
    TRUNKS = {"refuses-488": {}, "drops-t38": {}}
    MEDIA = {"t38_timeout": "8s"}
    SECTIONS = '[fax]\nmemory = "{folder}/fax.sqlite"'

    def fax_to(self, name, round_, *options, **meddling):
        """As receive(), for a fax after the first."""
        peer = self.peers[name]
        peer.plans.clear()
        peer.offers.clear()
        for key, value in meddling.items():
            setattr(peer, key, value)
        process = self.bench.start_fax_receiver(f"{name}-{round_}", self.ports[name], *options)
        self.originate(str(100 + round_), self.called[name], send=str(ONE_PAGE))
        return process

    def records_to(self, name):
        return [record for record in self.bench.call_records() if record["caller"]["called"] == self.called[name]]

    def wait_for_records(self, count):
        for name in self.TRUNKS:
            self.wait(f"{count} records of {name}", lambda: len(self.records_to(name)) == count, test_fallbacks.FAX_PATIENCE)
        return {name: self.records_to(name)[-1] for name in self.TRUNKS}

    def ctl(self, *words):
        return subprocess.run([rig.BIN / "spangatectl", "--socket", self.bench.gateway_socket, *words],
                              capture_output=True, text=True, timeout=60)

    def assert_delivered_in_g711(self, record, offers, modes):
        self.assertEqual(record["fax"]["verdict"], "delivered", record["fax"])
        self.assertEqual([change["mode"] for change in record["called"][-1]["media_modes"]], modes)
        self.assertEqual(record["fax"]["transport"], "g711")
        self.assertEqual(len(offers), len([mode for mode in modes if mode == "offering-t38"]))

    def test_a_second_fax_profits_from_the_first_also_after_a_restart(self):
        self.fax_to("refuses-488", 1, "--g711", script=[488])
        self.fax_to("drops-t38", 2, "--t38", mute=True)
        first = self.wait_for_records(1)
        self.assert_delivered_in_g711(first["refuses-488"], self.peers["refuses-488"].offers, ["offering-t38", "g711-fax"])
        self.assertEqual(first["drops-t38"]["fax"]["rule"], "no T.38 packet")
        self.wait_for_no_calls()

        self.bench.restart_gateway()
        with self.subTest("a RESTART of each idle timeslot is no warning to the exchange"):
            self.assertNotIn("RESTART", self.bench.exchange.log.read_text())
        listed = json.loads(self.ctl("--json", "fax").stdout)
        self.assertEqual({fax["call"] for fax in listed}, {record["call"] for record in first.values()})
        known = {each["trunk"]: each for each in self.bench.control("memory")}
        self.assertEqual(known["refuses-488"]["held_back"], "T.38 not asked for (refused with 488)")
        self.assertEqual(known["drops-t38"]["held_back"], "no T.38 (its T.38 packets never came)")
        for name in self.TRUNKS:
            with self.subTest("the fax before the restart is found", name=name):
                shown = self.ctl("--json", "fax", str(first[name]["call"]))
                self.assertEqual(json.loads(shown.stdout or "null"), first[name], shown.stderr)

        # A second machine stands where the first stood; nothing of the peers has changed.
        self.fax_to("refuses-488", 3, "--g711", script=[488])
        self.fax_to("drops-t38", 4, "--g711")
        second = self.wait_for_records(2)
        for name, record in second.items():
            with self.subTest(fax=name):
                self.assert_delivered_in_g711(record, self.peers[name].offers, ["g711-fax"])
                self.assertGreater(record["call"], max(each["call"] for each in first.values()))
        self.wait_for_no_calls()
        self.carry_over()

    def carry_over(self):
        """Export, forget, and import again; a file with a wrong line changes nothing."""
        exported = self.ctl("memory", "export").stdout
        lines = exported.splitlines()
        self.assertEqual(len(lines), 2)
        file = self.bench.folder / "fax.jsonl"
        for number in self.called.values():
            self.assertEqual(self.ctl("memory", "forget", number).returncode, 0)
        self.assertEqual(self.ctl("memory").stdout, "no fax number is remembered\n")

        file.write_text(lines[0] + "\n" + lines[1].replace('"t38":"', '"t38":"not-'))
        refused = self.ctl("memory", "import", file)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f'{file}, line 2: "t38" must be usual', refused.stderr)
        self.assertEqual(self.bench.control("memory"), [])

        file.write_text(lines[0].replace('"trunk":"', '"trunk":"x'))
        refused = self.ctl("memory", "import", file)
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, r'line 1: there is no SIP trunk "x\S+"; there are drops-t38, .*refuses-488')
        self.assertEqual(self.bench.control("memory"), [])

        # As a person writes them: the same numbers.
        file.write_text(exported.replace('"number":"', '"number":"+'))
        self.assertIn("2 numbers taken over", self.ctl("memory", "import", file).stdout)
        self.assertEqual(self.ctl("memory", "export").stdout, exported)
        for trunk, number in self.called.items():
            self.assertEqual(self.ctl("memory", "forget", number, "other").returncode, 1)
            self.assertEqual(self.ctl("memory", "forget", f"+{number}", trunk).returncode, 0)
            again = self.ctl("memory", "forget", number)
            self.assertEqual((again.returncode, again.stderr),
                             (1, f"spangatectl: nothing is remembered of {number}\n"))

        file.write_text(exported)
        taken = self.ctl("memory", "import", file)
        self.assertEqual(taken.stdout, f"{file}: 2 numbers taken over, 0 passed over that are older than what is known\n")
        self.assertEqual(self.ctl("memory", "export").stdout, exported)
