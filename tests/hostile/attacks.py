"""What is done to the gateway: a table of small functions. The next one is one more row of ATTACKS.

Each takes the field and for how many seconds it goes on, and gives what must not have happened, one text each.
"""

import contextlib
import os
import select
import socket
import struct
import time

import rig
from field import OTHER, OTHERS, STRANGER, STRANGERS, TRUNK, rtp_packet, udp


def for_a_while(seconds, per_second):
    """Counts up, so many a second, until the time is over."""
    begin, number = time.monotonic(), 0
    while (gone := time.monotonic() - begin) < seconds:
        while number < gone * per_second:
            yield number
            number += 1
        time.sleep(0.005)


def request(method, host, name, transport="UDP", port=9, body="", length=None, headers=""):
    length = len(body) if length is None else length
    return (f"{method} sip:301@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:{port};rport;branch=z9hG4bK{name}\r\n"
            f"From: <sip:a@{host}>;tag={name}\r\nTo: <sip:301@127.0.0.1>\r\nCall-ID: {name}\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:a@{host}:{port}>\r\nMax-Forwards: 70\r\n{headers}Content-Length: {length}\r\n\r\n{body}").encode()


def unique(number):
    return f"{os.getpid()}-{time.time_ns()}-{number}"


def answers_at(*sockets):
    """First lines of what has been answered; nothing should have been."""
    lines = []
    while answered := select.select(sockets, [], [], 0 if lines else 0.2)[0]:
        lines += [opened.recv(65536).split(b"\r\n")[0].decode(errors="replace") for opened in answered]
    return [f"{len(lines)} answers, the first: {lines[0]}"] if lines else []


# Connections.

RUBBISH = [b"x\r\n\r\n", b"A\n\nA", b":\r\n\r\n", b"abc: def\r\n" * 10, b"GET / HTTP/1.0\r\n\r\n", b"\0" * 50, b"",
           b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99\r\n\r\n"]


def rubbish_by_tcp(host):
    def attack(field, seconds):
        for number in for_a_while(seconds, 500):
            opened = field.tcp(host)
            if opened:
                with opened, contextlib.suppress(OSError):
                    opened.sendall(RUBBISH[number % len(RUBBISH)])
        return []
    return attack


def held_connections(host, says):
    """As many as can be had, held until the end. Those that the gateway closes are gone."""
    def attack(field, seconds):
        held = []
        for number in for_a_while(seconds, 400):
            opened = field.tcp(host)
            if opened:
                held.append(opened)
                with contextlib.suppress(OSError):
                    opened.sendall(says)
        most = field.descriptors() - field.idle_descriptors
        for opened in held:
            opened.close()
        return [f"{most} descriptors were held"] if most > 400 else []
    return attack


def drip_by_tcp(field, seconds):
    """An octet at a time: a message that never ends."""
    streams = [opened for opened in (field.tcp(OTHER) for _ in range(50)) if opened]
    message = b"OPTIONS sip:a@b SIP/2.0\r\nSubject: " + b"a" * 100000
    for number in for_a_while(seconds, 20):
        for opened in streams:
            with contextlib.suppress(OSError):
                opened.sendall(message[number:number + 1])
    for opened in streams:
        opened.close()
    return []


def deaf_by_tcp(field, seconds):
    """Asks without end and reads no answer."""
    opened = field.tcp(OTHER, receive_buffer=4096)
    before, number = field.memory(), 0
    deadline = time.monotonic() + seconds
    with opened:
        opened.settimeout(1)
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline and field.memory() < before + 300:
                opened.sendall(b"".join(request("OPTIONS", OTHER, unique(number + i), "TCP") for i in range(200)))
                number += 200
        # The socket's buffers still hold some: they are read now.
        return growth(field, before, 50)


# Datagrams.

STRAY = [b"\0\1\0\0\x21\x12\xa4\x42" + b"x" * 12, b"\0\3\0\0\x21\x12\xa4\x42" + b"x" * 12, b"", b"\0", b"\0" * 8,
         rtp_packet(1), b"\x80\xc9\0\1\0\0\0\7", b"\x16\xfe\xfd" + b"x" * 50, b"\xf8" + b"x" * 50]


def stray_datagrams(field, seconds):
    with udp(STRANGER) as stranger:
        for number in for_a_while(seconds, 2000):
            stranger.sendto(STRAY[number % len(STRAY)], field.gateway)
        return answers_at(stranger)


METHODS = ["OPTIONS", "INVITE", "REGISTER", "BYE", "CANCEL", "REFER", "SUBSCRIBE", "MESSAGE", "FOO"]
# What those that are not taken are counted as.
OF_STRANGERS = ["sip.unknown_source"]
ABOVE_LIMITS = ["sip.rx.requests_above_limit", "sip.rx.invites_above_limit", "refused.max_cps", "sip.overload.refused"]


def requests_by_udp(hosts, methods, per_second, counted_as=ABOVE_LIMITS, **options):
    """Each is a new one. INVITEs are for a number that answers, and are never acknowledged."""
    is_stranger = counted_as == OF_STRANGERS

    def attack(field, seconds):
        def counted():
            return sum(field.counter(name) for name in counted_as)
        before, memory = counted(), field.memory()
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(udp(host)) for host in hosts]
            for number in for_a_while(seconds, per_second):
                sender = opened[number % len(opened)]
                host, port = sender.getsockname()
                sender.sendto(request(methods[number % len(methods)], host, unique(number), port=port, **options),
                              field.gateway)
            # The kernel may have dropped some.
            field.wait("what is not taken to be counted", lambda: counted() > before + 100, 60)
            trouble = answers_at(*opened) if is_stranger else []
        # What is taken is remembered for 32 s, some 10 kB each, 10 000 at most ([sip] max_transactions).
        return trouble + growth(field, memory, 10 if is_stranger else min(120, 50 + 10 * seconds))
    return attack


