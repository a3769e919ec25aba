"""Numbers as peers write them, on their way from SIP by ISDN to SIP: what the line carries, and what it is spared.

The gateway's two spans are wired to each other through a relay that reads the D-channel (see ladder.py). Each test is a
table: the next report of its kind is one more row.
"""

import os
import re
import unittest

import audio
import rig
from ladder import SDP, Ladder, Peer, Relay, header, start_gateway
from support import PATIENCE

CALLING, CALLED, DISPLAY = 0x6c, 0x70, 0x28
SETUP = 0x05
SINGLE = 0x80
INTERNATIONAL, ANY = 0x10, 0x00  # type of number, Q.931 4.5.10
RESTRICTED, UNAVAILABLE = 1, 2   # presentation
NOT_SCREENED, NETWORK = 0, 3
LONG = "123456789012345678901234567890"
CODES = {"301%0d%0a2026-01-01T00%3a00%3a00.000%20error%20FORGED": "line end", "301%1b%5b2J": "ESC", "301%00": "NUL",
         "301%7f": "DEL", "301%c2%9b2J": "C1", "301%ff": "no UTF-8", "%0a": "nothing else"}


def elements(message):
    """The information elements of a Q.931 message, the first of each kind."""
    found, at = {}, 3 + message[1]
    while at < len(message):
        if message[at] & SINGLE:
            at += 1
            continue
        content = message[at + 2:at + 2 + message[at + 1]]
        found.setdefault(message[at], content)
        at += 2 + len(content)
    return found


def number_in(content):
    """Type of number, presentation, screening and digits of a calling or called number."""
    if content is None:
        return None
    at, third = 1, 0x80
    if not content[0] & SINGLE:
        third, at = content[1], 2
    return content[0] & 0x70, third >> 5 & 3, third & 3, content[at:].decode()


class Line(Relay):
    """Keeps the layer 3 messages that the user's side sends."""

    def __init__(self, *ports):
        self.messages = []
        super().__init__(Ladder(), *ports)

    def on_frame(self, lane, frame):
        before = self.last_sent.get(lane)
        super().on_frame(lane, frame)
        if lane == 1 and self.last_sent.get(lane) != before and frame[4:5] == b"\x08":
            self.messages.append(frame[4:])

    def setups(self):
        return [elements(message) for message in self.messages if message[2 + message[1]] == SETUP]


