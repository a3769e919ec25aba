"""Calls set up and cleared at a rate. SIP to ISDN to SIP: the gateway's own spans are wired to each other, so that each
call leaves by one and comes back in by the other, as two calls to call control. And SIP to SIP, more than can be done.
What SIP to SIP costs: sip_load."""

import collections
import heapq
import itertools
import re
import select
import socket
import statistics
import sys
import time

import rig

SDP = ("v=0\r\no=load 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n")
RESEND = (0.5, 1.5, 3.5, 7.5)  # after the first sending: RFC 3261 timers A and E with T1 of 500 ms
HOLD = 0.2  # seconds from answer to BYE
GIVEN_UP = 10.0  # seconds for a call to be answered, and to be cleared


class LoopedGateway:
    """spangated with pairs of spans, one end of each as the user and one as the network."""

    def __init__(self, bench, pairs, far_port):
        self.bench = bench
        self.sip_port, *ports = rig.free_ports(1 + 2 * pairs)
        bench.sip_port = self.sip_port
        text = [f'[sip]\nlisten = ["udp:127.0.0.1:{self.sip_port}"]', f'[media]\nports = "{rig.media_ports()}"',
                f'[control]\nsocket = "{bench.gateway_socket}"', f'[records]\nfile = "{bench.records}"',
                '[log]\nlevel = "warning"']
        for pair in range(pairs):
            near, far = ports[2 * pair], ports[2 * pair + 1]
            text.append(f'[span.{1 + pair}]\ntype = "E1"\nlocal = "127.0.0.1:{near}"\nremote = "127.0.0.1:{far}"')
            text.append(f'[span.{101 + pair}]\ntype = "E1"\nclock = "given"\nlocal = "127.0.0.1:{far}"\n'
                        f'remote = "127.0.0.1:{near}"')
        near, far = [1 + pair for pair in range(pairs)], [101 + pair for pair in range(pairs)]
        text += [f'[trunk.out]\nkind = "pri"\nmax_cps = 0\nspans = {near}',
                 f'[trunk.back]\nkind = "pri"\nmax_cps = 0\nrole = "network"\nspans = {far}',
                 f'[trunk.sip]\nkind = "sip"\nmax_cps = 0\npeer = "sip:127.0.0.1:{far_port}"',
                 '[[route]]\nname = "out"\nfrom = ["sip"]\ncalled = "*"\nto = ["out"]',
                 '[[route]]\nname = "back"\nfrom = ["back"]\ncalled = "*"\nto = ["sip"]']
        config = bench.folder / "spangate.toml"
        config.write_text("\n".join(text) + "\n")
        self.process = bench.start("gateway", [rig.BIN / "spangated", "--foreground", "--config", config], True)
        rig.wait_until("the gateway to answer", lambda: rig.listens(bench.gateway_socket), alive=[self.process])
        rig.wait_until("layer 2 on every span", self.spans_are_up, alive=[self.process])

    def spans_are_up(self):
        return all(span["is_up"] and span["alarms"] == "OK" and span["idle"] for span in self.bench.control("spans"))


class SipGateway:
    """spangated without lines and without limits: what comes from the peer goes to the peer.

    `before`: words of a command that starts it, such as taskset(1)."""

    def __init__(self, bench, far_port, before=()):
        self.sip_port, = rig.free_ports(1)
        bench.sip_port = self.sip_port
        config = bench.folder / "spangate.toml"
        config.write_text(f"""
[sip]
listen = ["udp:127.0.0.1:{self.sip_port}"]
max_invites_per_second = 0
max_requests_per_second = 0
max_transactions = 0
[media]
ports = "12000-59999"
[control]
socket = "{bench.gateway_socket}"
[records]
file = "{bench.records}"
[log]
level = "error"
[trunk.sip]
kind = "sip"
max_cps = 0
probe = "0s"
peer = "sip:127.0.0.1:{far_port}"
[[route]]
name = "through"
from = ["sip"]
called = "*"
to = ["sip"]
""")
        command = [*before, rig.BIN / "spangated", "--foreground", "--config", config]
        self.process = bench.start("gateway", command, True)
        rig.wait_until("the gateway to answer", lambda: rig.listens(bench.gateway_socket), alive=[self.process])


