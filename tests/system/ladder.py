"""Message ladders of what was really sent: SIP as the peers at both ends see it, ISDN as the wire carries it.

The gateway's two spans are wired to each other through a relay that reads the D-channel on the way: timeslot 16 of the
pseudowire's packets (RFC 5086), its frames (Q.921 section 2) and their messages (Q.931).
"""

import re
import select
import socket
import struct
import threading
import time

import rig

CONTROL_WORD = 4
TIMESLOTS = 31
D_CHANNEL = 16
FLAG = (0, 1, 1, 1, 1, 1, 1, 0)
Q931 = {0x01: "ALERTING", 0x02: "CALL PROCEEDING", 0x03: "PROGRESS", 0x05: "SETUP", 0x07: "CONNECT",
        0x0d: "SETUP ACKNOWLEDGE", 0x0f: "CONNECT ACKNOWLEDGE", 0x45: "DISCONNECT", 0x4d: "RELEASE",
        0x5a: "RELEASE COMPLETE", 0x62: "FACILITY", 0x6e: "NOTIFY", 0x7b: "INFORMATION", 0x7d: "STATUS"}
LANES = ("caller", "user side", "network side", "called")
WIDTH = 30  # columns between two lanes
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it


def fcs(octets):
    """The FCS of HDLC, ISO/IEC 13239."""
    register = 0xffff
    for octet in octets:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ 0x8408 if register & 1 else register >> 1
    return register ^ 0xffff


class Hdlc:
    """Frames from the octets of a timeslot, whose most significant bit comes first."""

    def __init__(self, on_frame):
        self.on_frame = on_frame
        self.bits, self.ones = [], 0

    def receive(self, octets):
        for octet in octets:
            for shift in range(7, -1, -1):
                self.receive_bit(octet >> shift & 1)

    def receive_bit(self, bit):
        if bit:
            self.ones += 1
            self.bits.append(1)
            return
        if self.ones == 6:
            self.end_of_frame(self.bits[:-7])
            self.bits = []
        elif self.ones > 6:
            self.bits = []  # an abort
        elif self.ones != 5:
            self.bits.append(0)
        self.ones = 0

    def end_of_frame(self, bits):
        octets = bytes(sum(bit << place for place, bit in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8))
        if len(octets) > 5 and len(bits) % 8 == 0 and fcs(octets[:-2]) == int.from_bytes(octets[-2:], "little"):
            self.on_frame(octets[:-2])


def q931_text(message):
    """"DISCONNECT cause 17", of a layer 3 message; empty: it is none."""
    if len(message) < 4 or message[0] != 0x08:
        return ""
    at = 2 + message[1]
    text, at = Q931.get(message[at], f"message {message[at]:#x}"), at + 1
    while at < len(message):
        element = message[at]
        if element & 0x80:
            at += 1
            continue
        content = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + len(content)
        if element == 0x70:
            text += " " + content[1:].decode()
        elif element == 0x08:
            text += f" cause {content[1] & 0x7f}"
        elif element == 0x27:
            text += {0x79: " hold", 0x7a: " retrieve"}.get(content[0] & 0x7f, f" {content[0]:#x}")
        elif element == 0x1e:
            text += f" indicator {content[1] & 0x7f}"
    return text


