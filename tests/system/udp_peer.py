"""A SIP peer by hand, for what no stack would say: messages as text over UDP, and RTP that is only counted."""

import itertools
import re
import socket
import time

COUNT = itertools.count(1)


def sdp(port, codecs="8 101", version=1, more=""):
    names = {"0": "PCMU", "8": "PCMA", "101": "telephone-event"}
    maps = "".join(f"a=rtpmap:{codec} {names[codec]}/8000\r\n" for codec in codecs.split())
    return (f"v=0\r\no=peer 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {codecs}\r\n{maps}{more}")


class Message:
    def __init__(self, raw):
        head, _, self.body = raw.decode(errors="replace").partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [line.split(":", 1) for line in lines]
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0
        self.method = self.header("CSeq").split()[1]

    def all(self, name):
        return [value.strip() for key, value in self.headers if key.strip().lower() == name.lower()]

    def header(self, name):
        return (self.all(name) or [""])[0]

    def contact(self):
        return re.search(r"<([^>]+)>", self.header("Contact"))[1]

    def media(self):
        return re.findall(r"^m=(.*?)\r$", self.body, re.M)


class UdpPeer:
    def __init__(self, gateway_port, port=0):
        self.gateway = ("127.0.0.1", gateway_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.waiting = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait(self, what, wanted, seconds=60):
        """The next message for which wanted(message) holds; others are kept."""
        end = time.monotonic() + seconds
        while True:
            for message in self.waiting:
                if wanted(message):
                    self.waiting.remove(message)
                    return message
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.waiting.append(Message(self.socket.recv(65536)))
            except TimeoutError:
                starts = [message.start for message in self.waiting]
                raise AssertionError(f"waited in vain for {what}; there came {starts}") from None

    def all_there(self, wanted):
        """Messages that have come by now, and for which wanted(message) holds."""
        self.socket.settimeout(0)
        try:
            while True:
                self.waiting.append(Message(self.socket.recv(65536)))
        except BlockingIOError:
            return [message for message in self.waiting if wanted(message)]

    def final(self, method, seconds=60):
        return self.wait(f"the answer to {method}", lambda m: m.status >= 200 and m.method == method, seconds)

    def request(self, method, seconds=60):
        return self.wait(method, lambda m: not m.status and m.method == method, seconds)

    def respond(self, request, status, headers=(), body="", tag="peer"):
        to = request.header("To")
        to = to if "tag=" in to or status == 100 else f"{to};tag={tag}"
        contact = [] if any(line.startswith("Contact:") for line in headers) else [
            f"Contact: <sip:{tag}@127.0.0.1:{self.port}>"]
        self.send([f"SIP/2.0 {status} -", *(f"Via: {via}" for via in request.all("Via")),
                   f"From: {request.header('From')}", f"To: {to}", f"Call-ID: {request.header('Call-ID')}",
                   f"CSeq: {request.header('CSeq')}", *contact, *headers], body)

    def send(self, lines, body):
        kind = ["Content-Type: application/sdp"] if body and not any("Content-Type" in line for line in lines) else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(body.encode())}", "", ""]) + body
        self.socket.sendto(text.encode(), self.gateway)


class PeersCall:
    """A dialog as the peer sees it: one that it begins with `number`, or that an INVITE of the gateway began."""

    def __init__(self, peer, number=None, invite=None, tag="peer"):
        self.peer, self.number = peer, 0
        if invite:
            self.id, self.target = invite.header("Call-ID"), invite.contact()
            self.own, self.to = f"{invite.header('To')};tag={tag}", invite.header("From")
            return
        self.id = f"peer-{time.time()}-{next(COUNT)}"
        self.target = f"sip:{number}@127.0.0.1:{peer.gateway[1]}"
        self.own, self.to = f"<sip:200@127.0.0.1>;tag=c{self.id}", f"<{self.target}>"

    def send(self, method, body="", headers=(), cseq=None):
        self.number += cseq is None
        via = f"Via: SIP/2.0/UDP 127.0.0.1:{self.peer.port};branch=z9hG4bK{next(COUNT)}{self.id}"
        lines = [f"{method} {self.target} SIP/2.0", via, "Max-Forwards: 70", f"From: {self.own}", f"To: {self.to}",
                 f"Call-ID: {self.id}", f"CSeq: {cseq or self.number} {method}",
                 f"Contact: <sip:200@127.0.0.1:{self.peer.port}>"]
        if method == "INVITE":
            self.last_invite = [line for line in lines if not line.startswith("Contact")]
        self.peer.send([*lines, *headers], body)

    def cancel(self):
        """Ends the INVITE that has no answer yet."""
        self.peer.send([line.replace("INVITE", "CANCEL") for line in self.last_invite], "")
        self.peer.final("INVITE")

    def learn(self, message):
        self.to, self.target = message.header("To"), message.contact()

    def invite(self, body="", ack="", headers=()):
        """The final response, acknowledged."""
        self.send("INVITE", body, headers)
        answer = self.peer.final("INVITE")
        if answer.status < 300:
            self.learn(answer)
        self.send("ACK", ack, cseq=int(answer.header("CSeq").split()[0]))
        return answer

    def hang_up(self):
        self.send("BYE")
        return self.peer.final("BYE")


class Rtp:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hears(self, seconds=30.0):
        """Whether media comes from now on."""
        self.socket.settimeout(0)
        try:
            while True:
                self.socket.recv(4096)
        except (BlockingIOError, TimeoutError):
            pass
        self.socket.settimeout(seconds)
        try:
            return bool(self.socket.recv(4096))
        except TimeoutError:
            return False
