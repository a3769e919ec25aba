"""SIP peers that are dead, come back, or were never invited: probes, failover, unknown sources. Asterisk's ways."""

import datetime
import math
import re
import socket
import threading

import audio
import rig
from asterisk import Asterisk
from support import ONE_PAGE, ROUTES, SystemTest, run_program
from udp_peer import PeersCall, UdpPeer
from test_fallbacks import FAX_PATIENCE, Fallbacks


class OptionsPeer:
    """A SIP peer that answers nothing until it is told to, and then every OPTIONS with 200."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers = False
        self.invites = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            message, source = self.socket.recvfrom(65536)
            lines = message.decode(errors="replace").split("\r\n")
            self.invites += lines[0].startswith("INVITE")
            if not self.answers or not lines[0].startswith("OPTIONS"):
                continue
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
            kept = [line + ";tag=1" if line.startswith("To:") else line for line in kept]
            self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)


def invite(source, port, number):
    host, own = source.getsockname()
    return (f"INVITE sip:300@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{own};branch=z9hG4bK-{number}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1@{host}>;tag=1\r\nTo: <sip:300@127.0.0.1>\r\n"
            f"Call-ID: scan-{number}\r\nCSeq: 1 INVITE\r\nContact: <sip:1@{host}:{own}>\r\n"
            "Content-Length: 0\r\n\r\n").encode()


class Peers(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        cls.probed, cls.silent = OptionsPeer(), OptionsPeer()
        trunks = {"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                  "probed": {"peer": f"sip:127.0.0.1:{cls.probed.port}", "allow_from": ["127.0.0.98"], "probe": "1s"},
                  "silent": {"peer": f"sip:127.0.0.1:{cls.silent.port}", "allow_from": ["127.0.0.99"]}}
        cls.asks, (closed,) = UdpPeer(0), rig.free_ports(1)
        cls.closed = closed
        trunks["asks"] = {"peer": f"sip:127.0.0.1:{cls.asks.port}", "allow_from": ["127.0.0.96"]}
        trunks["closed"] = {"peer": f"sip:127.0.0.1:{closed}", "allow_from": ["127.0.0.97"]}
        bench.start_gateway(sip_trunks=trunks,
                            routes=[{"name": "blocked", "from": ["pstn"], "called": "8*", "to": ["asks", "closed", "pbx"]},
                                    {"name": "marked", "from": ["pstn"], "called": "6*", "to": ["probed", "pbx"]},
                                    {"name": "unmarked", "from": ["pstn"], "called": "7*", "to": ["silent", "pbx"]}])

    def state(self, name):
        return next(trunk for trunk in self.bench.control("trunks") if trunk["trunk"] == name)

    def seconds_to_answer(self, to):
        """A call from the exchange that the trunk pbx takes at last; how long that took, by its record."""
        before = len(self.bench.call_records())
        sipp = self.answer_with_sipp("uas_call")
        call = self.originate("300", to)
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()
        record = self.new_record(before)
        self.assertEqual(record["called"][-1]["trunk"], "pbx")
        self.wait_for_no_calls()
        started, answered = (datetime.datetime.fromisoformat(record[key].replace("Z", "+00:00"))
                             for key in ("started", "answered"))
        return (answered - started).total_seconds()

    def test_a_peer_that_is_marked_down_is_passed_over_at_once_and_used_again_when_it_answers(self):
        self.wait("the probe to give up", lambda: not self.state("probed")["is_up"])
        self.assertIn("no answer", self.state("probed")["state"])
        self.assertTrue(any("trunk probed" == finding["subject"] and finding["grade"] == "fault"
                            for finding in self.bench.control("doctor")))
        route = self.bench.control("route", called="600", **{"from": "pstn"})
        self.assertTrue(any(target["trunk"] == "probed" and "down" in target["state"] for target in route["targets"]))

        self.assertLess(self.seconds_to_answer("600"), 1)
        self.assertEqual(self.probed.invites, 0)

        self.probed.answers = True
        self.wait("the probe to see it again", lambda: self.state("probed")["is_up"])

    def test_a_peer_that_nobody_knew_to_be_dead_costs_less_than_four_seconds(self):
        taken = self.seconds_to_answer("700")
        self.assertGreaterEqual(taken, 2.9)
        self.assertLess(taken, 4)

    def test_a_password_that_is_asked_for_and_a_closed_port_are_told_as_that_and_passed_over(self):
        self.asks.gateway = ("127.0.0.1", self.bench.sip_port)
        def ask_for_a_password():
            invite = self.asks.request("INVITE")
            self.asks.respond(invite, 407, ['Proxy-Authenticate: Digest realm="x", nonce="1"'])
        rig.in_background(ask_for_a_password)
        self.seconds_to_answer("800")

        asks, closed, pbx = self.bench.call_records()[-1]["called"]
        password = "the peer asks for a password; this trunk has none"
        refused = "connection refused: nobody listens there"
        self.assertEqual((asks["why"], asks["cause"]["sip"], asks["cause"]["q850"]), (password, 407, 21))
        self.assertEqual((closed["why"], closed["cause"]["sip"], closed["cause"]["q850"]), (refused, None, 41))
        self.assertEqual((pbx["trunk"], pbx["why"]), ("pbx", None))
        log = self.bench.gateway.log.read_text()
        for trunk, words in (("asks", password), ("closed", refused)):
            with self.subTest(trunk=trunk):
                self.assertRegex(log, f'trunk={trunk} released .*why="{words}"')
                self.assertEqual(self.state(trunk)["state"], f"not probed: {words}")
                finding = next(f for f in self.bench.control("doctor") if f["subject"] == f"trunk {trunk}")
                self.assertEqual((finding["grade"], finding["says"]), ("fault", f"not probed: {words}"))
        sgfax = run_program("sgfax", "send", ONE_PAGE, f"sip:100@127.0.0.1:{self.closed}")
        self.assertEqual(sgfax.returncode, 1)
        self.assertIn(f"failed: {refused} (", sgfax.stdout)

    def test_media_that_cannot_be_taken_is_refused_with_what_was_offered_and_what_is_taken(self):
        head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        takes = "this trunk takes {}pcma, pcmu, T.38"
        offers = {"m=audio 4000 RTP/AVP 18": (305, "the peer offers only G729; " + takes.format("")),
                  "m=audio 4000 RTP/SAVP 8": (302, "the peer offers only RTP/SAVP (SRTP); "
                                                   + takes.format("RTP/AVP with ")),
                  "m=video 4000 RTP/AVP 99": (304, "the peer offers no audio, only video; " + takes.format("")),
                  "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::1": (301, "the peer's media address ::1 is IPv6; "
                                                                   "this trunk takes IPv4")}
        counted = self.counter("call.media_refused")
        with UdpPeer(self.bench.sip_port) as peer:
            for media, (code, words) in offers.items():
                with self.subTest(media=media):
                    before = len(self.bench.call_records())
                    refused = PeersCall(peer, "300").invite(f"{head}{media}\r\n")
                    self.assertEqual(refused.status, 488)
                    self.assertRegex(refused.header("Warning"), rf'^{code} 127\.0\.0\.1\S* "{re.escape(words)}"$')
                    record = self.new_record(before)
                    self.assertEqual((record["caller"]["why"], record["cause"]["q850"]), (words, 65))
                    self.assertIn(f"call={record['call']} leg=a trunk={record['caller']['trunk']} refused: {words}",
                                  self.bench.gateway.log.read_text())
        self.assertEqual(self.counter("call.media_refused"), counted + len(offers))

    def test_a_stranger_gets_no_answer(self):
        before = self.counter("sip.unknown_source")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            for number in range(3):
                stranger.sendto(invite(stranger, self.bench.sip_port, number), ("127.0.0.1", self.bench.sip_port))
            self.wait("all to be counted", lambda: self.counter("sip.unknown_source") == before + 3)
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.recv(65536)
        self.assertEqual(self.bench.control("status")["calls"], 0)


class AsteriskWays(Fallbacks):
    """Faxes through a peer that is like Asterisk."""

    TRUNKS = {"usual": {}, "ends": {}, "takes-72": {}, "asks-late": {"t38": "peer"}, "leaves-it-to-us": {}}
    PEER = Asterisk

    def test_a_page_is_delivered_whatever_its_way(self):
        self.receive("ends", "--t38", ends_the_fax=True)
        self.send("ends-as-caller", "--t38", ends_the_fax=True)
        self.receive("takes-72", "--t38", max_datagram=72)
        self.receive("asks-late", "--t38", "--t38-ask", "3")
        self.send("asks-late-as-caller", "--t38", "--t38-ask", "3")
        self.receive("leaves-it-to-us", "--t38", "--t38-ask", "never")

        modes = {"ends": ["t38", "g711-fax"], "ends-as-caller": ["offering-t38", "t38", "g711-fax"],
                 "takes-72": ["t38"], "asks-late": ["t38"], "asks-late-as-caller": ["t38"],
                 "leaves-it-to-us": ["offering-t38", "t38"]}
        for name, expected in modes.items():
            with self.subTest(fax=name):
                fax = self.assert_delivered(name, "T.38")
                self.assertEqual(self.modes_of(name), expected)
                self.assertEqual((fax["bit_rate"], fax["retrains"], fax["transport"]), (14400, 0, "t38"), fax)
        for name in ("ends", "ends-as-caller"):
            with self.subTest(fax=name):
                self.wait("the answers to its re-INVITEs", lambda name=name: len(self.faxes[name][1].answers_to_audio) == 2)
                # A BYE that overtakes the answer ends the re-INVITE with 487 (RFC 3261 section 15.1.2).
                self.assertLessEqual(set(self.faxes[name][1].answers_to_audio.values()), {200, 487})
        self.wait_for_no_calls()


class AsteriskFaults(Fallbacks):
    """Faxes and others that cannot end well, and what is told of them."""

    TRUNKS = {"usual": {}, "answers": {}, "not-asked": {"t38": "peer"}}
    PEER = Asterisk
    VOICE = "130"

    @classmethod
    def set_up(cls, bench):
        # A person: words with pauses between them, in which a machine says its DIS again.
        says = bench.folder / "hello.wav"
        word = [round(4000 * math.sin(2 * math.pi * 440 * i / 8000)) for i in range(4000)]
        audio.write_wav(says, (word + [0] * 16000) * 40)
        cls.SUBSCRIBERS = [{"number": cls.VOICE, "kind": "voice", "play": says}]
        super().set_up(bench)

    def test_who_is_to_blame_is_told(self):
        self.send("cuts", "--t38", "--max-rate", "9600", cuts=72)
        self.send("waits-to-be-asked", "--t38", "--t38-ask", "never", only_t38=True,
                  host=f"127.0.0.{50 + list(self.TRUNKS).index('not-asked')}")
        self.send("is-not-heard", "--g711", mute=True)
        process = self.bench.start_fax_receiver("answers", self.ports["answers"], "--g711")
        self.originate(self.VOICE, self.called["answers"])
        self.faxes["answers"] = (process, self.peers["answers"], self.called["answers"], None)

        for name, rule, advice in (("waits-to-be-asked", "T.38 waited for", 't38 = "preamble"'),
                                   ("is-not-heard", "nothing came", "firewall"),
                                   ("answers", "no word", "Did a person call?")):
            with self.subTest(fax=name):
                self.assertNotEqual(self.faxes[name][0].wait(FAX_PATIENCE), 0)
                fax = self.record_of(name)["fax"]
                self.assertEqual((fax["verdict"], fax["rule"], fax["pages"]), ("failed", rule, 0), fax)
                self.assertIn(advice, fax["advice"])
        with self.subTest(fax="cuts"):
            self.assertNotEqual(self.faxes["cuts"][0].wait(FAX_PATIENCE), 0)
            fax = self.record_of("cuts")["fax"]
            self.assertEqual((fax["verdict"], fax["rule"], fax["pages"]), ("failed", "packets cut", 0), fax)
            self.assertIn("t38_udptl_maxdatagram", fax["advice"])
        self.wait_for_no_calls()


class AsteriskDigits(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.recording = bench.folder / "recording.wav"
        bench.start_exchange([{"number": "302", "kind": "voice", "record": cls.recording}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES)

    def test_digits_by_info_are_heard_on_the_line(self):
        self.call_with_sipp("uac_digits_by_info", "302").finish()

        self.wait_for_no_calls()
        self.assertEqual(audio.digits_in(audio.read_wav(self.recording)), "15#")