def open_stamped(port):
    """A UDP socket on this port whose datagrams the kernel stamps: who reads them late still knows when they came."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    opened.bind(("127.0.0.1", port))
    return opened


def receive_stamped(opened):
    """A datagram, and when it came, in seconds of time.time()."""
    datagram, control, _, _ = opened.recvmsg(65536, socket.CMSG_SPACE(16))
    seconds, nanoseconds = struct.unpack("qq", control[0][2])
    return datagram, seconds + nanoseconds / 1e9


class Ladder:
    """Messages between neighbouring lanes, in the order in which they went over the wire."""

    def __init__(self):
        self.lock = threading.Lock()
        self.messages = []  # when, lane of the sender, lane of the receiver, text

    def add(self, when, sender, receiver, text):
        with self.lock:
            self.messages.append((when, sender, receiver, text))

    def clear(self):
        with self.lock:
            self.messages = []

    def has(self, text):
        with self.lock:
            return any(text == said for _, _, _, said in self.messages)

    def draw(self):
        def row(cells):
            return "".join(cells).rstrip() + "\n"
        lines = [row(f"{lane:<{WIDTH}}" for lane in LANES)]
        for _, sender, receiver, text in sorted(self.messages):
            cells = ["|" + " " * (WIDTH - 1) for _ in LANES]
            gap = min(sender, receiver)
            label = f" {text} "
            cells[gap] = ("|" + label.ljust(WIDTH - 2, "-") + ">" if receiver > sender
                          else "|<" + label.rjust(WIDTH - 2, "-"))
            lines.append(row(cells))
        return "".join(lines)


def between_lanes(drawing):
    """For each pair of neighbours, what a drawing has between them: the order between pairs is chance."""
    pairs = [[] for _ in LANES[1:]]
    for line in drawing.splitlines()[1:]:
        for gap, pair in enumerate(pairs):
            cell = line[gap * WIDTH + 1:(gap + 1) * WIDTH].strip()
            if cell:
                pair.append(cell)
    return pairs


class Relay:
    """Stands between the two ends of a span, and reads its D-channel into the ladder."""

    def __init__(self, ladder, user_address, network_address, user_sees, network_sees):
        """`user_sees`: the port that the user side's span takes for its far end."""
        self.sockets = []
        for port in (user_sees, network_sees):
            self.sockets.append(open_stamped(port))
        self.targets = (network_address, user_address)  # where what comes to each socket goes on to
        self.framers = [Hdlc(lambda frame, lane=lane: self.on_frame(lane, frame)) for lane in (1, 2)]
        self.last_sent = {}
        self.now = 0.0
        self.ladder = ladder
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            for ready in select.select(self.sockets, [], [], 0.2)[0]:
                end = self.sockets.index(ready)
                packet, self.now = receive_stamped(ready)
                self.sockets[1 - end].sendto(packet, ("127.0.0.1", self.targets[end]))
                self.framers[end].receive(packet[CONTROL_WORD + D_CHANNEL - 1::TIMESLOTS])

    def on_frame(self, lane, frame):
        if frame[2] & 1:
            return  # no I frame
        number = frame[2] >> 1
        if self.last_sent.get(lane) == number:
            return  # sent again by layer 2
        self.last_sent[lane] = number
        if text := q931_text(frame[4:]):
            self.ladder.add(self.now, lane, 3 - lane, text)

    def stop(self):
        self.stopping = True
        self.thread.join()
        for opened in self.sockets:
            opened.close()


