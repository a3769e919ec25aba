"""Where attacks happen: a gateway with a fax each way, a call and a trunk that asks, and the means to attack it."""

import contextlib
import os
import re
import select
import socket
import statistics
import struct
import subprocess
import threading
import time

import rig

TRUNK = "127.0.0.1"     # the trunk whose calls and faxes must go on
OTHER = "127.0.0.2"     # a trunk whose peer has gone mad, or whose address somebody forges
OTHERS = [f"127.0.2.{number}" for number in range(1, 51)]  # more addresses of that trunk
STRANGER = "127.0.0.9"  # an address that no trunk lists
STRANGERS = [f"127.0.9.{number}" for number in range(1, 51)]
ONE_PAGE = rig.ROOT / "tests/data/fax/itu1.tif"
FAX_PATIENCE = 300.0  # seconds; a page takes 30 s on the line, and the machine may be busy


def udp(host):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((host, 0))
    return opened


def has_something(opened, seconds=0.0):
    return bool(select.select([opened], [], [], seconds)[0])


class Phone:
    """A call from the trunk that is held for as long as wanted. It says one packet, and then listens."""

    def __init__(self, gateway, number):
        self.gateway, self.tag = gateway, f"phone{time.time_ns()}"
        self.sip, self.rtp = udp(TRUNK), udp(TRUNK)
        self.uri = f"sip:{number}@{gateway[0]}:{gateway[1]}"
        self.heard = 0
        self.said_bye = False
        media = self.rtp.getsockname()[1]
        answer = self.ask("INVITE", 1, body=f"v=0\r\no=- 1 1 IN IP4 {TRUNK}\r\ns=-\r\nc=IN IP4 {TRUNK}\r\nt=0 0\r\n"
                                            f"m=audio {media} RTP/AVP 8\r\n")
        self.to_tag = ";tag=" + re.search(r"(?im)^To:.*?;tag=([^\r;]+)", answer)[1]
        self.media = (gateway[0], int(re.search(r"m=audio (\d+)", answer)[1]))
        self.send("ACK", 1, self.to_tag)

    def request(self, method, cseq, to_tag="", body="", branch="", host=TRUNK, port=None, headers=""):
        port = port or self.sip.getsockname()[1]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (f"{method} {self.uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self.tag}{method}{branch}\r\n"
                f"From: <sip:200@{TRUNK}>;tag={self.tag}\r\nTo: <{self.uri}>{to_tag}\r\nCall-ID: {self.tag}\r\n"
                f"CSeq: {cseq} {method}\r\nContact: <sip:200@{host}:{port}>\r\nMax-Forwards: 70\r\n"
                f"{headers}{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def send(self, method, cseq, to_tag="", body=""):
        self.sip.sendto(self.request(method, cseq, to_tag, body), self.gateway)

    def ask(self, method, cseq, to_tag="", body=""):
        """The final answer. What the kernel drops in a flood is sent again (RFC 3261 section 17.1)."""
        deadline, due = time.monotonic() + 60, 0.0
        while (now := time.monotonic()) < deadline:
            if now >= due:
                self.send(method, cseq, to_tag, body)
                due = now + 2
            if not has_something(self.sip, 0.5):
                continue
            text = self.sip.recv(65536).decode(errors="replace")
            self.said_bye = self.said_bye or text.startswith("BYE")
            if re.match(r"SIP/2.0 [2-6]", text) and re.search(rf"(?im)^CSeq: *\d+ {method}", text):
                return text
        raise rig.RigError(f"{method} was not answered")

    def is_up(self):
        while has_something(self.sip):
            self.said_bye = self.said_bye or self.sip.recv(65536).startswith(b"BYE")
        return not self.said_bye

    def hears(self):
        """Whether audio comes from now on."""
        while has_something(self.rtp):
            self.rtp.recv(2048)
        return has_something(self.rtp, 30)

    def hang_up(self):
        return self.ask("BYE", 1000, self.to_tag).split("\r\n")[0]


class Asker(threading.Thread):
    """The trunk that asks with OPTIONS whether the gateway is there, and resends as RFC 3261 section 17.1.2 has it."""

    def __init__(self, gateway, pause=0.25):
        super().__init__(daemon=True)
        self.gateway, self.pause = gateway, pause
        self.asked = self.answered = 0
        self.times = []  # ms, of each question's first sending to its answer
        self.is_over = threading.Event()

    def run(self):
        opened = udp(TRUNK)
        while not self.is_over.wait(self.pause):
            self.asked += 1
            name = f"asker{time.time_ns()}"
            request = (f"OPTIONS sip:{self.gateway[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {TRUNK}:{opened.getsockname()[1]}"
                       f";branch=z9hG4bK{name}\r\nFrom: <sip:{TRUNK}>;tag=1\r\nTo: <sip:{self.gateway[0]}>\r\n"
                       f"Call-ID: {name}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()
            begin = time.monotonic()
            for patience in (0.5, 1.0, 2.0, 4.0, 4.0, 4.0):
                opened.sendto(request, self.gateway)
                if self.hears_answer(opened, name, patience):
                    self.answered += 1
                    self.times.append(1000 * (time.monotonic() - begin))
                    break

    @staticmethod
    def hears_answer(opened, name, patience):
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            if has_something(opened, left) and name.encode() in opened.recv(65536):
                return True
        return False

    def stop(self):
        self.is_over.set()
        self.join()

    def figures(self):
        """(asked, answered, median ms, worst ms) since the last time."""
        asked, answered, times = self.asked, self.answered, self.times[:]
        self.asked, self.answered, self.times = 0, 0, []
        return asked, answered, statistics.median(times) if times else 0.0, max(times, default=0.0)


class Fax:
    """One page over T.38, from SIP to the exchange or the other way."""

    def __init__(self, bench, name, peer_port, to_exchange):
        self.name = name
        if to_exchange:
            self.process = bench.start(name, [rig.BIN / "sgfax", "send", ONE_PAGE,
                                              f"sip:100@{TRUNK}:{bench.sip_port}", "--local", f"{TRUNK}:0", "--json",
                                              "--verbose", "--t38"])
        else:
            self.process = bench.start_fax_receiver(name, peer_port, "--t38")
            bench.command_exchange("originate", **{"from": "101", "to": "200", "send": str(ONE_PAGE)})

    def outcome(self):
        """Empty: it was delivered."""
        if self.process.wait(FAX_PATIENCE) != 0:
            return f"{self.name} was not delivered:\n{self.process.last_words()}"
        result = rig.json_lines(self.process.out)[-1]
        well = result["verdict"] in ("confirmed", "received") and result["transport"] == "T.38" and result["pages"] == 1
        return "" if well else f"{self.name}: {result}"


class Field:
    """Use as a context manager. Leaving it stops everything."""

    def __init__(self, name="hostile", keep=False):
        self.bench = rig.Rig(name, keep=keep)
        self.peer_port, = rig.free_ports(1)
        self.runs = 0

    def __enter__(self):
        bench = self.bench
        bench.start_exchange([{"number": str(number), "kind": "fax", "directory": bench.folder / "inbox"}
                              for number in (100, 101)] + [{"number": "301", "kind": "tone", "frequency": 1000,
                                                           "level": -10}])
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:{TRUNK}:{self.peer_port}", "allow_from": [TRUNK]},
                        "other": {"peer": f"sip:{OTHER}:{self.peer_port}", "allow_from": [OTHER, "127.0.2.0/24"]}},
            routes=[{"name": "out", "from": ["pbx", "other"], "called": "*", "to": ["pstn"]},
                    {"name": "in", "from": ["pstn"], "called": "200", "to": ["pbx"]}], level="warning",
            **self.gateway_options())
        self.gateway = (TRUNK, bench.sip_port)
        text = (bench.folder / "spangate.toml").read_text()
        first, last = map(int, re.search(r'(?m)^ports = "(\d+)-(\d+)"', text).groups())
        self.media_ports = range(first, last + 1)
        # The first call opens what stays open.
        Phone(self.gateway, "301").hang_up()
        self.wait_until_idle()
        return self

    @staticmethod
    def gateway_options():
        return {}

    def __exit__(self, *reason):
        self.bench.__exit__(*reason)

    # What is watched.

    def memory(self):
        """Resident set of the gateway, in MB."""
        status = open(f"/proc/{self.bench.gateway.child.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def memory_is_back(self):
        """But for pages that a first flood has filled and that hold something still: a second one adds none."""
        return self.memory() <= 1.3 * self.idle_memory

    def descriptors(self):
        """Sockets and files. A timeslot and a worker keep an event descriptor from their first use on; there are no more
        of these than lines and processors."""
        folder, count = f"/proc/{self.bench.gateway.child.pid}/fd", 0
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += not os.readlink(f"{folder}/{name}").startswith("anon_inode:[event")
        return count

    def counter(self, name):
        return self.bench.counters().get(name, 0)

    def counters(self, prefix):
        return {name: value for name, value in self.bench.counters().items() if name.startswith(prefix) and value}

    def wait(self, what, condition, seconds=120.0):
        return rig.wait_until(what, condition, seconds, alive=[self.bench.gateway])

    # What goes on beside the attacks.

    def begin(self):
        """Faxes and a call are up when this comes back."""
        self.runs += 1
        self.idle_descriptors = self.descriptors()
        self.phone = Phone(self.gateway, "301")
        self.faxes = [Fax(self.bench, f"fax-out-{self.runs}", self.peer_port, True),
                      Fax(self.bench, f"fax-in-{self.runs}", self.peer_port, False)]
        self.wait("both faxes and the call to be answered",
                  lambda: sum(call["state"] == "answered" for call in self.bench.control("calls")) == 3)
        self.wait("both faxes to speak T.38",
                  lambda: sum(call["media_mode"] == "t38" for call in self.bench.control("calls")) == 2)
        self.idle_memory = self.memory()

    def end(self):
        """What went wrong with faxes and call, one text each; then a call is possible, and everything idle again."""
        trouble = [words for words in (fax.outcome() for fax in self.faxes) if words]
        if not self.phone.is_up():
            trouble.append("the call was ended")
            self.wait_until_idle()
            return trouble
        if not self.phone.hears():
            trouble.append("the call heard nothing any more")
        if "200" not in (status := self.phone.hang_up()):
            trouble.append(f"BYE: {status}")
        self.wait_until_idle()
        Phone(self.gateway, "301").hang_up()
        self.wait_until_idle()
        return trouble

    def wait_until_idle(self):
        self.wait("the gateway to have no calls", lambda: not self.bench.control("status")["calls"])
        self.wait("every media session to end", lambda: not self.bench.control("status")["sessions"])

    # What attackers need.

    def tcp(self, host, receive_buffer=0):
        """A connection, or None when the gateway is not to be reached."""
        opened = socket.socket()
        if receive_buffer:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        opened.settimeout(5)
        try:
            opened.bind((host, 0))
            opened.connect(self.gateway)
        except OSError:
            opened.close()
            return None
        return opened


def rtp_packet(number, kind=8, ssrc=7):
    return struct.pack("!BBHII", 0x80, kind, number & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc) + b"\x2a" * 160
