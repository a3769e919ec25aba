"""What is said on one side is heard on the other: tones at their level, digits in either form."""

import audio
from support import ROUTES, SystemTest


class Tones(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.recording = bench.folder / "recording.wav"
        dialling = bench.folder / "dialling.wav"
        silence = [0] * 800
        audio.write_wav(dialling, silence * 5 + [sample for digit in "2580*#"
                                                 for sample in audio.tone(audio.DTMF[digit], 0.1, -9) + silence]
                        + silence * 10)
        bench.start_exchange([{"number": "301", "kind": "tone", "frequency": 1000, "level": -10},
                              {"number": "500", "kind": "announcement", "in_progress": True, "length": 3,
                               "frequency": 700, "level": -12, "cause": 1},
                              {"number": "302", "kind": "voice", "record": cls.recording},
                              {"number": "303", "kind": "voice", "play": dialling}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES)

    def call(self, number, scenario="uac_holds_until_told", **options):
        """SIPp calls, and its media is here."""
        self.peer = audio.RtpPeer()
        self.addCleanup(self.peer.close)
        self.sipp = self.call_with_sipp(scenario, number, rtp_port=self.peer.port, **options)

    def call_and_be_answered(self, number):
        self.call(number)
        self.wait("the answer", lambda: any(c["state"] == "answered" for c in self.bench.control("calls")))

    def hang_up(self):
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        self.sipp.finish()
        self.wait_for_no_calls()

    def test_a_tone_from_the_line_keeps_frequency_level_and_time(self):
        self.call_and_be_answered("301")
        self.peer.hear_samples(0.5)
        before = len(self.peer.packets)

        samples = self.peer.hear_samples(2)

        self.hang_up()
        self.assertAlmostEqual(audio.level(samples, 1000), -10, delta=0.3)
        for other in (500, 990, 1010, 2000, 3000):
            self.assertLess(audio.level(samples, other), -35, other)
        packets = self.peer.packets[before:]
        for earlier, later in zip(packets, packets[1:]):
            self.assertEqual((later[2] - earlier[2]) & 0xFFFF, 1)
            self.assertEqual((later[3] - earlier[3]) & 0xFFFFFFFF, audio.BLOCK)

    def test_an_announcement_is_heard_before_any_answer(self):
        self.call("500", "uac_early_media", values={"STATUS": 404, "CAUSE": 1})

        self.peer.hear_samples(0.5)
        samples = self.peer.hear_samples(1)

        self.assertAlmostEqual(audio.level(samples, 700), -12, delta=0.3)
        self.sipp.finish()
        self.wait_for_no_calls()

    def test_a_tone_from_sip_keeps_frequency_and_level(self):
        self.call_and_be_answered("302")

        self.peer.say(audio.tone([800], 3, -15))

        self.hang_up()
        middle = audio.read_wav(self.recording)
        middle = middle[len(middle) // 2 - 4000:len(middle) // 2 + 4000]
        self.assertAlmostEqual(audio.level(middle, 800), -15, delta=0.3)
        for other in (400, 790, 810, 1600, 2400):
            self.assertLess(audio.level(middle, other), -40, other)

    def test_telephone_events_are_heard_in_band_on_the_line(self):
        self.call_and_be_answered("302")
        self.peer.say([0] * 4000)

        for digit in "159#0D":
            self.peer.press(digit)
        self.peer.say([0] * 4000)

        self.hang_up()
        self.assertEqual(audio.digits_in(audio.read_wav(self.recording)), "159#0D")

    def test_digits_dialled_on_the_line_become_telephone_events(self):
        self.call_and_be_answered("303")

        self.peer.hear_samples(2.5)

        self.hang_up()
        self.assertEqual(self.peer.events(), "2580*#")
