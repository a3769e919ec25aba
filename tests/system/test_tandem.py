"""Calls that come from a trunk and go on to another of the same kind: SIP to SIP, ISDN to ISDN; voice both ways."""

import threading

import audio
import rig
from support import Sipp, SystemTest


def middle_of(samples):
    """A second out of the middle."""
    return samples[len(samples) // 2 - 4000:len(samples) // 2 + 4000]


class Tandem(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.carrier_port, = rig.free_ports(1)
        cls.recordings, played = {}, {}
        subscribers = []
        for number, frequency in (("301", 800), ("302", 1000)):
            cls.recordings[number], played[number] = bench.folder / f"heard-{number}.wav", bench.folder / f"{number}.wav"
            audio.write_wav(played[number], audio.tone([frequency], 6, -12))
            subscribers.append({"number": number, "kind": "voice", "play": played[number],
                                "record": cls.recordings[number]})
        bench.start_exchange(subscribers, spans=2)
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                        "carrier": {"peer": f"sip:127.0.0.1:{cls.carrier_port}", "allow_from": ["127.0.0.9"]}},
            routes=[{"name": "across SIP", "from": ["pbx"], "called": "*", "to": ["carrier"]},
                    {"name": "across ISDN", "from": ["pstn"], "called": "*", "to": ["pstn"]}])

    def expect_to_hear(self, speaker, listener, frequency, level=-12):
        enough = threading.Event()
        speaking = rig.in_background(lambda: speaker.say_until(enough.is_set, audio.tone([frequency], 1, level)))
        try:
            listener.catch_up()
            self.wait(f"{frequency} Hz", lambda: abs(audio.level(listener.hear_samples(1), frequency) - level) < 0.5)
        finally:
            enough.set()
            speaking.join()

    def test_voice_crosses_between_sip_trunks(self):
        caller, called = audio.RtpPeer(has_own_clock=True), audio.RtpPeer(has_own_clock=True)
        for peer in (caller, called):
            self.addCleanup(peer.close)
        before = len(self.bench.call_records())
        answering = Sipp(self.bench, "uas_holds_until_told", port=self.carrier_port, rtp_port=called.port)
        calling = self.call_with_sipp("uac_holds_until_told", "4711", rtp_port=caller.port)
        self.wait("the answer", lambda: any(c["state"] == "answered" for c in self.bench.control("calls")))

        # Each speaks once, so that the other knows where from.
        caller.say([0] * audio.BLOCK)
        called.say([0] * audio.BLOCK)
        for speaker, listener, frequency in ((caller, called, 800), (called, caller, 1000)):
            self.expect_to_hear(speaker, listener, frequency)

        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        calling.finish()
        answering.finish()
        record = self.new_record(before)
        self.assertEqual((record["caller"]["trunk"], record["called"][-1]["trunk"]), ("pbx", "carrier"))
        self.wait_for_no_calls()

    def test_voice_crosses_between_isdn_interfaces(self):
        before = len(self.bench.call_records())
        call = self.originate("301", "302")
        self.wait("the answer", lambda: any(c["state"] == "answered" for c in self.bench.control("calls")))
        self.wait("five seconds of voice", lambda: all(
            path.exists() and path.stat().st_size > 5 * 2 * audio.RATE for path in self.recordings.values()))
        self.bench.command_exchange("hangup", call=call)
        record = self.new_record(before)
        self.assertEqual((record["caller"]["trunk"], record["called"][-1]["trunk"]), ("pstn", "pstn"))
        self.wait_for_no_calls()

        for number, frequency, other in (("301", 1000, 800), ("302", 800, 1000)):
            heard = middle_of(audio.read_wav(self.recordings[number]))
            self.assertAlmostEqual(audio.level(heard, frequency), -12, delta=0.3)
            self.assertLess(audio.level(heard, other), -40)
