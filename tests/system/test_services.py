"""Hold, transfer and conference with real media: who hears which tone then."""

import array

import audio
import rig
from ladder import Ladder, Peer, header
from support import SystemTest

MUSIC, FIRST, SECOND = 440, 800, 1000  # Hz: on hold, and what the exchange's subscribers say
LEVEL = -12  # dBm0, of everybody


class Phone(Peer):
    """A SIP telephone: its signalling by hand, its media a tone as long as it lives."""

    def __init__(self, test, port, frequency):
        super().__init__(Ladder(), 0, port, test.bench.sip_port)
        self.media = audio.RtpPeer()
        self.media.socket.settimeout(1)
        self.frequency, self.talks = frequency, True
        test.addCleanup(self.media.close)
        test.addCleanup(self.socket.close)
        self.talking = rig.in_background(self.talk)
        test.addCleanup(self.hush)

    def hush(self):
        self.talks = False
        self.talking.join()

    def talk(self):
        """A packet for each that is heard; the first by itself, for who waits to hear where we are."""
        second = audio.tone([self.frequency], 1, LEVEL)
        while self.talks:
            try:
                self.media.say(second)
            except (TimeoutError, OSError):
                continue  # nobody is there, or is heard on hold

    def describe(self, direction="sendrecv"):
        return ("v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {self.media.port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na={direction}\r\n")

    def dial(self, number, call_id, headers=()):
        self.call_id, self.uri = call_id, f"sip:{number}@127.0.0.1:{self.gateway[1]}"
        self.to, self.target = f"<{self.uri}>", self.uri
        self.request("INVITE", 1, self.describe(), headers)
        self.expect("200")
        self.request("ACK", 1)

    def respond(self, request, status, described=False, direction="sendrecv"):
        if described:
            vias = "\r\n".join(line for line in request.split("\r\n") if line.lower().startswith("via"))
            body = self.describe(direction)
            to = header(request, "To")
            to = to if "tag=" in to else to + ";tag=called"
            return self.send(f"SIP/2.0 {status} -\r\n{vias}\r\nFrom: {header(request, 'From')}\r\nTo: {to}\r\n"
                             f"Call-ID: {header(request, 'Call-ID')}\r\nCSeq: {header(request, 'CSeq')}\r\n"
                             f"Contact: <sip:called@127.0.0.1:{self.port}>\r\nContent-Type: application/sdp\r\n"
                             f"Content-Length: {len(body)}\r\n\r\n{body}")
        return super().respond(request, status)

    def dialog(self):
        """As a request to the gateway names it (RFC 3891)."""
        return self.call_id, header_tag(self.to), self.call_id

    def hears(self):
        """The last half second."""
        samples = [audio.ALAW[octet] for kind, _, _, _, payload in self.media.packets[-25:] if kind == audio.PCMA
                   for octet in payload]
        return samples if len(samples) >= 25 * audio.BLOCK else None


def header_tag(value):
    return value.split("tag=")[1].split(";")[0]