def header(text, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r$", text, re.M | re.I)
    return found[1] if found else ""


class Call:
    def __init__(self, number, now, hold_seconds):
        self.number = number
        self.began = now
        self.hold_seconds = hold_seconds  # then the near side hangs up; None: the call stands
        self.arrived = None  # when its INVITE came out at the far side
        self.state = "calling"
        self.to = self.target = ""


class Load:
    """The SIP peers at both sides, in one thread: the near one calls, the far one answers at once."""

    def __init__(self):
        self.near, self.far, self.sink = (self.open_socket() for _ in range(3))
        self.near_port, self.far_port = self.near.getsockname()[1], self.far.getsockname()[1]
        self.sdp = SDP.format(port=self.sink.getsockname()[1])
        self.calls = {}      # near side, by Call-ID
        self.by_number = {}  # the same, by the number dialled
        self.answers = {}    # far side: what was said to an INVITE, by Call-ID
        self.timers = []
        self.order = itertools.count()
        self.failures = collections.Counter()
        self.to_invite_ms = []
        self.answered = self.cleared = 0
        self.next_number = 5000000

    @staticmethod
    def open_socket():
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        opened.bind(("127.0.0.1", 0))
        opened.setblocking(False)
        return opened

    def at(self, when, what):
        heapq.heappush(self.timers, (when, next(self.order), what))

    # The near side.

    def request(self, call, method, cseq, body=""):
        target = call.target or f"sip:{call.number}@127.0.0.1:{self.gateway[1]}"
        lines = [f"{method} {target} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.near_port};branch=z9hG4bK{call.number}{method}",
                 "Max-Forwards: 70", f"From: <sip:load@127.0.0.1>;tag={call.number}",
                 f"To: {call.to or '<' + target + '>'}", f"Call-ID: near-{call.number}", f"CSeq: {cseq} {method}",
                 f"Contact: <sip:load@127.0.0.1:{self.near_port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]) + body).encode()

    def send_until(self, call, message, state):
        """Sends, and again at RESEND, as long as the call is in this state."""
        began = time.monotonic()

        def send():
            if call.state == state:
                self.near.sendto(message, self.gateway)
        send()
        for delay in RESEND:
            self.at(began + delay, send)
        self.at(began + GIVEN_UP, lambda: call.state == state and self.fail(call, f"no end of {state}"))

    def begin(self, number, hold_seconds):
        call = Call(number, time.monotonic(), hold_seconds)
        self.calls[f"near-{number}"] = self.by_number[str(number)] = call
        self.send_until(call, self.request(call, "INVITE", 1, self.sdp), "calling")

    def fail(self, call, why):
        self.failures[why] += 1
        call.state = "failed"

    def hang_up(self, call):
        call.state = "clearing"
        self.send_until(call, self.request(call, "BYE", 2), "clearing")

    def on_near(self, text):
        status = re.match(r"SIP/2\.0 (\d+)", text)
        call = self.calls.get(header(text, "Call-ID"))
        if not status or not call:
            return
        status, method = int(status[1]), header(text, "CSeq").split()[-1]
        if method == "BYE" and call.state == "clearing" and status >= 200:
            call.state = "cleared"
            self.cleared += 1
        if method != "INVITE" or status < 180:
            return
        if status < 200 and call.state == "calling":
            return
        call.to = header(text, "To")
        if status >= 300:
            self.near.sendto(self.request(call, "ACK", 1), self.gateway)
            if call.state == "calling":
                self.fail(call, f"refused {status}")
            return
        call.target = re.search(r"<([^>]+)>", header(text, "Contact"))[1]
        self.near.sendto(self.request(call, "ACK", 1), self.gateway)
        if call.state == "calling":
            call.state = "answered"
            self.answered += 1
            if call.hold_seconds is not None:
                self.at(time.monotonic() + call.hold_seconds, lambda: self.hang_up(call))

    # The far side.

    def respond(self, text, status, peer, body="", tag=""):
        vias = re.findall(r"^Via\s*:.*?\r$", text, re.M | re.I)
        to = header(text, "To")
        lines = [f"SIP/2.0 {status}", *(via.rstrip("\r") for via in vias), f"From: {header(text, 'From')}",
                 f"To: {to if 'tag=' in to else to + ';tag=' + tag}", f"Call-ID: {header(text, 'Call-ID')}",
                 f"CSeq: {header(text, 'CSeq')}", f"Contact: <sip:far@127.0.0.1:{self.far_port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.far.sendto(("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]) + body).encode(), peer)

    def on_far(self, text, peer):
        method = text.split(" ", 1)[0]
        if method == "INVITE":
            call_id, number = header(text, "Call-ID"), re.match(r"INVITE sip:\+?(\d+)@", text)[1]
            call = self.by_number.get(number)
            if call and call.arrived is None:
                call.arrived = time.monotonic()
                self.to_invite_ms.append((call.arrived - call.began) * 1000)
            tag = self.answers.setdefault(call_id, f"far{len(self.answers)}")
            self.respond(text, "180 Ringing", peer, tag=tag)
            self.respond(text, "200 OK", peer, self.sdp, tag)
        elif method in ("BYE", "CANCEL", "OPTIONS"):
            self.respond(text, "200 OK", peer, tag="far")

    # Both.

    def serve(self, until):
        """Until this time, or the next timer if that comes first."""
        due = min(until, self.timers[0][0]) if self.timers else until
        wait = max(0.0, due - time.monotonic())
        for ready in select.select([self.near, self.far], [], [], wait)[0]:
            try:
                while True:
                    data, peer = ready.recvfrom(65536)
                    text = data.decode(errors="replace")
                    self.on_near(text) if ready is self.near else self.on_far(text, peer)
            except BlockingIOError:
                pass
        while self.timers and self.timers[0][0] <= time.monotonic():
            heapq.heappop(self.timers)[2]()

    def offer(self, gateway_port, rate, count, hold_seconds=HOLD):
        """Calls are begun at this rate from now on, while the load is served. What is counted begins anew."""
        self.gateway = ("127.0.0.1", gateway_port)
        self.failures.clear()
        self.answered = self.cleared = 0
        began = time.monotonic()
        for place in range(count):
            self.at(began + place / rate, lambda number=self.next_number + place: self.begin(number, hold_seconds))
        self.next_number += count

    def serve_until(self, is_done, seconds):
        limit = time.monotonic() + seconds
        while not is_done() and time.monotonic() < limit:
            self.serve(time.monotonic() + 0.1)

    def run(self, gateway_port, rate, seconds):
        """Returns how many calls were offered, once each has ended one way or the other."""
        count = int(rate * seconds)
        self.offer(gateway_port, rate, count)
        self.serve_until(lambda: self.cleared + self.failures.total() >= count, seconds + 3 * GIVEN_UP)
        self.failures["never ended"] += count - self.cleared - self.failures.total()
        return count


