"""Whose media is the peer's: strangers who speak into calls, and payload types as each side told them."""

import re
import socket
import struct
import time
import uuid

from support import SystemTest


def bound(host="127.0.0.1"):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((host, 0))
    one.setblocking(False)
    return one


def taken(one):
    """What waits in a socket."""
    all_of_it = []
    while True:
        try:
            all_of_it.append(one.recv(2048))
        except BlockingIOError:
            return all_of_it


class Phone:
    """A SIP phone on its own address: a call that it places, and its RTP."""

    def __init__(self, gateway, number, host="127.0.0.1", told_host=None, payload_types="8 96"):
        self.gateway, self.host, self.id = gateway, host, uuid.uuid4().hex
        self.sip, self.rtp = bound(host), bound(host)
        self.uri = f"sip:{number}@{gateway[0]}:{gateway[1]}"
        told = told_host or host
        family = "IP6" if ":" in told else "IP4"
        body = (f"v=0\r\no=- 1 1 IN {family} {told}\r\ns=-\r\nc=IN {family} {told}\r\nt=0 0\r\n"
                f"m=audio {self.rtp.getsockname()[1]} RTP/AVP {payload_types}\r\na=rtpmap:96 telephone-event/8000\r\n")
        self.to_tag = ""
        self.send("INVITE", 1, body)
        answer = self.receive(lambda message: re.match(r"SIP/2.0 [2-6]", message))
        self.status = int(answer.split()[1])
        if self.status == 200:
            self.to_tag = ";tag=" + re.search(r"(?im)^To:.*?;tag=([^\r;]+)", answer)[1]
            self.media = (re.search(r"c=IN IP4 (\S+)", answer)[1], int(re.search(r"m=audio (\d+)", answer)[1]))
        self.send("ACK", 1)

    def send(self, method, number, body=""):
        port = self.sip.getsockname()[1]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.sip.sendto((f"{method} {self.uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{port};branch=z9hG4bK{self.id}{method}\r\n"
                         f"From: <sip:200@{self.host}>;tag={self.id}\r\nTo: <{self.uri}>{self.to_tag}\r\nCall-ID: {self.id}\r\n"
                         f"CSeq: {number} {method}\r\nContact: <sip:200@{self.host}:{port}>\r\nMax-Forwards: 70\r\n"
                         f"{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode(), self.gateway)

    def receive(self, wanted, seconds=20):
        self.sip.settimeout(seconds)
        while True:
            message = self.sip.recv(65536).decode()
            if wanted(message):
                return message

    def hang_up(self):
        self.send("BYE", 2)
        self.receive(lambda message: "BYE" in message)


class Stranger:
    def __init__(self, phone, host="127.0.0.9"):
        self.phone, self.rtp, self.rtcp, self.sent = phone, bound(host), bound(host), 0

    def speak(self):
        packet = struct.pack("!BBHII", 0x80, 8, self.sent & 0xffff, self.sent * 160, 7) + b"\x2a" * 160
        self.rtp.sendto(packet, self.phone.media)
        self.sent += 1

    def report(self):
        """An empty receiver report, to the port of RTCP and to that of RTP."""
        for port in (self.phone.media[1] + 1, self.phone.media[1]):
            self.rtcp.sendto(bytes.fromhex("80c9000100000007"), (self.phone.media[0], port))


class MediaStrangers(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}, {"number": "301", "kind": "tone"}])
        peer = "sip:127.0.0.1:9"
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": peer}, "open": {"peer": peer, "allow_from": ["127.0.0.21"], "latch": "always"},
                        "shut": {"peer": peer, "allow_from": ["127.0.0.22"], "latch": "never"}},
            routes=[{"name": "out", "from": ["pbx", "open", "shut"], "called": "*", "to": ["pstn"]}])

    def call(self, number, **more):
        phone = Phone(("127.0.0.1", self.bench.sip_port), number, **more)
        self.assertEqual(phone.status, 200)
        return phone

    def packets_until(self, condition, speak=lambda: None):
        """Waits for the condition, a packet of somebody's each 20 ms."""
        def once():
            speak()
            time.sleep(0.02)
            return condition()
        self.wait("media", once)

    def test_a_stranger_has_nothing_of_a_phone_that_only_listens(self):
        phone = self.call("301")
        stranger, heard = Stranger(phone), []
        foreign = self.counter("media.rtp.foreign_source")

        def has_heard_much():
            heard.extend(taken(phone.rtp))
            return len(heard) >= 150 and stranger.sent >= 150

        self.packets_until(has_heard_much, stranger.speak)

        self.assertEqual(taken(stranger.rtp), [])
        self.assertGreaterEqual(self.counter("media.rtp.foreign_source") - foreign, 100)
        phone.hang_up()

    def test_reports_of_a_stranger_are_dropped_and_none_go_to_him(self):
        phone = self.call("301")
        stranger = Stranger(phone)
        before = self.counter("media.rtcp.foreign_source")

        self.packets_until(lambda: self.counter("media.rtcp.foreign_source") - before >= 10, stranger.report)
        phone.hang_up()
        self.wait_for_no_calls()

        self.assertEqual(taken(stranger.rtcp), [], "not even the goodbye of RTCP")

    def test_a_trunk_may_take_whoever_comes_first(self):
        phone = self.call("301", host="127.0.0.21")
        stranger, heard = Stranger(phone), []

        def has_heard_some():
            heard.extend(taken(stranger.rtp))
            return len(heard) >= 20

        self.packets_until(has_heard_some, stranger.speak)
        phone.hang_up()

    def test_a_trunk_may_take_nothing_but_the_told_port(self):
        phone = self.call("301", host="127.0.0.22")
        same_host, heard = Stranger(phone, "127.0.0.22"), []

        def has_heard_much():
            heard.extend(taken(phone.rtp))
            return len(heard) >= 50 and same_host.sent >= 50

        self.packets_until(has_heard_much, same_host.speak)
        self.assertEqual(taken(same_host.rtp), [])
        phone.hang_up()

    def test_a_phone_behind_nat_is_found_where_its_signalling_comes_from(self):
        phone = self.call("301", told_host="192.168.77.5")
        heard, sent = [], [0]

        def speak():
            phone.rtp.sendto(struct.pack("!BBHII", 0x80, 8, sent[0], sent[0] * 160, 7) + b"\xd5" * 160, phone.media)
            sent[0] += 1

        def has_heard_some():
            heard.extend(taken(phone.rtp))
            return len(heard) >= 20

        self.packets_until(has_heard_some, speak)
        phone.hang_up()

    def test_media_at_an_address_of_the_other_family_is_refused(self):
        before = self.counter("call.media_family")
        phone = Phone(("127.0.0.1", self.bench.sip_port), "301", told_host="2001:db8::1")
        self.assertEqual(phone.status, 488)
        self.assertEqual(self.counter("call.media_family"), before + 1)
