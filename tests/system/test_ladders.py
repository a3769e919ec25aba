"""The ladders of docs/calls.md: each is drawn from what was really sent, and compared with tests/data/ladders.

SPANGATE_LADDERS=write in the environment draws them anew.
"""

import os
import unittest

import rig
from ladder import SDP, Ladder, Peer, Relay, between_lanes, start_gateway

GOLDEN = rig.ROOT / "tests/data/ladders"


class Ladders(unittest.TestCase):
    """Calls from SIP by ISDN to SIP: one gateway with both sides of an E1."""

    @classmethod
    def setUpClass(cls):
        cls.bench = rig.Rig("ladders", keep=bool(os.environ.get("SPANGATE_KEEP")))
        cls.addClassCleanup(cls.bench.__exit__, None, None, None)
        cls.ladder = Ladder()
        sip, caller, called, second, user, network, user_sees, network_sees = rig.free_ports(8)
        relay = Relay(cls.ladder, user, network, user_sees, network_sees)
        cls.addClassCleanup(relay.stop)
        cls.gateway = start_gateway(cls.bench, sip, (user, network, user_sees, network_sees), f'''
[trunk.caller]
kind = "sip"
peer = "sip:127.0.0.1:{caller}"
[trunk.called]
kind = "sip"
peer = "sip:127.0.0.1:{called}"
[trunk.second]
kind = "sip"
peer = "sip:127.0.0.1:{second}"
[[route]]
name = "out"
from = ["caller"]
called = ["3XX", "5XX", "9XX"]
to = ["out"]
[[route]]
name = "transferred"
from = ["caller"]
called = "6XX"
to = ["second"]
[[route]]
name = "sip to sip"
from = ["caller"]
called = "7XX"
to = ["called"]
[[route]]
name = "back"
from = ["back"]
called = "3XX"
to = ["called"]
[[route]]
name = "two ways"
from = ["back"]
called = "5XX"
to = ["called", "second"]
''')
        cls.caller = Peer(cls.ladder, 0, caller, sip)
        cls.called = Peer(cls.ladder, 3, called, sip)
        cls.second = Peer(cls.ladder, 3, second, sip)

    def setUp(self):
        self.ladder.clear()

    def tearDown(self):
        name = self._testMethodName.removeprefix("test_")
        rig.wait_until("all calls to end", lambda: self.bench.control("status")["calls"] == 0, alive=[self.gateway])
        rig.wait_until("every timeslot to idle", lambda: all(slot["state"] == "idle"
                                                             for slot in self.bench.control("timeslots")))
        golden, drawing = GOLDEN / f"{name}.txt", self.ladder.draw()
        if os.environ.get("SPANGATE_LADDERS") == "write":
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(drawing)
        self.assertEqual(between_lanes(drawing), between_lanes(golden.read_text()),
                         f"{golden} is not what was sent:\n{drawing}")

    def call(self, number):
        self.caller.call(number, self._testMethodName)

    def finish_refused(self, status):
        self.caller.expect(status)
        self.caller.request("ACK", 1)

    def hang_up_both(self, called):
        self.caller.expect("200")
        self.caller.request("ACK", 1)
        called.expect("ACK")
        self.caller.request("BYE", 2)
        called.respond(called.expect("BYE"), 200)
        self.caller.expect("200")

    def test_answered(self):
        self.call("300")
        invite = self.called.expect("INVITE")
        self.called.respond(invite, 180)
        self.caller.expect("180")
        self.called.respond(invite, 200, described=True)
        self.hang_up_both(self.called)

    def test_early_media(self):
        self.call("300")
        invite = self.called.expect("INVITE")
        self.called.respond(invite, 183, described=True)
        self.caller.expect("183")
        self.called.respond(invite, 200, described=True)
        self.hang_up_both(self.called)

    def test_busy(self):
        self.call("300")
        self.called.respond(self.called.expect("INVITE"), 486)
        self.called.expect("ACK")
        self.finish_refused("486")

    def test_no_route(self):
        self.call("400")
        self.finish_refused("404")

    def test_number_too_short(self):
        self.call("30")
        self.finish_refused("484")

    def test_no_route_behind_the_exchange(self):
        self.call("900")
        self.finish_refused("404")

    def test_caller_gives_up(self):
        self.call("300")
        invite = self.called.expect("INVITE")
        self.called.respond(invite, 180)
        self.caller.expect("180")
        self.caller.request("CANCEL", 1)
        self.caller.expect("487")
        self.caller.request("ACK", 1)
        self.called.respond(self.called.expect("CANCEL"), 200)
        self.called.respond(invite, 487)
        self.called.expect("ACK")

    def test_hold(self):
        self.call("300")
        self.called.respond(self.called.expect("INVITE"), 200, described=True)
        self.caller.expect("200")
        self.caller.request("ACK", 1)
        self.called.expect("ACK")
        for cseq, direction, answer in ((2, "sendonly", "recvonly"), (3, "sendrecv", "sendrecv")):
            self.caller.request("INVITE", cseq, SDP.format(port=9) + f"a={direction}\r\n")
            self.caller.expect("200")
            self.caller.request("ACK", cseq)
            self.called.respond(self.called.expect("INVITE"), 200, described=True, direction=answer)
            self.called.expect("ACK")
        self.caller.request("BYE", 4)
        self.called.respond(self.called.expect("BYE"), 200)
        self.caller.expect("200")

    def test_transfer(self):
        self.call("300")
        self.called.respond(self.called.expect("INVITE"), 200, described=True)
        self.caller.expect("200")
        self.caller.request("ACK", 1)
        self.called.expect("ACK")
        rig.wait_until("the line to be through", lambda: self.ladder.has("CONNECT ACKNOWLEDGE"), alive=[self.gateway])
        self.caller.request("REFER", 2, headers=["Refer-To: <sip:600@127.0.0.1>",
                                                 "Referred-By: <sip:caller@127.0.0.1>"])
        self.caller.expect("202")
        self.caller.respond(self.caller.expect("NOTIFY"), 200)
        invite = self.second.expect("INVITE")
        self.assertIn("\r\nReferred-By: <sip:caller@127.0.0.1>\r\n", invite)
        self.second.respond(invite, 180)
        self.caller.respond(self.caller.expect("NOTIFY"), 200)
        self.second.respond(invite, 200, described=True)
        self.second.expect("ACK")
        self.caller.respond(self.caller.expect("NOTIFY"), 200)
        self.caller.respond(self.caller.expect("BYE"), 200)
        self.called.hang_up()
        self.called.expect("200")
        self.second.respond(self.second.expect("BYE"), 200)

    def test_sip_to_sip(self):
        self.call("700")
        invite = self.called.expect("INVITE")
        self.called.respond(invite, 180)
        self.caller.expect("180")
        self.called.respond(invite, 200, described=True)
        self.hang_up_both(self.called)

    def test_sip_to_sip_refused(self):
        self.call("701")
        self.called.respond(self.called.expect("INVITE"), 480)
        self.called.expect("ACK")
        self.finish_refused("480")

    def test_next_target(self):
        self.call("500")
        self.called.respond(self.called.expect("INVITE"), 503)
        self.called.expect("ACK")
        self.second.respond(self.second.expect("INVITE"), 200, described=True)
        self.hang_up_both(self.second)


if __name__ == "__main__":
    unittest.main(verbosity=2)
