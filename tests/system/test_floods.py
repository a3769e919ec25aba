"""Floods of requests cost neither calls nor memory."""

import pathlib
import re
import select
import socket
import time

from support import ROUTES, SystemTest

MEGABYTE = 1024  # kB, as /proc tells them
METHODS = ["OPTIONS", "REGISTER", "BYE", "MESSAGE", "SUBSCRIBE", "CANCEL", "FOO", "INVITE"]


class Floods(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "301", "kind": "tone", "frequency": 1000, "level": -10}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}},
                            routes=[{**ROUTES[0], "called": "301"}, ROUTES[1]], level="warning")

    def resident(self):
        status = pathlib.Path(f"/proc/{self.bench.gateway.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def flood(self, host, count, per_second=2000, headers="Content-Length: 0\r\n"):
        """So many requests of many methods, none of which ends well; how many were answered."""
        answers, begin = 0, time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
            port = sock.getsockname()[1]
            for number in range(count):
                method, name = METHODS[number % len(METHODS)], f"{port}-{number}"
                sock.sendto((f"{method} sip:999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{name}\r\n"
                             f"From: <sip:a@b>;tag={name}\r\nTo: <sip:a@b>\r\nCall-ID: {name}\r\nCSeq: 1 {method}\r\n"
                             f"Contact: <sip:a@{host}:{port}>\r\n{headers}\r\n").encode(), ("127.0.0.1", self.bench.sip_port))
                while select.select([sock], [], [], 0)[0]:
                    sock.recv(65536)
                    answers += 1
                time.sleep(max(0, begin + number / per_second - time.monotonic()))
        return answers

    def test_from_the_trunks_address(self):
        # What a first call and a first flood need is needed once: a second flood, and longer, adds nothing that stays.
        self.call_with_sipp("uac_call", "301").finish()
        self.wait_for_no_calls()
        self.flood("127.0.0.1", 4000)
        before, refused = self.resident(), self.refused()

        self.flood("127.0.0.1", 10000)

        self.assertLess(self.resident() - before, 60 * MEGABYTE)
        self.assertGreater(self.refused(), refused)
        self.wait("the memory to be given back", lambda: self.resident() <= 1.2 * before, 150)
        self.call_with_sipp("uac_call", "301").finish()
        self.wait_for_no_calls()

    def refused(self):
        return self.counter("sip.rx.requests_above_limit") + self.counter("sip.rx.invites_above_limit")

    def test_from_a_stranger_who_leaves_the_bodies_out(self):
        before, dropped = self.resident(), self.counter("sip.unknown_source")

        answers = self.flood("127.0.0.9", 4000, headers="Content-Length: 9999\r\n")

        self.assertEqual(answers, 0)
        # The kernel may have dropped some.
        self.wait("the flood to be counted", lambda: self.counter("sip.unknown_source") > dropped + 100)
        self.assertLess(self.resident() - before, 10 * MEGABYTE)
        self.call_with_sipp("uac_call", "301").finish()
        self.wait_for_no_calls()
