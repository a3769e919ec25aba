"""RFC 4475's and RFC 5118's messages: each is answered as those RFCs let it be, and not at all to a stranger."""

import re
import select
import socket

from support import DATA, PATIENCE, ROUTES, SystemTest

STRANGER = "127.0.0.9"

# Sets of statuses; an empty one: no answer.
NONE = set()
REFUSED_METHOD = {405, 501}                      # we have no such method
ANY_BUT_BAD = set(range(200, 700)) - {400, 505}  # valid: whether the number exists is not the RFC's matter
BAD = {400}
LENIENT = ANY_BUT_BAD | BAD                      # "may be accepted": the RFC names both ways

ANSWERS = {
    # RFC 4475, 3.1.1: valid messages.
    "rfc4475/wsinv.dat": ANY_BUT_BAD,
    "rfc4475/intmeth.dat": REFUSED_METHOD,
    "rfc4475/esc01.dat": ANY_BUT_BAD,
    "rfc4475/escnull.dat": REFUSED_METHOD,
    "rfc4475/esc02.dat": REFUSED_METHOD,
    "rfc4475/lwsdisp.dat": {200, 404},
    "rfc4475/longreq.dat": ANY_BUT_BAD,
    "rfc4475/dblreq.dat": REFUSED_METHOD,
    "rfc4475/semiuri.dat": {200, 404},
    "rfc4475/transports.dat": {200, 404},
    "rfc4475/mpart01.dat": REFUSED_METHOD | {415},
    "rfc4475/unreason.dat": NONE,
    "rfc4475/noreason.dat": NONE,
    # 3.1.2: invalid ones.
    "rfc4475/badinv01.dat": BAD,
    "rfc4475/clerr.dat": BAD,
    "rfc4475/ncl.dat": BAD,
    "rfc4475/scalar02.dat": BAD,
    "rfc4475/scalarlg.dat": NONE,
    "rfc4475/quotbal.dat": BAD,
    "rfc4475/ltgtruri.dat": BAD,
    "rfc4475/lwsruri.dat": BAD,
    "rfc4475/lwsstart.dat": LENIENT,
    "rfc4475/trws.dat": LENIENT,
    "rfc4475/escruri.dat": LENIENT,
    "rfc4475/baddate.dat": LENIENT,
    "rfc4475/regbadct.dat": BAD | REFUSED_METHOD,
    "rfc4475/badaspec.dat": LENIENT,
    "rfc4475/baddn.dat": LENIENT,
    "rfc4475/badvers.dat": {505},
    "rfc4475/mismatch01.dat": BAD,
    "rfc4475/mismatch02.dat": BAD | REFUSED_METHOD,
    "rfc4475/bigcode.dat": NONE,
    # 3.2: transactions.
    "rfc4475/badbranch.dat": LENIENT,
    # 3.3: what applications make of it.
    "rfc4475/insuf.dat": BAD,
    "rfc4475/unkscm.dat": {404, 416},
    "rfc4475/novelsc.dat": {404, 416},
    "rfc4475/unksm2.dat": BAD | REFUSED_METHOD | {403},
    "rfc4475/bext01.dat": {420},
    "rfc4475/invut.dat": {415},
    "rfc4475/regaut01.dat": REFUSED_METHOD | {401},
    "rfc4475/multi01.dat": BAD,
    "rfc4475/mcl01.dat": BAD,
    "rfc4475/bcast.dat": NONE,
    "rfc4475/zeromf.dat": {200, 483},
    "rfc4475/cparam01.dat": REFUSED_METHOD,
    "rfc4475/cparam02.dat": REFUSED_METHOD,
    "rfc4475/regescrt.dat": REFUSED_METHOD,
    "rfc4475/sdp01.dat": {404, 406},
    # 3.4: an INVITE of RFC 2543.
    "rfc4475/inv2543.dat": ANY_BUT_BAD,
    # RFC 5118, section 4.
    "rfc5118/ipv6-good": REFUSED_METHOD,
    "rfc5118/ipv6-bad": BAD,
    "rfc5118/port-ambiguous": REFUSED_METHOD,
    "rfc5118/port-unambiguous": REFUSED_METHOD,
    "rfc5118/via-received-param-with-delim": {481},
    "rfc5118/via-received-param-no-delim": {200, 404},
    "rfc5118/ipv6-in-sdp": ANY_BUT_BAD,
    "rfc5118/mult-ip-in-header": {481},
    "rfc5118/mult-ip-in-sdp": ANY_BUT_BAD,
    "rfc5118/ipv4-mapped-ipv6": ANY_BUT_BAD,
    "rfc5118/ipv6-bug-abnf-3-colons": LENIENT,
    "rfc5118/ipv6-correct-abnf-2-colons": {200, 404},
}

# To Sofia's parser a null is the end of what has come: over a stream it waits for the rest.
WITH_NULL = {"rfc4475/intmeth.dat"}

# Over a stream these only show that no message may be looked for behind them (RFC 3261, 18.3); to close it is right too.
WITHOUT_END = {"rfc4475/clerr.dat", "rfc4475/ncl.dat", "rfc4475/mcl01.dat"}

# A stream wants Content-Length (RFC 3261, 18.3), which RFC 2543 did not.
OVER_TCP = {"rfc4475/inv2543.dat": LENIENT}

