"""Peers that send what does not belong there, more than can be done, or leave: it is counted, and calls go on."""

import os
import re
import select
import signal
import socket
import time

import audio
from support import ROUTES, SystemTest, files


class Hostile(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "100", "kind": "fax", "directory": bench.folder / "faxes"},
                              {"number": "301", "kind": "tone", "frequency": 1000, "level": -10},
                              {"number": "401", "kind": "no_answer"}])
        called = {number: {**ROUTES[0], "name": f"to {number}", "called": number} for number in ("100", "112", "301", "401")}
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}},
                            routes=[*called.values(), ROUTES[1]], level="warning",
                            sections='[site]\nemergency = ["112"]\n')

    def tearDown(self):
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])

    def call(self, number, scenario="uac_holds_until_told"):
        """SIPp calls; gives its run, our media socket and the id of the call."""
        peer = audio.RtpPeer()
        self.addCleanup(peer.close)
        sipp = self.call_with_sipp(scenario, number, rtp_port=peer.port)
        call, = self.wait("the answer", lambda: [c for c in self.bench.control("calls") if c["state"] == "answered"])
        return sipp, peer, call["id"]

    def hang_up(self, sipp, call):
        self.bench.control("hangup", id=call)
        sipp.finish()
        self.wait_for_no_calls()

    def media(self, call):
        return self.bench.control("call", id=call)["media"]["a"]

    def media_port(self, sipp, kind):
        """The gateway's, as its 200 says."""
        return int(re.findall(rf"m={kind} (\d+) ", sipp.said().split("SIP/2.0 200")[1])[0])

    def assert_tone_is_heard(self, peer):
        # A whole second of it, which a busy machine may take some attempts for.
        self.wait("the tone", lambda: abs(audio.level(peer.hear_samples(1), 1000) + 10) < 0.5)

    def test_rtp_and_rtcp_ports(self):
        sipp, peer, call = self.call("301")
        peer.say([0] * 1600)
        port = self.media_port(sipp, "audio")
        malformed = self.media(call)["rtp"]["malformed"]
        counted = self.counter("media.rtp.malformed")

        garbage = [path.read_bytes() for path in files("rtp/*.bin", "udptl/*.bin")]
        # Its first octet makes it no RTP of version 2.
        garbage += [b"\x00" + os.urandom(63) for _ in range(100)]
        for datagram in garbage:
            # In step with the gateway, lest the socket's buffer overflow.
            peer.hear()
            for target in (port, port + 1):
                peer.socket.sendto(datagram, ("127.0.0.1", target))

        self.wait("the garbage to be counted", lambda: self.media(call)["rtp"]["malformed"] >= malformed + 100)
        self.assertGreaterEqual(self.counter("media.rtp.malformed"), counted + 100)
        self.assert_tone_is_heard(peer)
        self.hang_up(sipp, call)

    def test_udptl_port(self):
        sipp, peer, call = self.call("100", "uac_t38_first")
        port = self.media_port(sipp, "image")
        garbage = [path.read_bytes() for path in files("udptl/*.bin", "rtp/*.bin")] + [os.urandom(64) for _ in range(50)]

        for datagram in garbage:
            before = self.heard_on_udptl(call)
            peer.socket.sendto(datagram, ("127.0.0.1", port))
            self.wait("the datagram to be counted", lambda: self.heard_on_udptl(call) > before)

        self.assertGreater(self.counter("media.udptl.malformed"), 10)
        self.assertEqual(self.bench.control("call", id=call)["state"], "answered")
        self.hang_up(sipp, call)

    def heard_on_udptl(self, call):
        """Every datagram is a packet, or is counted as none."""
        counters = self.bench.counters()
        return (self.media(call)["t38"]["packets_received"] + counters["media.udptl.malformed"]
                + counters["media.udptl.stray_rtp"])

    def test_span_port(self):
        sipp, peer, call = self.call("301")
        ours = self.bench.span_ports[0][1]
        before = self.span_counters()

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for path in files("udptl/*.bin", "rtp/*.bin"):
                stranger.sendto(path.read_bytes(), ("127.0.0.1", ours))
            for size in (0, 1, 3, 4, 5, 100, 1284, 1500):
                stranger.sendto(os.urandom(size), ("127.0.0.1", ours))

        self.wait("the garbage to be counted", lambda: self.span_counters()["foreign"] >= before["foreign"] + 40)
        self.assert_tone_is_heard(peer)
        self.assertTrue(self.bench.spans_are_up())
        self.hang_up(sipp, call)

    def span_counters(self):
        return self.bench.control("spans")[0]["counters"]

    def test_sip_torture_messages(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for path in files("sip/rfc4475/*", "sip/rfc5118/*"):
                stranger.sendto(path.read_bytes(), ("127.0.0.1", self.bench.sip_port))
                with socket.create_connection(("127.0.0.1", self.bench.sip_port)) as stream:
                    stream.sendall(path.read_bytes())
            for size in (1, 10, 1000, 60000):
                stranger.sendto(os.urandom(size), ("127.0.0.1", self.bench.sip_port))

        self.assert_calls_work()

    def test_descriptions_that_are_odd(self):
        """An INVITE with each: answered or refused, but in the end no call is left."""
        for path in files("sdp-t38/*.sdp"):
            with self.subTest(sdp=path.name):
                self.invite_and_end(path.read_bytes(), path.stem)

        self.assert_calls_work()

    def invite_and_end(self, body, name):
        """One INVITE by hand; CANCELs what is not refused, or hangs up what is answered."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(30)
            port = phone.getsockname()[1]
            uri = f"sip:301@127.0.0.1:{self.bench.sip_port}"

            def send(method, branch, to_tag="", content=b""):
                head = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{name}{branch}\r\n"
                        f"From: <sip:200@127.0.0.1>;tag=a{name}\r\nTo: <{uri}>{to_tag}\r\nCall-ID: {name}@127.0.0.1\r\n"
                        f"CSeq: {2 if method == 'BYE' else 1} {method}\r\nContact: <sip:200@127.0.0.1:{port}>\r\n"
                        f"Max-Forwards: 70\r\n")
                if content:
                    head += "Content-Type: application/sdp\r\n"
                phone.sendto(head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content,
                             ("127.0.0.1", self.bench.sip_port))

            def final(method):
                while True:
                    answer = phone.recv(65536).decode(errors="replace")
                    status = int(answer.split(" ", 2)[1]) if answer.startswith("SIP/2.0 ") else 0
                    if status >= 200 and re.search(rf"CSeq: \d+ {method}", answer):
                        return status, re.search(r"\nTo: [^\r]*?(;tag=[^\r;]+)", answer)[1]

            send("INVITE", "i", content=body)
            status, tag = final("INVITE")
            send("ACK", "i" if status >= 300 else "a", tag)
            if status < 300:
                send("BYE", "b", tag)
                self.assertIn(final("BYE")[0], (200, 481))
        return status

    def assert_calls_work(self):
        self.wait_for_no_calls()
        self.call_with_sipp("uac_call", "301").finish()
        self.wait_for_no_calls()

    # Peers that ask for too much, or leave.

    @staticmethod
    def invite(sock, to, transport="UDP", name=0):
        """Without SDP, so that an answer would bring an offer."""
        host, port = sock.getsockname()
        return (f"INVITE sip:{to}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{port}-{name}\r\n"
                f"From: <sip:a@b>;tag={name}\r\nTo: <sip:{to}@b>\r\nCall-ID: {port}-{name}.\r\nCSeq: 1 INVITE\r\n"
                f"Contact: <sip:a@{host}:{port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()

    def answers_to(self, sock, names):
        """The final ones to these INVITEs."""
        answers = {}

        def all_are_there():
            while select.select([sock], [], [], 0)[0]:
                text = sock.recv(65536).decode()
                if not text.startswith("SIP/2.0 1"):
                    answers[re.search(r"Call-ID: \d+-(\d+)\.", text)[1]] = text
            return answers.keys() >= set(names)
        self.wait(f"answers to INVITEs {names}", all_are_there)
        return [answers[name] for name in names]

    def test_calls_that_have_waited_while_others_came_are_told_to_come_later(self):
        sipp, peer, call = self.call("301")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            pid = self.bench.gateway.child.pid
            os.kill(pid, signal.SIGSTOP)
            try:
                stopped = time.monotonic()
                # More than the socket holds. What waits no longer, at the end, has no route.
                for number in range(2000):
                    sock.sendto(self.invite(sock, "112" if number == 20 else "999", name=number), ("127.0.0.1", self.bench.sip_port))
                self.wait("the calls to have waited", lambda: time.monotonic() > stopped + 0.5)
            finally:
                os.kill(pid, signal.SIGCONT)
            first, emergency = self.answers_to(sock, ["0", "20"])

        self.assertRegex(first, r"^SIP/2.0 503 (?s:.*)\r\nRetry-After: \d")
        self.assertNotIn("Retry-After", emergency)
        self.assertGreater(self.counter("sip.overload.refused"), 20)
        self.hang_up(sipp, call)
        self.wait("the overload to be over", lambda: not self.bench.control("status")["overloaded"])
        # Nobody served the line meanwhile either.
        self.wait("the span to be up again", self.bench.spans_are_up)
        self.call_with_sipp("uac_call", "301").finish()
        self.wait_for_no_calls()

    def test_a_call_ends_whose_caller_has_left_while_it_rang(self):
        records = len(self.bench.call_records())
        with socket.create_connection(("127.0.0.1", self.bench.sip_port)) as sock:
            sock.sendall(self.invite(sock, "401", "TCP"))
            self.wait_for_call(number="401")

        # Nothing listens where the connection came from.
        self.wait_for_no_calls()
        record = self.new_record(records)

        self.assertEqual((record["peer_gone"], record["released_by"], record["cause"]["q850"]), ("unreachable", "gateway", 102))
        self.assertEqual(self.counter("call.caller_unreachable"), 1)


class TestData(SystemTest):
    """What the tests above send is there at all."""

    @classmethod
    def setUpClass(cls):
        cls.failed = False

    def test_every_corpus_has_files(self):
        for pattern, count in (("rtp/*.bin", 13), ("udptl/*.bin", 36), ("sip/rfc4475/*", 49), ("sip/rfc5118/*", 12),
                               ("sdp-t38/*.sdp", 22)):
            self.assertGreaterEqual(len(files(pattern)), count, pattern)