def measure_overload(figures, quick, cpu_seconds):
    """What becomes of calls when twice as many come as one core can set up; told as shares of what was offered."""
    def run(rate, seconds):
        load = Load()
        with rig.Rig("bench-overload") as bench:
            gateway = SipGateway(bench, load.far_port)
            spent = cpu_seconds(gateway.process.child.pid)
            offered = load.run(gateway.sip_port, rate, seconds)
            return load, offered, cpu_seconds(gateway.process.child.pid) - spent
    rate, seconds = (20, 2) if quick else (100, 5)
    _, calm, spent = run(rate, seconds)
    rate = 2 * calm / spent
    load, offered, _ = run(rate, 1 if quick else 15)
    refused = sum(count for why, count in load.failures.items() if why == "refused 503")
    figures.add("calls.overload.offered_per_s", rate, "calls/s")
    figures.add("calls.overload.completed_share", load.cleared / offered, "of 1")
    figures.add("calls.overload.refused_share", refused / offered, "of 1")
    figures.add("calls.overload.lost_share", (load.failures.total() - refused) / offered, "of 1")


def measure(figures, quick, cpu_seconds):
    """`cpu_seconds`: of a process so far."""
    rate, seconds = (10, 3) if quick else (50, 60)
    load = Load()
    with rig.Rig("bench-calls") as bench:
        gateway = LoopedGateway(bench, 2, load.far_port)
        spent, began = cpu_seconds(gateway.process.child.pid), time.monotonic()
        offered = load.run(gateway.sip_port, rate, seconds)
        cores = (cpu_seconds(gateway.process.child.pid) - spent) / (time.monotonic() - began)
        rig.wait_until("all calls to end", lambda: bench.control("status")["calls"] == 0, alive=[gateway.process])
    failed = +load.failures
    figures.add("calls.offered", offered, "calls")
    figures.add("calls.failed", failed.total(), "calls")
    figures.add("calls.per_s_per_core", rate / cores, "calls/s")
    figures.add("calls.setup_to_invite_ms_p50", statistics.median(load.to_invite_ms or [0]), "ms")
    figures.add("calls.setup_to_invite_ms_p99", sorted(load.to_invite_ms or [0])[int(len(load.to_invite_ms) * 0.99)], "ms")
    if failed:
        print("calls that failed: " + ", ".join(f"{why}: {count}" for why, count in failed.items()), file=sys.stderr)
    measure_overload(figures, quick, cpu_seconds)
