"""RTP, G.711 and tones, as far as tests need them to speak with and listen to the gateway."""

import array
import bisect
import math
import select
import socket
import struct
import time
import wave

RATE = 8000
BLOCK = 160  # samples of 20 ms
PCMA, EVENT = 8, 101  # payload types of our scenarios
FULL_SCALE_DBM0 = 3.14  # a sine of full scale (G.711)
DTMF = {digit: (low, high) for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"))
        for high, digit in zip((1209, 1336, 1477, 1633), row)}
EVENTS = "0123456789*#ABCD"  # RFC 4733 section 3.2


def _alaw_sample(octet):
    octet ^= 0x55
    segment, step = octet >> 4 & 7, octet & 15
    size = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return size if octet & 0x80 else -size


ALAW = [_alaw_sample(octet) for octet in range(256)]
_LEVELS = sorted((sample, octet) for octet, sample in enumerate(ALAW))


def alaw_octet(sample):
    """The octet whose value is nearest."""
    at = bisect.bisect(_LEVELS, (sample, -1))
    return min(_LEVELS[max(at - 1, 0):at + 1], key=lambda level: abs(level[0] - sample))[1]


def tone(frequencies, seconds, dbm0=-10.0):
    """Samples of sines together, each at this level."""
    size = 32767 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20)
    return [int(sum(size * math.sin(2 * math.pi * f * n / RATE) for f in frequencies))
            for n in range(int(seconds * RATE))]


def level(samples, frequency):
    """dBm0 of one frequency among the samples (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * frequency / RATE)
    before = before_that = 0.0
    for sample in samples:
        before, before_that = sample + factor * before - before_that, before
    power = before ** 2 + before_that ** 2 - factor * before * before_that
    size = 2 * math.sqrt(max(power, 1e-9)) / len(samples)
    return 20 * math.log10(max(size, 1e-9) / 32767) + FULL_SCALE_DBM0


def digits_in(samples):
    """The DTMF digits heard in band: tone pairs that last 40 ms at least."""
    heard, last, lasts = "", "", 0
    for start in range(0, len(samples) - BLOCK, BLOCK):
        block = samples[start:start + BLOCK]
        levels = {frequency: level(block, frequency) for pair in DTMF.values() for frequency in pair}
        now = [digit for digit, pair in DTMF.items()
               if all(levels[f] > -25 for f in pair)
               and all(levels[f] < min(levels[g] for g in pair) - 8 for f in levels if f not in pair)]
        now = now[0] if len(now) == 1 else ""
        lasts = lasts + 1 if now == last else 1
        last = now
        if now and lasts == 2:
            heard += now
    return heard


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", samples).tobytes())


def read_wav(path):
    with wave.open(str(path), "rb") as file:
        return array.array("h", file.readframes(file.getnframes())).tolist()


class RtpPeer:
    """The media of a call of SIPp: speaks in step with what it hears, so that the gateway's clock leads; or by a clock
    of its own, where the gateway sends nothing of itself: between two SIP peers."""

    def __init__(self, host="127.0.0.1", has_own_clock=False):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(30)
        self.port = self.socket.getsockname()[1]
        self.gateway = None  # where its media comes from
        self.packets = []    # heard: (payload type, marker, sequence, timestamp, payload)
        self.sequence, self.timestamp = 1000, 8000
        self.next_turn = 0 if has_own_clock else None  # by time.monotonic()

    def close(self):
        self.socket.close()

    def hear(self):
        """The next packet of RTP."""
        while True:
            datagram, self.gateway = self.socket.recvfrom(65536)
            if len(datagram) >= 12 and datagram[0] >> 6 == 2:
                _, kind, sequence, timestamp, _ = struct.unpack("!BBHII", datagram[:12])
                packet = (kind & 127, bool(kind & 128), sequence, timestamp, datagram[12:])
                self.packets.append(packet)
                return packet

    def catch_up(self):
        """What has waited to be heard is of the past."""
        while select.select([self.socket], [], [], 0)[0]:
            self.hear()

    def hear_samples(self, seconds):
        """What is said from now on."""
        samples = []
        while len(samples) < seconds * RATE:
            kind, _, _, _, payload = self.hear()
            if kind == PCMA:
                samples += [ALAW[octet] for octet in payload]
        return samples

    def send(self, kind, payload, timestamp=None, marker=False):
        header = struct.pack("!BBHII", 0x80, kind | (128 if marker else 0), self.sequence & 0xFFFF,
                             self.timestamp if timestamp is None else timestamp, 0x5EED)
        self.sequence += 1
        self.socket.sendto(header + payload, self.gateway)

    def wait_for_turn(self):
        if self.next_turn is None or self.gateway is None:
            self.hear()
            return
        now = time.monotonic()
        self.next_turn = max(self.next_turn + BLOCK / RATE, now - 0.1)
        time.sleep(max(0.0, self.next_turn - now))

    def say(self, samples):
        """A packet a turn."""
        for start in range(0, len(samples) - BLOCK + 1, BLOCK):
            self.wait_for_turn()
            self.send(PCMA, bytes(alaw_octet(sample) for sample in samples[start:start + BLOCK]))
            self.timestamp += BLOCK

    def say_until(self, is_enough, samples):
        """Again and again."""
        self.catch_up()
        while not is_enough():
            self.say(samples)

    def press(self, digit, packets=5):
        """RFC 4733: an event of 20 ms a packet, its end three times, then 100 ms of silence."""
        started = self.timestamp
        for number in range(1, packets + 3):
            is_end = number >= packets
            duration = min(number, packets) * BLOCK
            if number <= packets:
                self.hear()
                self.timestamp += BLOCK
            self.send(EVENT, struct.pack("!BBH", EVENTS.index(digit), (0x80 if is_end else 0) | 10, duration), started,
                      marker=number == 1)
        self.say([0] * 5 * BLOCK)

    def events(self):
        """The digits heard as telephone events, each once."""
        seen = {}
        for kind, _, _, timestamp, payload in self.packets:
            if kind == EVENT and len(payload) == 4:
                seen.setdefault(timestamp, EVENTS[payload[0]] if payload[0] < 16 else "?")
        return "".join(seen.values())