def header(text, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r$", text, re.M | re.I)
    return found[1] if found else ""


SDP = ("v=0\r\no=peer 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")


def direction_of(text):
    """" sendonly", of a message with a description that says so; empty: both ways, or no description."""
    found = re.search(r"^a=(sendonly|recvonly|inactive)\r$", text, re.M)
    return f" {found[1]}" if found else ""


class Peer:
    """A SIP peer by hand, which says one thing after the other."""

    def __init__(self, ladder, lane, port, gateway_port):
        self.ladder, self.lane, self.neighbour = ladder, lane, 1 if lane == 0 else 2
        self.gateway = ("127.0.0.1", gateway_port)
        self.port = port
        self.socket = open_stamped(port)
        self.heard, self.datagrams = [], set()
        self.to = self.target = self.invite = ""

    @staticmethod
    def summary(text):
        first = text.split("\r\n", 1)[0]
        described = direction_of(text) or " with SDP" if "application/sdp" in header(text, "Content-Type") else ""
        status = re.match(r"SIP/2\.0 (\d+)", first)
        if status:
            return f"{status[1]}{' to ' + header(text, 'CSeq').split()[-1] if 'INVITE' not in header(text, 'CSeq') else described}"
        method, uri = first.split(" ")[:2]
        number = "" if "tag=" in header(text, "To") else " " + uri.split(":")[1].split("@")[0]
        if method == "NOTIFY":
            return "NOTIFY " + re.search(r"^SIP/2\.0 (\d+)", text, re.M)[1]  # of its sipfrag (RFC 3515)
        return f"{method}{number}{described}" if method == "INVITE" else method

    def send(self, text):
        self.ladder.add(time.time(), self.lane, self.neighbour, self.summary(text))
        self.socket.sendto(text.encode(), self.gateway)

    def expect(self, wanted, seconds=30):
        """Receives until a message with this summary's first word comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                datagram, when = receive_stamped(self.socket)
            except TimeoutError:
                break
            if datagram in self.datagrams:
                continue  # sent again, on a machine that is slow
            self.datagrams.add(datagram)
            text = datagram.decode()
            summary = self.summary(text)
            self.ladder.add(when, self.neighbour, self.lane, summary)
            self.heard.append(summary)
            if summary.split(" ")[0] == wanted:
                self.learn(text)
                return text
        raise AssertionError(f"{LANES[self.lane]} waited in vain for {wanted}, and heard {self.heard}")

    def learn(self, text):
        contact = re.search(r"<([^>]+)>", header(text, "Contact"))
        if contact:
            self.target = contact[1]
        if text.startswith("INVITE"):
            self.invite = text
        if text.startswith("SIP/2.0"):
            self.to = header(text, "To")

    # As the caller.

    def call(self, number, call_id):
        self.call_id, self.uri = call_id, f"sip:{number}@127.0.0.1:{self.gateway[1]}"
        self.to, self.target = f"<{self.uri}>", self.uri
        self.request("INVITE", 1, SDP.format(port=9))

    def request(self, method, cseq, body="", headers=()):
        target = self.uri if method == "CANCEL" else self.target
        lines = [f"{method} {target} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{self.call_id}{'1' if method == 'CANCEL' else cseq}"
                 f"{'a' if method == 'ACK' else ''}",
                 "Max-Forwards: 70", f"From: <sip:caller@127.0.0.1>;tag={self.call_id}", f"To: {self.to}",
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}", f"Contact: <sip:caller@127.0.0.1:{self.port}>"]
        lines += headers
        if body:
            lines.append("Content-Type: application/sdp")
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]) + body)

    # As the called side.

    def hang_up(self):
        """BYE in the dialog that the INVITE made which was heard last."""
        invite = self.invite
        self.send("\r\n".join([
            f"BYE {re.search('<([^>]+)>', header(invite, 'Contact'))[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{header(invite, 'Call-ID')}bye", "Max-Forwards: 70",
            f"From: {header(invite, 'To')};tag=called", f"To: {header(invite, 'From')}",
            f"Call-ID: {header(invite, 'Call-ID')}", "CSeq: 1 BYE", "Content-Length: 0", "", ""]))

    def respond(self, request, status, described=False, direction="sendrecv"):
        body = SDP.format(port=9) + f"a={direction}\r\n" if described else ""
        vias = [via.rstrip("\r") for via in re.findall(r"^Via\s*:.*?\r$", request, re.M | re.I)]
        to = header(request, "To")
        lines = [f"SIP/2.0 {status} -", *vias, f"From: {header(request, 'From')}",
                 f"To: {to if 'tag=' in to else to + ';tag=called'}", f"Call-ID: {header(request, 'Call-ID')}",
                 f"CSeq: {header(request, 'CSeq')}", f"Contact: <sip:called@127.0.0.1:{self.port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]) + body)


def start_gateway(bench, sip_port, line, sections):
    """A gateway that is both sides of an E1, trunks `out` (user) and `back` (network), wired by a Relay.

    `line`: the Relay's four ports, in its order; `sections`: what else its configuration has.
    """
    user, network, user_sees, network_sees = line
    config = bench.folder / "spangate.toml"
    config.write_text(f'''
[sip]
listen = ["udp:127.0.0.1:{sip_port}"]
[media]
ports = "{rig.media_ports()}"
[control]
socket = "{bench.gateway_socket}"
[span.1]
type = "E1"
local = "127.0.0.1:{user}"
remote = "127.0.0.1:{user_sees}"
[span.2]
type = "E1"
clock = "given"
local = "127.0.0.1:{network}"
remote = "127.0.0.1:{network_sees}"
[trunk.out]
kind = "pri"
spans = [1]
[trunk.back]
kind = "pri"
role = "network"
spans = [2]
{sections}''')
    gateway = bench.start("gateway", [rig.BIN / "spangated", "--foreground", "--config", config], True)
    rig.wait_until("the gateway to answer", lambda: rig.listens(bench.gateway_socket), alive=[gateway])
    rig.wait_until("layer 2", lambda: all(span["is_up"] and span["idle"] for span in bench.control("spans")),
                   alive=[gateway])
    return gateway
