"""A SIP peer that meddles with T.38: between a fax machine and the gateway, it answers, drops or holds back their offers."""

import re
import threading

from lossy_relay import LossyRelay

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


class MeddlingPeer(LossyRelay):
    """One call between a fax machine, `peer`, and the gateway.

    `script`: what happens to the gateway's T.38 offers, one after the other: a status, PASS, DROP, or TRY (100 and no
    more); PASS when it is at its end. `holds_until`: the fax machine's own T.38 offer is held back until "crossing"
    (the gateway's comes; then both pass), "refusal" (the gateway's was refused) or so many seconds after the machine
    sent it. `mute`: no T.38 packet of the machine's gets through.

    `offers`: the gateway's T.38 offers, without repetitions. `answers`: its final answers to the machine's.
    """

    def __init__(self, script=(), holds_until=None, mute=False, peer=None):
        self.script, self.holds_until, self.mute = list(script), holds_until, mute
        self.offers, self.answers = [], []
        self.plans = {}  # CSeq of the gateway's offer: what is done with it
        self.peer_offers, self.held = set(), None
        self.timer = None
        super().__init__(0, 1, peer)

    def close(self):
        if self.timer:
            self.timer.cancel()
        super().close()

    def on_sip_message_from_gateway(self, message, forward):
        number, method = _header(message, b"CSeq").split()
        if _is_t38_offer(message):
            return self.on_offer_of_gateway(number, message, forward)
        if message.startswith(b"ACK ") and isinstance(self.plans.get(number), int):
            if self.holds_until == "refusal":
                self.release()
            return
        status = int(message.split()[1]) if message.startswith(b"SIP/2.0 ") else 0
        if status >= 200 and method == b"INVITE" and number in self.peer_offers:
            self.peer_offers.discard(number)
            self.answers.append(status)
        forward(message)

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

    def on_sip_message_from_peer(self, message, forward):
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

    def passes_media(self, kind, from_peer):
        return not (self.mute and from_peer and kind == b"image")
