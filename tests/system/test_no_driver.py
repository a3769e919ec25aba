"""A machine without the DAHDI driver: analog trunks say what is missing, and everything else runs."""

import pathlib
import unittest

from support import ROUTES, SystemTest

ANALOG = """
[span.9]
backend = "dahdi"
[trunk.phones]
kind = "fxs"
spans = [9]
[trunk.lines]
kind = "fxo"
spans = [9]
[[line]]
ext = "401"
did = "+442079460401"
port = "9/1"
trunk = "phones"
[[line]]
number = "+442079460401"
port = "9/3"
trunk = "lines"
"""


@unittest.skipIf(pathlib.Path("/dev/dahdi/ctl").exists(), "this machine has the driver")
class NoDriver(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, sections=ANALOG,
                            routes=[*ROUTES, {"name": "phones", "from": ["pbx"], "called": "4XX", "to": ["phones"]}])

    def test_the_port_tells_what_is_missing(self):
        (port,) = [slot for slot in self.bench.control("timeslots") if slot["slot"] == "9/1"]

        self.assertEqual(port["state"], "out of service")
        self.assertIn("dahdi", port["detail"])

    def test_each_port_is_its_trunks_though_they_share_the_span(self):
        ports = {slot["slot"]: slot["trunk"] for slot in self.bench.control("timeslots")}
        (span,) = [span for span in self.bench.control("spans") if span["span"] == 9]

        self.assertEqual((ports["9/1"], ports["9/3"]), ("phones", "lines"))
        self.assertEqual(span["trunk"], "lines, phones")
        self.assertEqual(span["out_of_service"], 2)

    def test_the_doctor_says_so_once_and_how_to_mend_it(self):
        faults = [finding for finding in self.bench.control("doctor") if finding["grade"] == "fault"]

        self.assertEqual([fault["subject"] for fault in faults], ["driver"])
        self.assertIn("dahdi", faults[0]["says"])
        self.assertIn("restart spangated", faults[0]["mend"])

    def test_a_call_there_is_refused_and_the_rest_runs(self):
        before = len(self.bench.call_records())

        self.call_with_sipp("uac_refused", "401", values={"STATUS": 502, "CAUSE": 27}).finish()

        self.assertEqual(self.new_record(before)["cause"]["q850"], 27)
        self.call_with_sipp("uac_call", "300").finish()


if __name__ == "__main__":
    unittest.main()
