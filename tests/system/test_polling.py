"""Fax polling (T.30 5.3.6.1: DTC): who is called has the document. Between T.38 and G.711, each way round."""

import rig
from support import ONE_PAGE, SystemTest

FAX_PATIENCE = 240.0  # a page takes 30 s on the line

# What of the SIP side an address stands for: the machines call from one of these.
T38_HOST, G711_HOST = "127.0.0.1", "127.0.0.3"


class FaxPolled(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.ports = dict(zip(("t38", "g711"), rig.free_ports(2)))
        bench.start_exchange([{"number": "100", "kind": "fax", "directory": bench.folder}])
        bench.start_gateway(
            sip_trunks={"t38": {"peer": f"sip:127.0.0.1:{cls.ports['t38']}", "allow_from": [T38_HOST]},
                        "g711": {"peer": f"sip:127.0.0.1:{cls.ports['g711']}", "allow_from": [G711_HOST],
                                 "fax": {"t38": "never"}}},
            routes=[{"name": name, "called": number, "to": [name]} for name, number in (("t38", "200"), ("g711", "201"))])

    def offer(self, name, port, *options):
        """A machine that waits with a page for who polls it."""
        process = self.bench.start(name, [rig.BIN / "sgfax", "offer", ONE_PAGE, "--local", f"127.0.0.1:{port}", "--json",
                                          "--verbose", *options])
        self.wait(f"{name} to be ready", lambda: "ready sip:" in process.log.read_text())
        return process

    def poll(self, name, number, host, *options):
        """A machine that calls and takes what is offered."""
        return self.bench.start(name, [rig.BIN / "sgfax", "poll", f"sip:{number}@127.0.0.1:{self.bench.sip_port}",
                                       "--local", f"{host}:0", "--out", self.bench.folder / f"{name}.tif", "--json",
                                       "--verbose", *options])

    def test_a_page_with_error_correction_comes_through_either_way(self):
        faxes = {"G.711": [self.offer("t38-has-it", self.ports["t38"], "--t38"),
                           self.poll("g711-polls", "200", G711_HOST, "--g711")],
                 "T.38": [self.offer("g711-has-it", self.ports["g711"], "--g711"),
                          self.poll("t38-polls", "201", T38_HOST, "--t38")]}

        for transport, (has_it, polls) in faxes.items():
            with self.subTest(transport=transport):
                for process, verdict in ((has_it, "confirmed"), (polls, "received")):
                    code = process.wait(FAX_PATIENCE)
                    self.assertEqual(code, 0, process.last_words())
                    result = rig.json_lines(process.out)[-1]
                    self.assertEqual((result["verdict"], result["pages"], result["ecm"]), (verdict, 1, True))
                self.assertEqual(result["transport"], transport)
                self.assertEqual(rig.identical_pages(ONE_PAGE, result["file"]), 1)
        self.wait_for_no_calls()
        records = {record["caller"]["called"]: record["fax"] for record in self.bench.call_records()}
        for number in ("200", "201"):
            with self.subTest(number=number):
                fax = records[number]
                self.assertEqual((fax["verdict"], fax["pages"], fax["ecm"]), ("delivered", 1, True), fax["cause"])
                frames = [step["what"] for step in fax["timeline"] if step["kind"] == "frame"]
                self.assertIn("DTC", frames)
