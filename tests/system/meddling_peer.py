"""A SIP peer that meddles with T.38: between a fax machine and the gateway, it answers, drops or holds back their offers."""

import re
import threading

from lossy_relay import Faults, LossyRelay

# What is done with an offer of the gateway's, beside answering it with a status.
PASS, DROP, TRY = "pass", "drop", "try"


def _header(message, name):
    found = re.search(rb"(?im)^%s\s*:\s*(.*?)\r$" % name, message)
    return found[1] if found else b""


def _is_t38_offer(message):
    return message.startswith(b"INVITE ") and b"tag=" in _header(message, b"To") and b"m=image" in message


def _response(request, status):
    """A final response to a request within a dialog; 100 without more."""
    vias = re.findall(rb"(?im)^Via\s*:.*?\r$", request)
    lines = [b"SIP/2.0 %d -" % status, *(via.rstrip(b"\r") for via in vias)]
    lines += [name + b": " + _header(request, name) for name in (b"From", b"To", b"Call-ID", b"CSeq")]
    return b"\r\n".join([*lines, b"Content-Length: 0", b"", b""])


class Refresher:
    """Refreshes the session in the middle of a page, as the peer of the gateway that the machine is taken for.

    `left`: what is to be sent yet, a method and by how much the version of o= grows. `answers`: the gateway's. Each is
    sent once the one before was answered. CSeq of the machine's later requests are moved on to make room.
    """

    IN_MID_PAGE = 100  # datagrams of image data in a row: more than a TCF
    PAUSE = 25

    def __init__(self, relay, left):
        self.relay, self.left, self.answers = relay, list(left), []
        self.open = None  # (CSeq, method) of what waits for its answer
        self.image_data = self.version = self.highest = self.sent = 0
        self.moved = {}  # CSeq as sent: the machine's own
        self.local = self.remote = self.call_id = self.sdp = b""

    def on_datagram(self, datagram):
        # T.38 clause 7.2, aligned PER: a bit for the data field, one for "data", the extension's, and four for the modem.
        if len(datagram) < 4 or datagram[3] & 0xC0 != 0xC0:
            return
        self.image_data = self.image_data + 1 if datagram[3] & 0x1E else 0
        if self.left and not self.open and self.image_data >= self.IN_MID_PAGE:
            self.send(*self.left.pop(0))

    def send(self, method, growth):
        self.version += growth
        self.sent += 1
        self.highest += 1
        self.open = (self.highest, method)
        sdp = re.sub(rb"(?m)^(o=\S+ \S+ )(\d+)", lambda o: o[1] + b"%d" % (int(o[2]) + self.version), self.sdp)
        self.request(method, [b"Supported: timer", b"Session-Expires: 1800;refresher=uac",
                              b"Content-Type: application/sdp"], sdp)

    def request(self, method, headers, body=b""):
        peer = b"%s:%d" % (self.relay.peer[0].encode(), self.relay.peer[1])
        gateway = b"%s:%d" % (self.relay.gateway[0].encode(), self.relay.gateway[1])
        lines = [b"%s sip:%s SIP/2.0" % (method, gateway),
                 b"Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d" % (peer, method, self.highest),
                 b"Max-Forwards: 70", b"From: " + self.local, b"To: " + self.remote, b"Call-ID: " + self.call_id,
                 b"CSeq: %d %s" % (self.highest, method), b"Contact: <sip:%s>" % peer, *headers,
                 b"Content-Length: %d" % len(body), b"", body]
        self.relay.to_gateway(b"\r\n".join(lines))

    def on_message_from_gateway(self, message):
        """The message as the machine is to have it; nothing when it is not for the machine."""
        number, method = _header(message, b"CSeq").split()
        if not message.startswith(b"SIP/2.0 "):
            return message
        if self.open == (int(number), method):
            if int(message.split()[1]) >= 200:
                self.on_answer(method, message)
            return b""
        return self.renumbered(message, self.moved.get(int(number), int(number)))

    def on_answer(self, method, message):
        self.answers.append(message)
        if method == b"INVITE":
            self.request(b"ACK", [])
        self.open = None
        self.image_data = self.IN_MID_PAGE - self.PAUSE

    def on_message_from_peer(self, message):
        to, number = _header(message, b"To"), int(_header(message, b"CSeq").split()[0])
        is_request = not message.startswith(b"SIP/2.0 ")
        body = message.partition(b"\r\n\r\n")[2]
        if b"tag=" in to:
            self.local, self.remote = (_header(message, b"From"), to) if is_request else (to, _header(message, b"From"))
            self.call_id = _header(message, b"Call-ID")
        self.sdp = body or self.sdp
        if not is_request:
            return message
        self.moved[number + self.sent] = number
        self.highest = max(self.highest, number + self.sent)
        return self.renumbered(message, number + self.sent)

    @staticmethod
    def renumbered(message, number):
        return re.sub(rb"(?im)^(CSeq\s*:\s*)\d+", b"\\g<1>%d" % number, message, count=1)


