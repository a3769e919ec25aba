"""Calls of 64 kbit/s unrestricted data: CLEARMODE (RFC 4040) beside the ISDN bearer, every octet compared."""

import json

import audio
import rig
from support import ROUTES, SystemTest

ENOUGH = 5 * audio.RATE  # octets in a row; a busy machine may slip before that


class Data(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "301", "kind": "data"}, {"number": "302", "kind": "data"},
                              {"number": "303", "kind": "echo"}], spans=2, pbx=True)
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}},
            routes=[*ROUTES, {"name": "into the house", "from": ["pstn"], "called": "302", "to": ["house"]},
                    {"name": "out of the house", "from": ["house"], "called": "*", "to": ["pstn"]}])

    def compared(self):
        """What the testers of the exchange have compared."""
        return [call["data"] for call in self.bench.command_exchange("calls")["calls"] if "data" in call]

    def wait_for_octets(self, testers):
        def enough():
            found = self.compared()
            return len(found) == testers and all(tester["clean"] >= ENOUGH for tester in found)
        self.wait(f"{testers} testers to compare {ENOUGH} octets without an error", enough)

    def echo_until_cleared(self, peer, payload_type, before):
        """The peer sends back what it hears; the tester of the exchange compares."""
        def echo():
            try:
                while True:
                    peer.send(payload_type, peer.hear()[4])
                    peer.timestamp += audio.BLOCK
            except (TimeoutError, OSError):  # the call is over
                pass
        echoing = rig.in_background(echo)
        self.wait_for_octets(testers=1)
        self.assertEqual({packet[0] for packet in peer.packets}, {payload_type})
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        record = self.new_record(before)
        self.assertTrue(record["received"]["data"], json.dumps(record))
        peer.close()
        echoing.join()
        self.wait_for_no_calls()

    def peer(self):
        peer = audio.RtpPeer()
        peer.socket.settimeout(5)
        return peer

    def test_isdn_to_isdn_passes_every_octet(self):
        before = len(self.bench.call_records())
        for caller, called, span in (("302", "301", 2), ("301", "302", 1)):
            call = self.originate(caller, called, span=span)
            self.wait_for_octets(testers=2)
            self.bench.command_exchange("hangup", call=call)
            self.wait_for_no_calls()
        records = self.bench.call_records()[before:]
        self.assertEqual([(record["caller"]["trunk"], record["called"][-1]["trunk"]) for record in records],
                         [("house", "pstn"), ("pstn", "house")])

    def test_isdn_to_sip_passes_every_octet_both_ways(self):
        before, peer = len(self.bench.call_records()), self.peer()
        answering = self.answer_with_sipp("uas_data", rtp_port=peer.port)
        self.originate("301", "4711", span=1)
        self.echo_until_cleared(peer, 97, before)
        answering.finish()

    def test_sip_to_isdn_passes_every_octet_both_ways(self):
        before, peer = len(self.bench.call_records()), self.peer()
        calling = self.call_with_sipp("uac_data", "301", rtp_port=peer.port)
        self.echo_until_cleared(peer, 118, before)
        calling.finish()

    def test_data_are_not_joined_to_voice(self):
        answering = self.answer_with_sipp("uas_refuses", values={"STATUS": 488})
        refused = self.outcome(self.originate("301", "4711", span=1))
        self.assertEqual(refused["cause"], 65)
        answering.finish()

        voice_called = self.call_with_sipp("uac_refused", "301", values={"STATUS": 503, "CAUSE": 88})
        voice_called.finish()
        self.wait_for_no_calls()
