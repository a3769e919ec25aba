"""Asterisk's ways of carrying a fax, as a peer between a fax machine and the gateway."""

import heapq
import re
import time

from meddling_peer import MeddlingPeer, _header, _response

V21, HDLC_DATA, FCS_OK = 0, 0, (2, 4)  # T.38 tables 3 and 4
DCN = (0x5F, 0xDF, 0xFA, 0xFB)  # with and without its X bit, in either order of bits


def primary_of(datagram):
    """Number and IFP of a UDPTL datagram, and the field that follows; the IFP of 127 octets at most."""
    octets = datagram[2]
    return int.from_bytes(datagram[:2], "big"), datagram[3:3 + octets], datagram[3 + octets:]


def hdlc_fields(ifp):
    """(type, octets) of the fields of a V.21 IFP of version 0; nothing for any other."""
    if len(ifp) < 2 or ifp[0] & 0xC0 != 0xC0 or ifp[0] >> 1 & 0x0F != V21:
        return
    at = 2
    for _ in range(ifp[1]):
        has_octets, kind, at = ifp[at] & 0x80, ifp[at] >> 4 & 7, at + 1
        octets = b""
        if has_octets:
            count = int.from_bytes(ifp[at:at + 2], "big") + 1
            octets, at = ifp[at + 2:at + 2 + count], at + 2 + count
        yield kind, octets


class FrameWatch:
    """Follows the V.21 frames of one way of a T.38 stream."""

    def __init__(self):
        self.latest, self.frame, self.names = None, b"", []

    def hears_goodbye(self, datagram):
        number, ifp, _ = primary_of(datagram)
        if number == self.latest:
            return False  # sent once more
        self.latest = number
        heard = False
        for kind, octets in hdlc_fields(ifp):
            self.frame += octets
            if kind == HDLC_DATA:
                continue
            heard = heard or (kind in FCS_OK and len(self.frame) > 2 and self.frame[2] in DCN)
            self.frame = b""
        return heard


class Dialog:
    """What one side has said in the call, as far as a request in its name needs it."""

    def __init__(self):
        self.local = self.remote = self.call_id = self.audio = b""
        self.cseq = 0

    def learn(self, message):
        to = _header(message, b"To")
        body = message.partition(b"\r\n\r\n")[2]
        if re.search(rb"(?m)^m=audio [1-9]", body):
            self.audio = body
        if b"tag=" not in to:
            return
        is_request = not message.startswith(b"SIP/2.0 ")
        self.local, self.remote = (_header(message, b"From"), to) if is_request else (to, _header(message, b"From"))
        self.call_id = _header(message, b"Call-ID")
        if is_request:
            self.cseq = max(self.cseq, int(_header(message, b"CSeq").split()[0]))


