"""A network with faults, in user space: between a SIP peer and the gateway, each of which takes it for the other."""

import dataclasses
import heapq
import itertools
import random
import re
import selectors
import socket
import threading
import time


@dataclasses.dataclass(frozen=True)
class Faults:
    """What a network does to media.

    `loss`: the share of datagrams that is lost. `burst`: so many are lost in a row each time, and the one after them
    comes; 1: each by itself, however many follow each other. `jitter`: up to so many seconds later each comes, at
    random, so that they overtake one another. `duplicate`: the share that comes twice.
    """
    loss: float = 0.0
    burst: int = 1
    jitter: float = 0.0
    duplicate: float = 0.0


class Path:
    """One way of a stream. The n-th datagram meets the same fate whenever faults and seed are the same."""

    def __init__(self, faults, seed):
        self.faults, self.random = faults, random.Random(seed)
        self.left_of_burst = self.passed = self.lost = 0

    def delays(self):
        """After how many seconds the next datagram comes, once for each time that it does: none when it is lost."""
        if self._is_lost():
            self.lost += 1
            return []
        self.passed += 1
        copies = 2 if self.random.random() < self.faults.duplicate else 1
        return [self.faults.jitter * self.random.random() for _ in range(copies)]

    def _is_lost(self):
        loss, burst = self.faults.loss, self.faults.burst
        if burst == 1:
            return self.random.random() < loss
        if self.left_of_burst > 0:
            self.left_of_burst -= 1
            return True
        # This one comes. It is the last before a burst with the chance that makes the share of those lost what it is.
        if self.random.random() < loss / (burst * (1 - loss)):
            self.left_of_burst = burst
        return False

    def longest_loss(self, datagrams):
        """How many of the next ones are lost in a row, at most."""
        fates = [bool(self.delays()) for _ in range(datagrams)]
        return max((len(list(run)) for passes, run in itertools.groupby(fates) if not passes), default=0)


def _udp_socket(host):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made


def _name(address):
    return f"{address[0]}:{address[1]}".encode()


class _Stream:
    """The media of one kind: what comes to one of its sockets goes on from the other."""

    def __init__(self, kind, host):
        self.kind = kind
        self.to_peer, self.to_gateway = _udp_socket(host), _udp_socket(host)
        self.peer = self.gateway = None
        self.largest_to_peer = 0  # octets of one datagram