class Numbers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = rig.Rig("numbers", keep=bool(os.environ.get("SPANGATE_KEEP")))
        cls.addClassCleanup(cls.bench.__exit__, None, None, None)
        cls.sip, caller, called, user, network, user_sees, network_sees = rig.free_ports(7)
        cls.line = Line(user, network, user_sees, network_sees)
        cls.addClassCleanup(cls.line.stop)
        cls.gateway = start_gateway(cls.bench, cls.sip, (user, network, user_sees, network_sees), f'''
[records]
file = "{cls.bench.folder}/calls.jsonl"
[trunk.caller]
kind = "sip"
peer = "sip:127.0.0.1:{caller}"
[trunk.called]
kind = "sip"
peer = "sip:127.0.0.1:{called}"
dtmf = "info"
[[route]]
name = "out"
from = ["caller"]
called = "*"
to = ["out"]
[[route]]
name = "back"
from = ["back"]
called = "*"
to = ["called"]
''')
        cls.caller = Peer(Ladder(), 0, caller, cls.sip)
        cls.called = Peer(Ladder(), 3, called, cls.sip)
        for peer in (cls.caller, cls.called):
            cls.addClassCleanup(peer.socket.close)
        cls.calls = 0

    def tearDown(self):
        rig.wait_until("all calls to end", lambda: self.bench.control("status")["calls"] == 0, alive=[self.gateway])
        rig.wait_until("every timeslot to idle", lambda: all(slot["state"] == "idle"
                                                             for slot in self.bench.control("timeslots")))

    def invite(self, uri="sip:301@127.0.0.1", sender="<sip:200@127.0.0.1>", headers=(), port=9):
        """Sends an INVITE just so."""
        Numbers.calls += 1
        self.invited = (uri, sender, f"numbers-{Numbers.calls}")
        body = SDP.format(port=port)
        self.say("INVITE", f"<{uri}>", [*headers, f"Contact: <sip:200@127.0.0.1:{self.caller.port}>",
                                       "Content-Type: application/sdp"], body)

    def say(self, method, to, headers=(), body=""):
        uri, sender, call_id = self.invited
        self.caller.socket.sendto("\r\n".join([
            f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.caller.port};branch=z9hG4bK{call_id}",
            "Max-Forwards: 70", f"From: {sender};tag=1", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: 1 {method}", *headers,
            f"Content-Length: {len(body)}", "", body]).encode(), self.caller.gateway)

    def refused(self, **invite):
        """The status and the cause of a call that does not come about."""
        self.invite(**invite)
        while True:
            self.caller.socket.settimeout(PATIENCE)
            answer = self.caller.socket.recv(65536).decode(errors="replace")
            if header(answer, "Call-ID") == self.invited[2] and not answer.startswith("SIP/2.0 1"):
                break
        self.say("ACK", header(answer, "To"))
        return int(answer.split()[1]), int(re.search(r"cause=(\d+)", header(answer, "Reason"))[1])

    def carried(self, **invite):
        """The elements of the SETUP that becomes of an INVITE, and the INVITE that becomes of that, refused."""
        before = len(self.line.setups())
        self.invite(**invite)
        arrived = self.called.expect("INVITE", PATIENCE)
        setup, = self.line.setups()[before:]
        self.called.respond(arrived, 486)
        self.called.expect("ACK", PATIENCE)
        answer = self.caller.expect("486", PATIENCE)
        self.say("ACK", header(answer, "To"))
        return setup, arrived

    def test_called_numbers(self):
        for uri, type_of_number, digits in (
                ("tel:+358-(555)-123.4567", INTERNATIONAL, "3585551234567"),
                ("sip:+358-555-1234567;postd=pp22@127.0.0.1;user=phone", INTERNATIONAL, "3585551234567"),
                ("tel:7042;phone-context=example.com", ANY, "7042"),
                ("sip:*21*5550100%23@127.0.0.1", ANY, "*21*5550100#"),
                (f"sip:{LONG}1@127.0.0.1", ANY, LONG + "1")):
            with self.subTest(uri):
                setup, arrived = self.carried(uri=uri)
                self.assertEqual(number_in(setup[CALLED])[0], type_of_number)
                self.assertEqual(number_in(setup[CALLED])[3], digits)
                plus = "+" if type_of_number == INTERNATIONAL else ""
                self.assertIn(f"sip:{plus}{digits.replace('#', '%23')}@", arrived.split("\r\n")[0])

    def test_what_no_line_can_carry_is_refused_and_nothing_dialled(self):
        before, counted = len(self.line.setups()), self.bench.counters()
        for user in (LONG + LONG, LONG + "12", "300,,1900", "x" * 300, "john.doe", "100-2", *CODES):
            with self.subTest(user):
                self.assertEqual(self.refused(uri=f"sip:{user}@127.0.0.1"), (484, 28))
        with self.subTest("no user part"):
            self.assertEqual(self.refused(uri="sip:127.0.0.1"), (484, 28))
        self.assertEqual(len(self.line.setups()), before)
        counters = self.bench.counters()
        self.assertEqual(counters["pri.refused_numbers"] - counted["pri.refused_numbers"], 6)
        self.assertEqual(counters["call.refused_number"] - counted.get("call.refused_number", 0), len(CODES) + 1)

    def test_who_calls(self):
        asserted = "P-Asserted-Identity: "
        for sender, headers, calling, display in (
                ("<tel:0039-02-1234>", [], (ANY, 0, NOT_SCREENED, "0039021234"), None),
                ("<sip:200@x>", ["P-Asserted-Identity: <tel:+1-555>"], (INTERNATIONAL, 0, NETWORK, "1555"), None),
                ("<sip:acct-77@x>", [asserted + '"Acct" <sip:acct-77@x>', asserted + '"Acct" <tel:+15551230042>'],
                 (INTERNATIONAL, 0, NETWORK, "15551230042"), b"Acct"),
                ("<sip:200@x>", [asserted + "<sip:acct-77@x>"], (ANY, 0, NOT_SCREENED, "200"), None),
                ('"Ann" <sip:john.doe@x>', [], (ANY, UNAVAILABLE, NETWORK, ""), b"Ann"),
                ("<sip:asterisk@x>", [], (ANY, UNAVAILABLE, NETWORK, ""), None),
                ("<sip:Unknown@x>", [], (ANY, UNAVAILABLE, NETWORK, ""), None),
                ("<sip:Restricted@x>", [], (ANY, RESTRICTED, NOT_SCREENED, ""), None),
                ('"Anonymous" <sip:anonymous@anonymous.invalid>', [], (ANY, RESTRICTED, NOT_SCREENED, ""), None),
                ('"Unknown" <sip:unavailable@unknown.invalid>', [], (ANY, RESTRICTED, NOT_SCREENED, ""), ...),
                (f"<sip:{LONG}12@x>", [], (ANY, UNAVAILABLE, NETWORK, ""), None),
                ("<sip:200%0d%0aFORGED@x>", [], None, None)):
            with self.subTest(sender=sender, headers=headers):
                setup, _ = self.carried(sender=sender, headers=headers)
                self.assertEqual(number_in(setup.get(CALLING)), calling)
                if display is not ...:  # whether a name goes with a restricted number is the line's affair
                    self.assertEqual(setup.get(DISPLAY), display)

    def test_only_what_is_verified_is_asserted(self):
        for headers, is_asserted in (([], False), (["P-Asserted-Identity: <sip:555@x>"], True),
                                     (["Remote-Party-ID: <sip:555@x>;party=calling;screen=no"], False)):
            with self.subTest(headers):
                _, arrived = self.carried(sender="<sip:555@x>", headers=headers)
                self.assertIn("<sip:555@", header(arrived, "From"))
                self.assertEqual("<sip:555@" in header(arrived, "P-Asserted-Identity"), is_asserted)

    def test_history_tells_the_reason(self):
        for history, number, reason in (
                ("<sip:+15550000001@x?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%20Here%22>;index=1, "
                 "<sip:301@x>;index=1.1;mp=1", "+15550000001", "user-busy"),
                ("<tel:0555-01?Reason=SIP%3Bcause%3D408>;index=1, <sip:301@x>;index=1.1", "055501", "no-answer"),
                ("<sip:0555@x>;index=1, <sip:301@x;cause=302>;index=1.1", "0555", "unconditional")):
            with self.subTest(history):
                _, arrived = self.carried(headers=["History-Info: " + history])
                diversion = header(arrived, "Diversion")
                self.assertTrue(diversion.startswith(f"<sip:{number}@"), diversion)
                self.assertIn(f";reason={reason};", diversion)

    def test_no_peer_writes_lines_of_the_log(self):
        self.refused(uri="sip:301%0d%0a2026-01-01T00%3a00%3a00.000%20error%20FORGED@127.0.0.1")
        self.refused(uri="sip:x%1b%5b2J@127.0.0.1", sender="<sip:200%0aFORGED@x>",
                     headers=["P-Asserted-Identity: <sip:1%0aFORGED@x>"])
        self.refused(uri="sip:y%c2%9b%7f@127.0.0.1", sender='"F\x1b[2J" <sip:201@x>')
        rig.wait_until("the calls to end", lambda: self.bench.control("status")["calls"] == 0, alive=[self.gateway])
        log = (self.bench.folder / "gateway.log").read_bytes()
        self.assertIn(rb"301\x0D\x0A2026-01-01T00:00:00.000 error FORGED", log)
        self.assertIn(rb"y\xC2\x9B\x7F", log)
        lines = log.decode().split("\n")
        self.assertFalse([line for line in lines if re.search(r"[\x00-\x1f\x7f-\x9f]", line)])
        self.assertFalse([line for line in lines if line and not re.match(r"\d{4}-\d\d-\d\dT[\d:.]+ \w+ ", line)])
        self.assertFalse([line for line in lines if " error FORGED" in line and "\\x0D\\x0A" not in line])
        records = (self.bench.folder / "calls.jsonl").read_bytes()
        self.assertFalse(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", records))

    def test_digits_go_out_by_info(self):
        """To a peer that knows nothing else: keys that came by INFO, and those heard in band on the line."""
        media = audio.RtpPeer()
        self.addCleanup(media.close)
        self.invite(port=media.port)
        arrived = self.called.expect("INVITE", PATIENCE)
        self.assertNotIn("telephone-event", arrived)
        self.called.respond(arrived, 200, described=True)
        self.called.expect("ACK", PATIENCE)
        answer = self.caller.expect("200", PATIENCE)
        self.say("ACK", header(answer, "To"))
        told = []
        ignored = self.bench.counters().get("sip.rx.info_digits_ignored", 0)
        for cseq, (kind, body) in enumerate((
                ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), ("application/dtmf-relay", "Signal=11\r\n"),
                ("application/dtmf-relay", "Signal=16\r\n"), ("application/dtmf", "9")), 2):
            self.info(cseq, kind, body, header(answer, "To"))
            self.caller.expect("200", PATIENCE)
            if "Signal=16" not in body:
                told.append(self.digit_told())
        self.assertEqual(told, ["5", "#", "9"])
        self.assertEqual(self.bench.counters()["sip.rx.info_digits_ignored"] - ignored, 1)

        silence = [0] * 8 * 200
        media.say(silence + audio.tone(audio.DTMF["7"], 0.2) + silence)
        self.assertEqual(self.digit_told(), "7")
        self.called.hang_up()
        self.caller.respond(self.caller.expect("BYE", PATIENCE), 200)
        self.assertEqual(sum(said.startswith("INFO") for said in self.called.heard), 4)

    def digit_told(self):
        info = self.called.expect("INFO", PATIENCE)
        self.called.respond(info, 200)
        self.assertEqual(header(info, "Content-Type"), "application/dtmf-relay")
        return re.search(r"Signal=(.)\r\nDuration=\d+\r\n", info)[1]

    def info(self, cseq, kind, body, to):
        _, sender, call_id = self.invited
        self.caller.send("\r\n".join([
            f"INFO {self.caller.target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.caller.port};branch=z9hG4bK{call_id}{cseq}", "Max-Forwards: 70",
            f"From: {sender};tag=1", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {cseq} INFO", f"Content-Type: {kind}",
            f"Content-Length: {len(body)}", "", body]))


class EmptyNumber(unittest.TestCase):
    """Q.931 5.1.3, 5.2.4: a SETUP with Sending complete and no digit."""

    def test_is_refused_with_cause_28(self):
        with rig.Rig("empty", keep=bool(os.environ.get("SPANGATE_KEEP"))) as bench:
            port, = rig.free_ports(1)
            bench.start_exchange([{"number": "200", "kind": "echo"}])
            bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{port}"}},
                                routes=[{"name": "in", "from": ["pstn"], "called": "*", "to": ["pbx"]}])
            peer = Peer(Ladder(), 3, port, bench.sip_port)
            self.addCleanup(peer.socket.close)
            call = bench.command_exchange("originate", **{"from": "200", "to": ""})["call"]
            ended = rig.ask(bench.exchange_socket, {"command": "wait", "call": call, "timeout_ms": 60000}, 90)
            self.assertEqual(ended["cause"], 28)
            rig.wait_until("the record", bench.call_records)
            record, = bench.call_records()
            self.assertEqual((record["cause"]["q850"], record["called"]), (28, []))
            peer.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while not peer.socket.recv(65536).startswith(b"INVITE"):
                    pass  # OPTIONS


if __name__ == "__main__":
    unittest.main()