class Asterisk(MeddlingPeer):
    """A back-to-back agent, one call at a time.

    `ends_the_fax`: when one machine has said goodbye (DCN) in T.38, it asks both sides back to audio and sends BYE 1 ms
    later. `max_datagram`: what it tells the gateway; what is longer and comes from there is lost. `cuts`: what the
    machine sends goes on in datagrams of so many octets at most, with one earlier IFP in each and both cut to fit
    (t38_udptl_maxdatagram). `only_t38`: no audio goes either way. `mute`: nothing of the machine's gets through.
    """

    ON_A_TICK = 0.001  # seconds from its re-INVITE to its BYE

    def __init__(self, ends_the_fax=False, max_datagram=None, cuts=None, only_t38=False, **more):
        self.ends_the_fax, self.max_datagram, self.cuts, self.only_t38 = ends_the_fax, max_datagram, cuts, only_t38
        self.says = {True: Dialog(), False: Dialog()}  # by whether it is the machine that says so
        self.watches = {True: FrameWatch(), False: FrameWatch()}
        self.answers_to_audio = {}  # by whether the machine was asked: the final status
        self.sent = {}  # (towards the machine, CSeq, method): the request
        self.previous = b""
        super().__init__(**more)

    # SIP.

    def on_sip_message_from_peer(self, message, forward):
        if self.takes(message, False):
            return
        self.says[True].learn(message)
        if self.max_datagram:
            message = re.sub(rb"T38FaxMaxDatagram:\d+", b"T38FaxMaxDatagram:%d" % self.max_datagram, message)
        super().on_sip_message_from_peer(message, forward)

    def on_sip_message_from_gateway(self, message, forward):
        if self.takes(message, True):
            return
        self.says[False].learn(message)
        super().on_sip_message_from_gateway(message, forward)

    def takes(self, message, towards_machine):
        """Whether it is an answer to a request of its own, or a BYE that crosses its own."""
        number, method = _header(message, b"CSeq").split()
        if message.startswith(b"BYE ") and any(key[0] != towards_machine for key in self.sent):
            to = (self.far, self.gateway) if towards_machine else (self.near, self.peer)
            to[0].sendto(_response(message, 200), to[1])
            return True
        request = self.sent.get((not towards_machine, int(number), method)) if message.startswith(b"SIP/2.0 ") else None
        if not request:
            return False
        status = int(message.split()[1])
        if method == b"INVITE" and status >= 200:
            self.answers_to_audio.setdefault(not towards_machine, status)
            # RFC 3261 section 17.1.1.3: the ACK of a refusal belongs to the INVITE's transaction.
            self.send(not towards_machine, b"ACK", int(number), of=b"ACK" if status < 300 else b"INVITE")
        return True

    def send(self, towards_machine, method, number, body=b"", of=None):
        """`of`: the method whose transaction it belongs to, where that is another one's."""
        says = self.says[not towards_machine]
        own = self.gateway if towards_machine else self.peer
        own_address = b"%s:%d" % (own[0].encode(), own[1])
        target = (self.far if towards_machine else self.near).getsockname()
        lines = [b"%s sip:fax@%s:%d SIP/2.0" % (method, target[0].encode(), target[1]),
                 b"Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d" % (own_address, of or method, number),
                 b"Max-Forwards: 70",
                 b"From: " + says.local, b"To: " + says.remote, b"Call-ID: " + says.call_id,
                 b"CSeq: %d %s" % (number, method), b"Contact: <sip:asterisk@%s>" % own_address]
        if body:
            lines.append(b"Content-Type: application/sdp")
        request = b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])
        if method != b"ACK":
            self.sent[towards_machine, number, method] = request
        (self.to_peer if towards_machine else self.to_gateway)(request)

    def end(self):
        """Back to audio, and BYE."""
        self.ends_the_fax = False
        for towards_machine in (True, False):
            says = self.says[not towards_machine]
            audio = re.sub(rb"(?m)^(o=\S+ \S+ )(\d+)", lambda o: o[1] + b"%d" % (int(o[2]) + 9), says.audio)
            self.send(towards_machine, b"INVITE", says.cseq + 1, audio)
            heapq.heappush(self.on_the_way, (time.monotonic() + self.ON_A_TICK, next(self.order),
                                             lambda way=towards_machine, number=says.cseq + 2:
                                             self.send(way, b"BYE", number)))

    # Media.

    def passes_media(self, kind, from_peer, datagram):
        if self.mute and from_peer:
            return False
        if kind != b"image":
            return not self.only_t38
        if self.max_datagram and not from_peer and len(datagram) > self.max_datagram:
            return False
        if self.ends_the_fax and self.watches[from_peer].hears_goodbye(datagram):
            # The goodbye itself goes on first.
            heapq.heappush(self.on_the_way, (time.monotonic() + 2 * self.ON_A_TICK, next(self.order), self.end))
        return super().passes_media(kind, from_peer, datagram)

    def on_its_way(self, kind, from_peer, datagram):
        if kind != b"image" or not from_peer or not self.cuts:
            return datagram
        _, ifp, _ = primary_of(datagram)
        most = (self.cuts - 8) // 2 * 95 // 100
        ifp, earlier = ifp[:most], self.previous
        self.previous = ifp
        entries = bytes([0, 1, len(earlier)]) + earlier if earlier else bytes(2)
        return datagram[:2] + bytes([len(ifp)]) + ifp + entries
