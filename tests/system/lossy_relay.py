"""A network that loses packets, in user space: between a SIP peer and the gateway, each of which takes it for the other."""

import random
import re
import selectors
import socket
import threading


def _udp_socket():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def _name(address):
    return f"{address[0]}:{address[1]}".encode()


class _Stream:
    """The media of one kind: what comes to one of its sockets goes on from the other."""

    def __init__(self, kind):
        self.kind = kind
        self.to_peer, self.to_gateway = _udp_socket(), _udp_socket()
        self.peer = self.gateway = None
        self.largest_to_peer = 0  # octets of one datagram


class LossyRelay:
    """Passes SIP on whole, with its own addresses in place of theirs, and loses a share of the media each way.

    `peer`: where calls from the gateway go; that of the first request, if it is not told. `gateway`, its SIP address,
    is set before the first message.
    """

    def __init__(self, loss, seed, peer=None):
        self.gateway, self.peer, self.loss = None, peer, loss
        self.random = random.Random(seed)
        self.near, self.far = _udp_socket(), _udp_socket()  # towards the peer, and towards the gateway
        self.streams = {kind: _Stream(kind) for kind in (b"audio", b"image")}
        self.passed = self.lost = 0
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

    def close(self):
        self.wake.send(b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.wake.close()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                key.data()

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

    def with_our_media(self, message, side, towards):
        """The message with our ports in its SDP; theirs are noted. All addresses are 127.0.0.1."""
        head, _, body = message.partition(b"\r\n\r\n")

        def ours(line):
            kind, port = line[1], int(line[2])
            if port == 0 or kind not in self.streams:
                return line[0]
            setattr(self.streams[kind], side, ("127.0.0.1", port))
            return b"m=%s %d " % (kind, getattr(self.streams[kind], towards).getsockname()[1])

        body = re.sub(rb"m=(\w+) (\d+) ", ours, body)
        head = re.sub(rb"(?im)^(Content-Length|l): *\d+", b"Content-Length: %d" % len(body), head)
        return head + b"\r\n\r\n" + body

    def on_media(self, stream, from_peer):
        from_socket, to_socket = ((stream.to_peer, stream.to_gateway) if from_peer else
                                  (stream.to_gateway, stream.to_peer))
        datagram = from_socket.recv(65536)
        to = stream.gateway if from_peer else stream.peer
        if not self.passes_media(stream.kind, from_peer, datagram):
            return
        if self.random.random() < self.loss:
            self.lost += 1
        elif to:
            self.passed += 1
            if not from_peer:
                stream.largest_to_peer = max(stream.largest_to_peer, len(datagram))
            to_socket.sendto(datagram, to)