class Subscriber:
    """One of the exchange's, who says a tone; what it hears is read from its recording while that grows."""

    def __init__(self, path):
        self.path = path

    def hears(self):
        octets = self.path.read_bytes()[44:] if self.path.exists() else b""
        octets = octets[:len(octets) // 2 * 2]
        return array.array("h", octets).tolist()[-4000:] if len(octets) > 8000 else None


class Services(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.second_port, = rig.free_ports(1)
        cls.recordings, subscribers = {}, []
        for number, frequency in (("301", FIRST), ("302", SECOND)):
            says, cls.recordings[number] = bench.folder / f"{number}.wav", bench.folder / f"heard-{number}.wav"
            audio.write_wav(says, audio.tone([frequency], 120, LEVEL))
            subscribers.append({"number": number, "kind": "voice", "play": says, "record": cls.recordings[number]})
        bench.start_exchange(subscribers)
        music = bench.folder / "music.wav"
        audio.write_wav(music, audio.tone([MUSIC], 1, LEVEL))
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                        "second": {"peer": f"sip:127.0.0.1:{cls.second_port}", "allow_from": ["127.0.0.9"]}},
            routes=[{"name": "out", "from": ["pbx"], "called": "3*", "to": ["pstn"]},
                    {"name": "across", "from": ["pbx"], "called": "6*", "to": ["second"]}],
            media={"hold_music": str(music)})

    def setUp(self):
        for path in self.recordings.values():
            path.unlink(missing_ok=True)
        self.first, self.other = (Subscriber(self.recordings[number]) for number in ("301", "302"))

    def tearDown(self):
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        self.wait_for_no_calls()

    def wait_to_hear(self, who, present, absent=()):
        """Each of these frequencies at its level, and none of those."""
        levels = {}

        def hears():
            samples = who.hears()
            if samples is None:
                return False
            levels.update({frequency: round(audio.level(samples, frequency), 1) for frequency in (*present, *absent)})
            return (all(abs(levels[frequency] - LEVEL) < 1 for frequency in present)
                    and all(levels[frequency] < LEVEL - 20 for frequency in absent))
        try:
            self.wait(f"{present} to be heard and {absent} not", hears, 45)
        except rig.RigError as error:
            raise AssertionError(f"{error}: {levels}") from None

    def phone(self, frequency, port=None):
        return Phone(self, port or rig.free_ports(1)[0], frequency)

    def test_music_on_hold_and_the_far_end_again_after_it(self):
        phone = self.phone(600)
        phone.dial("301", "hold")
        self.wait_to_hear(phone, [FIRST])
        self.wait_to_hear(self.first, [600], [MUSIC])

        for cseq, direction, present, absent in ((2, "sendonly", MUSIC, 600), (3, "sendrecv", 600, MUSIC)):
            phone.request("INVITE", cseq, phone.describe(direction))
            phone.expect("200")
            phone.request("ACK", cseq)
            self.wait_to_hear(self.first, [present], [absent])
        self.wait_to_hear(phone, [FIRST], [MUSIC])

    def test_after_a_blind_transfer_the_two_others_hear_each_other(self):
        phone, target = self.phone(600), self.phone(1900, self.second_port)
        phone.dial("301", "blind")
        self.wait_to_hear(phone, [FIRST])

        phone.request("REFER", 2, headers=["Refer-To: <sip:600@127.0.0.1>", "Referred-By: <sip:caller@127.0.0.1>"])
        invite = target.expect("INVITE")
        target.respond(invite, 200, described=True)

        self.wait_to_hear(target, [FIRST], [600])
        self.wait_to_hear(self.first, [1900], [600])
        self.assertIn("301", header(invite, "From") + header(invite, "P-Asserted-Identity"),
                      "who is transferred is shown")
        self.assertEqual(header(invite, "Referred-By"), "<sip:caller@127.0.0.1>")

    def test_after_an_attended_transfer_the_two_others_hear_each_other(self):
        one, two = self.phone(600), self.phone(1900)
        one.dial("301", "attended-1")
        two.dial("302", "attended-2")
        self.wait_to_hear(one, [FIRST])
        self.wait_to_hear(two, [SECOND])

        call_id, to_tag, from_tag = two.dialog()
        one.request("REFER", 2, headers=[
            f"Refer-To: <sip:302@127.0.0.1?Replaces={call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}>"])

        self.wait_to_hear(self.first, [SECOND], [600, 1900])
        self.wait_to_hear(self.other, [FIRST], [600, 1900])

    def test_in_a_conference_each_hears_the_two_others_and_not_itself(self):
        phone, joins = self.phone(600), self.phone(1900)
        phone.dial("301", "conference")
        self.wait_to_hear(phone, [FIRST])

        call_id, to_tag, from_tag = phone.dialog()
        joins.dial("301", "joins", [f"Join: {call_id};to-tag={to_tag};from-tag={from_tag}", "Require: join"])

        self.wait_to_hear(phone, [FIRST, 1900], [600])
        self.wait_to_hear(joins, [FIRST, 600], [1900])
        self.wait_to_hear(self.first, [600, 1900], [FIRST])
        self.assertEqual(len(self.bench.control("calls")), 1)

        # One leaves; the two that are left go on.
        phone.request("BYE", 2)
        joins.respond(joins.expect("INVITE"), 200, described=True)  # it is the caller now, at another port
        joins.expect("ACK")
        self.wait_to_hear(joins, [FIRST], [600])
        self.wait_to_hear(self.first, [1900], [600])