class MeddlingPeer(LossyRelay):
    """One call between a fax machine, `peer`, and the gateway.

    `script`: what happens to the gateway's T.38 offers, one after the other: a status, PASS, DROP, or TRY (100 and no
    more); PASS when it is at its end. `holds_until`: the fax machine's own T.38 offer is held back until "crossing"
    (the gateway's comes; then both pass), "refusal" (the gateway's was refused) or so many seconds after the machine
    sent it. `mute`: no T.38 packet of the machine's gets through. `asks_by_update`: the machine's T.38 offer travels in
    an UPDATE. `refreshes`: what the peer sends in the middle of a page, one after the other: see Refresher.

    `offers`: the gateway's T.38 offers, without repetitions. `answers`: its final answers to the machine's. `ends`: the
    gateway's BYE, as "BYE", and its answers to the machine's.
    """

    def __init__(self, script=(), holds_until=None, mute=False, peer=None, refreshes=(), asks_by_update=False,
                 host="127.0.0.1"):
        self.script, self.holds_until, self.mute = list(script), holds_until, mute
        self.offers, self.answers, self.ends = [], [], set()
        self.plans = {}  # CSeq of the gateway's offer: what is done with it
        self.peer_offers, self.held = set(), None
        self.timer = None
        self.asks_by_update, self.updates = asks_by_update, set()  # CSeq of those in place of the machine's re-INVITEs
        self.refresher = Refresher(self, refreshes)
        super().__init__(Faults(), 1, peer, host)

    def close(self):
        if self.timer:
            self.timer.cancel()
        super().close()

    @property
    def refreshes(self):
        return self.refresher.left

    @refreshes.setter
    def refreshes(self, refreshes):
        self.refresher.left = list(refreshes)

    def on_sip_message_from_gateway(self, message, forward):
        message = self.refresher.on_message_from_gateway(message)
        if not message:
            return
        message = self.as_reinvite(message)
        number, method = _header(message, b"CSeq").split()
        if _is_t38_offer(message):
            return self.on_offer_of_gateway(number, message, forward)
        if message.startswith(b"ACK ") and isinstance(self.plans.get(number), int):
            if self.holds_until == "refusal":
                self.release()
            return
        status = int(message.split()[1]) if message.startswith(b"SIP/2.0 ") else 0
        if method == b"BYE":
            self.ends.add(status or "BYE")
        if status >= 200 and method == b"INVITE" and number in self.peer_offers:
            self.peer_offers.discard(number)
            self.answers.append(status)
        forward(message)

    def as_update(self, message):
        """A T.38 offer of the machine's; nothing for its ACK, which an UPDATE has not."""
        number = _header(message, b"CSeq").split()[0]
        if _is_t38_offer(message):
            self.updates.add(number)
            return message.replace(b"INVITE ", b"UPDATE ", 1).replace(number + b" INVITE", number + b" UPDATE", 1)
        return b"" if message.startswith(b"ACK ") and number in self.updates else message

    def as_reinvite(self, message):
        """The gateway's answer to such an UPDATE."""
        number, method = _header(message, b"CSeq").split()
        is_ours = message.startswith(b"SIP/2.0 ") and method == b"UPDATE" and number in self.updates
        return message.replace(number + b" UPDATE", number + b" INVITE", 1) if is_ours else message

    def on_offer_of_gateway(self, number, message, forward):
        if number not in self.plans:
            self.plans[number] = self.script.pop(0) if self.script else PASS
            self.offers.append(number)
        plan = self.plans[number]
        if plan == PASS:
            if self.holds_until == "crossing":
                self.release()
            forward(message)
        elif plan != DROP:
            self.far.sendto(_response(message, 100 if plan == TRY else plan), self.gateway)

    def on_sip_message_from_peer(self, message, forward_unmarked):
        def forward(message):
            if self.asks_by_update:
                message = self.as_update(message)
            if message:
                forward_unmarked(self.refresher.on_message_from_peer(message))

        if not _is_t38_offer(message):
            return forward(message)
        self.peer_offers.add(_header(message, b"CSeq").split()[0])
        if self.holds_until is None:
            return forward(message)
        if self.held is None and not isinstance(self.holds_until, str):
            self.timer = threading.Timer(self.holds_until, self.release)
            self.timer.start()
        self.held = lambda: forward(message)

    def release(self):
        """The machine's own offer goes on, and those after it."""
        self.holds_until = None
        if self.held:
            self.held()

    def passes_media(self, kind, from_peer, datagram):
        if kind == b"image":
            self.refresher.on_datagram(datagram)
        return not (self.mute and from_peer and kind == b"image")
