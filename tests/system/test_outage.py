"""The line breaks and is mended: calls end with a cause, and new ones work without a restart of the gateway."""

import json
import subprocess

import rig
from support import ONE_PAGE, ROUTES, SystemTest

HOLD = 3  # T309, seconds


class Outage(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.fax_port, = rig.free_ports(1)
        bench.start_exchange([{"number": "300", "kind": "echo"},
                              {"number": "100", "kind": "fax", "directory": bench.folder}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                                        "machine": {"peer": f"sip:127.0.0.1:{cls.fax_port}", "allow_from": ["127.0.0.9"]}},
                            routes=ROUTES + [{"name": "fax", "from": ["pstn"], "called": "200", "to": ["machine"]}],
                            pri={"t309": f"{HOLD}s"})

    def setUp(self):
        self.wait("layer 2", self.bench.spans_are_up)

    def start_call(self):
        sipp = self.call_with_sipp("uac_far_end_hangs_up", "300", values={"CAUSE": 27})
        self.wait("the answer", lambda: any(c["state"] == "answered" for c in self.bench.control("calls")))
        return sipp

    def span(self):
        return self.bench.control("spans")[0]

    def assert_calls_work(self):
        self.wait("layer 2", self.bench.spans_are_up)
        self.wait_for_no_calls()
        self.call_with_sipp("uac_call", "300").finish()
        self.wait_for_no_calls()

    def start_fax(self):
        """The exchange sends one by T.38, which has come to its page. Gives the number of the call."""
        self.bench.start_fax_receiver("machine", self.fax_port, "--t38")
        self.originate("100", "200", send=str(ONE_PAGE))
        call, = self.wait("the call", lambda: [call["call"] for call in self.bench.control("calls")])

        def timeline():
            return (self.bench.control("fax", call=call).get("fax") or {}).get("timeline", ())
        self.wait("its page", lambda: "page" in [step["kind"] for step in timeline()])
        return call

    def verdict(self, call):
        told = subprocess.run([rig.BIN / "spangatectl", "--socket", self.bench.gateway_socket, "--json", "fax",
                               str(call)], capture_output=True, text=True, check=True, timeout=60).stdout
        return json.loads(told)["fax"]

    def test_the_exchange_dies_during_a_call_and_comes_back(self):
        fax = self.start_fax()
        sipp = self.call_with_sipp("uac_far_end_hangs_up", "300", values={"CAUSE": 27})
        self.wait("both answers", lambda: [c["state"] for c in self.bench.control("calls")] == 2 * ["answered"])
        before = len(self.bench.call_records())

        self.bench.exchange.kill()

        self.wait("an alarm", lambda: self.span()["alarms"] == "RED")
        self.wait("layer 2 to be down", lambda: not self.span()["is_up"])
        sipp.finish()
        self.wait("both records", lambda: len(self.bench.call_records()) == before + 2)
        for record in self.bench.call_records()[before:]:
            self.assertEqual((record["cause"]["q850"], record["released_by"]), (27, "line"))
        verdict = self.verdict(fax)
        self.assertEqual((verdict["verdict"], verdict["rule"]), ("failed", "line down"))
        self.assertRegex(verdict["cause"], r"^Span 1 \(caller's side\) went into alarm \(RED\) \d+\.\d s after the answer")
        # Nor is what came of it drawn anywhere.
        self.assertEqual([(step["side"], step["what"]) for step in verdict["timeline"] if step["kind"] in ("line", "slip")],
                         [("a", "span 1: RED")])
        self.call_with_sipp("uac_refused", "300", values={"STATUS": 502, "CAUSE": 27}).finish()

        self.bench.exchange = self.bench.start("exchange-again", [rig.BIN / "pstnsim", "--config",
                                                                  self.bench.folder / "exchange.toml"],
                                               must_end_well=True)
        self.wait("the exchange to answer", lambda: rig.listens(self.bench.exchange_socket))
        self.assert_calls_work()
        self.assertFalse(self.bench.gateway.has_ended())

    def test_the_d_channel_is_cut_for_long_and_mended(self):
        sipp = self.start_call()
        downs = self.counter("pri.interface_downs")

        self.bench.command_exchange("dchannel", span=1, cut=True)
        self.wait("layer 2 to be down", lambda: not self.span()["is_up"])
        self.assertEqual(self.span()["alarms"], "OK")
        sipp.finish()

        self.bench.command_exchange("dchannel", span=1, cut=False)
        self.wait("layer 2", lambda: self.span()["is_up"])
        # The exchange has had no reason to look after its call, which is no call any more: so both ends agree again.
        for call in self.bench.command_exchange("calls")["calls"]:
            self.bench.command_exchange("hangup", call=call["call"])
        self.assert_calls_work()
        self.assertEqual(self.counter("pri.interface_downs"), downs + 1)

    def test_a_call_outlives_a_short_cut_of_the_line(self):
        sipp = self.start_call()

        self.bench.command_exchange("alarm", span=1, kind="los", on=True)
        self.wait("an alarm", lambda: self.span()["alarms"] == "RED")
        self.bench.command_exchange("alarm", span=1, kind="los", on=False)
        self.wait("the alarm to end", lambda: self.span()["alarms"] == "OK")

        self.wait("layer 2", lambda: self.span()["is_up"])
        call, = self.bench.control("calls")
        self.assertEqual(call["state"], "answered")
        theirs = self.wait_for_call(state="active")
        self.bench.command_exchange("hangup", call=theirs["call"], cause=27)
        sipp.finish()
        self.assert_calls_work()

    def test_alarms_are_told_by_name(self):
        for kind, name in (("ais", "BLUE"), ("rai", "YELLOW")):
            with self.subTest(kind=kind):
                self.bench.command_exchange("alarm", span=1, kind=kind, on=True)
                self.wait(f"{name} alarm", lambda: name in self.span()["alarms"])
                self.bench.command_exchange("alarm", span=1, kind=kind, on=False)
                self.wait("the alarm to end", lambda: self.span()["alarms"] == "OK")
        self.assert_calls_work()