TOP_VIA = re.compile(rb"^(v|via)[ \t]*:\s*SIP\s*/\s*\d\.0\s*/\s*\w+\s+[^;,\s]+(;;[;,]+)?", re.IGNORECASE | re.MULTILINE)
CALL_ID = re.compile(rb"^(i|call-id)[ \t]*:\s*[\w.@]+", re.IGNORECASE | re.MULTILINE)


def message(name, transport, host, port):
    """The message of that file, its topmost Via's address made the sender's; and its Call-ID its own, as some share theirs."""
    via = f"Via: SIP/2.0/{transport} {host}:{port}".encode()
    text = CALL_ID.sub(lambda found: found[0] + f"-{transport}{port}".encode(), (DATA / "sip" / name).read_bytes(), count=1)
    return TOP_VIA.sub(lambda _: via, text, count=1)


def final_status(text):
    found = re.match(r"SIP/2\.0 ([2-6]\d\d) ", text)
    return int(found[1]) if found else 0


class Torture(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "301", "kind": "no_answer"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}},
                            routes=[{**ROUTES[0], "called": "301"}, ROUTES[1]], level="warning")

    @property
    def gateway(self):
        return "127.0.0.1", self.bench.sip_port

    def datagrams(self, host="127.0.0.1"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind((host, 0))
        sock.settimeout(PATIENCE)
        return sock

    def stream(self, host="127.0.0.1"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.addCleanup(sock.close)
        sock.bind((host, 0))
        sock.settimeout(PATIENCE)
        sock.connect(self.gateway)
        return sock

    def ping(self, sock, transport):
        """What comes until the gateway has answered an OPTIONS, which it takes after all that was sent before."""
        host, port = sock.getsockname()
        tag = f"ping{port}{id(sock)}"
        request = (f"OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{tag}\r\n"
                   f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: {tag}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
        sock.sendto(request.encode(), self.gateway) if transport == "UDP" else sock.sendall(request.encode())
        came = ""
        while tag not in came:
            more = sock.recv(65536).decode(errors="replace")
            if not more:
                break
            came += more
        return came

    def came(self, sock):
        """What there is by now; nothing: not even a closed connection, or that."""
        if not select.select([sock], [], [], 0)[0]:
            return b""
        try:
            return sock.recv(65536)
        except OSError:
            return b""

    def answer(self, sock):
        """The final status that comes; 0: the connection is closed without."""
        while True:
            try:
                text = sock.recv(65536).decode(errors="replace")
            except ConnectionResetError:
                return 0
            statuses = [final_status("SIP/2.0" + part) for part in text.split("SIP/2.0")[1:]]
            finals = [status for status in statuses if status]
            if finals or not text:
                return finals[0] if finals else 0

    def test_every_message_is_in_the_table(self):
        names = {str(path.relative_to(DATA / "sip")) for path in (DATA / "sip").glob("rfc*/*") if path.is_file()}
        self.assertEqual(names, set(ANSWERS))

    def test_over_udp(self):
        for name, allowed in ANSWERS.items():
            with self.subTest(message=name):
                sock = self.datagrams()
                sock.sendto(message(name, "UDP", *sock.getsockname()), self.gateway)
                if allowed:
                    self.assertIn(self.answer(sock), allowed)
                else:
                    self.assertEqual(len(self.ping(sock, "UDP").split("SIP/2.0 ")[1:]), 1)

    def test_over_tcp(self):
        for name, allowed in ANSWERS.items():
            with self.subTest(message=name):
                sock = self.stream()
                sock.sendall(message(name, "TCP", *sock.getsockname()))
                if name in WITHOUT_END | WITH_NULL:
                    sock.shutdown(socket.SHUT_WR)
                    self.assertIn(self.answer(sock), allowed | {0})
                elif allowed:
                    self.assertIn(self.answer(sock), OVER_TCP.get(name, allowed))
                else:
                    self.ping(self.stream(), "TCP")
                    self.assertEqual(self.came(sock), b"")

    def test_accept_without_sdp_to_a_number_that_exists(self):
        sock = self.datagrams()
        text = message("rfc4475/sdp01.dat", "UDP", *sock.getsockname())
        sock.sendto(re.sub(rb"sip:[^ ]+ SIP", b"sip:301@127.0.0.1 SIP", text, count=1), self.gateway)

        self.assertEqual(self.answer(sock), 406)

    def test_a_stranger_gets_no_answer_to_any(self):
        counted = self.counters_of_strangers()
        sockets = []
        for name in ANSWERS:
            sock = self.datagrams(STRANGER)
            sock.sendto(message(name, "UDP", *sock.getsockname()), self.gateway)
            sockets.append(sock)
        self.wait("all to be counted", lambda: self.counters_of_strangers() >= counted + len(ANSWERS))
        for name in ANSWERS:
            sock = self.stream(STRANGER)
            try:
                sock.sendall(message(name, "TCP", *sock.getsockname()))
            except OSError:
                pass  # closed at once
            sockets.append(sock)

        # Later than all of them.
        self.ping(self.datagrams(), "UDP")
        self.ping(self.stream(), "TCP")

        for sock in sockets:
            self.assertEqual(self.came(sock), b"")

    def counters_of_strangers(self):
        return self.counter("sip.unknown_source") + self.counter("sip.rx.foreign_responses")