class LossyRelay:
    """Passes SIP on whole, with its own addresses in place of theirs, and media as its faults have it, each way.

    `peer`: where calls from the gateway go; that of the first request, if it is not told. `gateway`, its SIP address,
    is set before the first message. `host`: its own address.
    """

    def __init__(self, faults, seed, peer=None, host="127.0.0.1"):
        self.gateway, self.peer, self.faults, self.seed, self.host = None, peer, faults, seed, host
        self.near, self.far = _udp_socket(host), _udp_socket(host)  # towards the peer, and towards the gateway
        self.streams = {kind: _Stream(kind, host) for kind in (b"audio", b"image")}
        self.paths = self.new_paths()
        self.on_the_way, self.order = [], itertools.count()  # a heap of what comes later: when, order, what to do
        self.stopped, self.wake = socket.socketpair()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.stopped, selectors.EVENT_READ, None)
        self.selector.register(self.near, selectors.EVENT_READ, self.on_sip_from_peer)
        self.selector.register(self.far, selectors.EVENT_READ, self.on_sip_from_gateway)
        for stream in self.streams.values():
            self.selector.register(stream.to_peer, selectors.EVENT_READ, lambda s=stream: self.on_media(s, True))
            self.selector.register(stream.to_gateway, selectors.EVENT_READ, lambda s=stream: self.on_media(s, False))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def port(self):
        """For the peer to call."""
        return self.near.getsockname()[1]

    @property
    def gateway_port(self):
        """For the gateway to call."""
        return self.far.getsockname()[1]

    @property
    def passed(self):
        return sum(path.passed for path in self.paths.values())

    @property
    def lost(self):
        return sum(path.lost for path in self.paths.values())

    def new_paths(self):
        return {(kind, from_peer): Path(self.faults, f"{self.seed} {kind.decode()} {from_peer}")
                for kind in self.streams for from_peer in (True, False)}

    def longest_loss(self, datagrams):
        """How many datagrams are lost in a row, at most, among the first ones of any path: its seed tells beforehand."""
        return max(path.longest_loss(datagrams) for path in self.new_paths().values())

    def close(self):
        self.wake.send(b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.wake.close()

    def run(self):
        while True:
            patience = max(0, self.on_the_way[0][0] - time.monotonic()) if self.on_the_way else None
            for key, _ in self.selector.select(patience):
                if key.data is None:
                    return
                key.data()
            while self.on_the_way and self.on_the_way[0][0] <= time.monotonic():
                _, _, send = heapq.heappop(self.on_the_way)
                send()

    def on_sip_from_peer(self):
        message, self.peer = self.near.recvfrom(65536)
        self.on_sip_message_from_peer(message, self.to_gateway)

    def to_gateway(self, message):
        message = message.replace(_name(self.near.getsockname()), _name(self.gateway))
        message = message.replace(_name(self.peer), _name(self.far.getsockname()))
        self.far.sendto(self.with_our_media(message, "peer", "to_gateway"), self.gateway)

    def on_sip_from_gateway(self):
        message, _ = self.far.recvfrom(65536)
        self.on_sip_message_from_gateway(message, self.to_peer)

    def to_peer(self, message):
        message = message.replace(_name(self.far.getsockname()), _name(self.peer))
        message = message.replace(_name(self.gateway), _name(self.near.getsockname()))
        self.near.sendto(self.with_our_media(message, "gateway", "to_peer"), self.peer)

    # What a peer that meddles does otherwise. forward(message) passes it on.

    def on_sip_message_from_peer(self, message, forward):
        forward(message)

    def on_sip_message_from_gateway(self, message, forward):
        forward(message)

    def passes_media(self, kind, from_peer, datagram):
        """Whether a datagram may go on, before the network loses it."""
        return True

    def on_its_way(self, kind, from_peer, datagram):
        """The datagram as it goes on."""
        return datagram

    def with_our_media(self, message, side, towards):
        """The message with our address and ports in its SDP; theirs, all of 127.0.0.1, are noted."""
        head, _, body = message.partition(b"\r\n\r\n")

        def ours(line):
            kind, port = line[1], int(line[2])
            if port == 0 or kind not in self.streams:
                return line[0]
            setattr(self.streams[kind], side, ("127.0.0.1", port))
            return b"m=%s %d " % (kind, getattr(self.streams[kind], towards).getsockname()[1])

        body = re.sub(rb"m=(\w+) (\d+) ", ours, body)
        body = body.replace(b"c=IN IP4 127.0.0.1\r\n", b"c=IN IP4 %s\r\n" % self.host.encode())
        head = re.sub(rb"(?im)^(Content-Length|l): *\d+", b"Content-Length: %d" % len(body), head)
        return head + b"\r\n\r\n" + body

    def on_media(self, stream, from_peer):
        from_socket, to_socket = ((stream.to_peer, stream.to_gateway) if from_peer else
                                  (stream.to_gateway, stream.to_peer))
        datagram = from_socket.recv(65536)
        to = stream.gateway if from_peer else stream.peer
        if not to or not self.passes_media(stream.kind, from_peer, datagram):
            return
        datagram = self.on_its_way(stream.kind, from_peer, datagram)
        if not from_peer:
            stream.largest_to_peer = max(stream.largest_to_peer, len(datagram))
        now = time.monotonic()
        for delay in self.paths[stream.kind, from_peer].delays():
            heapq.heappush(self.on_the_way,
                           (now + delay, next(self.order), lambda: to_socket.sendto(datagram, to)))