def growth(field, before, most):
    grown = field.memory() - before
    return [f"{grown:.0f} MB more"] if grown > most else []


def stranger_in_dialog(field, seconds):
    """Knows Call-ID and tags of a call, from a trace or a log."""
    phone = field.phone
    with udp(STRANGER) as stranger:
        port = stranger.getsockname()[1]
        body = f"v=0\r\no=- 9 9 IN IP4 {STRANGER}\r\ns=-\r\nc=IN IP4 {STRANGER}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
        for number in for_a_while(seconds, 200):
            method = IN_DIALOG[number % len(IN_DIALOG)]
            stranger.sendto(phone.request(method, 50 + number, phone.to_tag, body if method in ("INVITE", "UPDATE") else "",
                                          branch=unique(number), host=STRANGER, port=port,
                                          headers="Refer-To: <sip:301@127.0.0.1>\r\n"), field.gateway)
        return answers_at(stranger) + ([] if phone.is_up() else ["the call was ended"])


IN_DIALOG = ["BYE", "INVITE", "UPDATE", "REFER", "INFO", "CANCEL", "OPTIONS", "PRACK", "ACK"]


# Media.

def media_ports(datagrams):
    """Sends to every media port that there is, of calls and of none."""
    def attack(field, seconds):
        with udp(STRANGER) as stranger:
            for number in for_a_while(seconds, 40):
                for port in field.media_ports:
                    stranger.sendto(datagrams[number % len(datagrams)](number), (field.gateway[0], port))
        return []
    return attack


def udptl_packet(number):
    # T.38 section 9.1: a sequence number, an indicator (no signal), no redundancy.
    return struct.pack("!H", number & 0xFFFF) + b"\x01\x00\x00\x00"


# This machine's own.

def silent_clients(field, seconds):
    """Local ones, who keep the control socket to themselves."""
    held = []
    for _ in range(100):
        opened = socket.socket(socket.AF_UNIX)
        opened.connect(str(field.bench.gateway_socket))
        held.append(opened)
    try:
        field.bench.control("status")
    except (OSError, ValueError, rig.RigError) as trouble:
        return [f"the control socket is dead: {trouble}"]
    finally:
        for opened in held:
            opened.close()
    return []


ATTACKS = {
    "rubbish by TCP, a stranger's": rubbish_by_tcp(STRANGER),
    "rubbish by TCP, a trunk's": rubbish_by_tcp(OTHER),
    "idle connections, a stranger's": held_connections(STRANGER, b""),
    "idle connections, a trunk's": held_connections(OTHER, b""),
    "half messages, a trunk's": held_connections(OTHER, b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP"),
    "an octet at a time": drip_by_tcp,
    "a deaf peer": deaf_by_tcp,
    "stray datagrams": stray_datagrams,
    "requests of a stranger": requests_by_udp([STRANGER], METHODS, 1000, OF_STRANGERS),
    "requests without bodies, a stranger's": requests_by_udp([STRANGER], METHODS, 1000, OF_STRANGERS, length=9999),
    "calls of many strangers": requests_by_udp(STRANGERS, ["INVITE"], 1000, OF_STRANGERS),
    "a stranger in a dialog": stranger_in_dialog,
    "OPTIONS of a trunk": requests_by_udp([OTHER], ["OPTIONS"], 2000),
    "requests of a trunk, but no calls": requests_by_udp([OTHER], [m for m in METHODS if m != "INVITE"], 2000),
    "requests without bodies, a trunk's": requests_by_udp([OTHER], METHODS, 1000, length=9999),
    "calls of a trunk": requests_by_udp([OTHER], ["INVITE"], 1000),
    "calls of many addresses of a trunk": requests_by_udp(OTHERS, ["INVITE"], 2000),
    "RTP to every media port": media_ports([rtp_packet]),
    "UDPTL to every media port": media_ports([udptl_packet]),
    "octets to every media port": media_ports([lambda number: os.urandom(1 + number % 100)]),
    "silent clients of the control socket": silent_clients,
}
