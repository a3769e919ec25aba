"""Offers, answers and dialogs as peers were reported to make them, with a peer by hand: where the media goes, and who is told."""

import rig
from support import SystemTest
from udp_peer import PeersCall, Rtp, UdpPeer, sdp

TONE, RINGS, ANNOUNCES, CALLER = "301", "302", "303", "200"
VIDEO = "m=video 5002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


class Dialogs(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": CALLER, "kind": "echo"}, {"number": TONE, "kind": "tone"},
                              {"number": RINGS, "kind": "no_answer"},
                              {"number": ANNOUNCES, "kind": "announcement", "in_progress": True, "length": 60}])
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}", "follow_redirects": True}},
            routes=[{"name": "out", "from": ["pbx"], "called": "3*", "to": ["pstn"]},
                    {"name": "in", "from": ["pstn"], "called": "*", "to": ["pbx"]}])

    def setUp(self):
        self.peer = self.enterContext(UdpPeer(self.bench.sip_port, self.peer_port))
        self.first, self.second = self.enterContext(Rtp()), self.enterContext(Rtp())

    def call_out(self):
        call = PeersCall(self.peer, TONE)
        self.assertEqual(call.invite(sdp(self.first.port)).status, 200)
        return call

    def call_in(self):
        """A telephone of the exchange calls, and the peer answers."""
        self.originate(CALLER, "7001")
        invite = self.peer.request("INVITE")
        self.peer.respond(invite, 200, body=sdp(self.first.port))
        self.peer.request("ACK")
        return PeersCall(self.peer, invite=invite)

    def end(self, call):
        self.assertEqual(call.hang_up().status, 200)
        self.wait_for_no_calls()

    def test_an_answer_in_ack_moves_the_media_after_hold_too(self):
        for begin in (self.call_out, self.call_in):
            for holds in (False, True):
                with self.subTest(begin=begin.__name__, holds=holds):
                    call = begin()
                    self.assertTrue(self.first.hears())
                    if holds:
                        held = call.invite(sdp(self.first.port, version=2, more="a=sendonly\r\n"))
                        self.assertIn("a=recvonly", held.body)
                    offer = call.invite(ack=sdp(self.second.port, version=3, more="a=sendrecv\r\n"))
                    self.assertEqual(offer.status, 200)
                    self.assertNotRegex(offer.body, "a=(sendonly|recvonly|inactive)")
                    self.assertTrue(self.second.hears())
                    self.end(call)

    def test_added_lines_are_answered_and_the_media_goes_on(self):
        call = self.call_out()
        for more, lines in ((VIDEO, 2), ("m=audio 4002 RTP/AVP 8\r\n", 2), ("", 1), (VIDEO + VIDEO, 3)):
            answer = call.invite(sdp(self.first.port, version=call.number + 1, more=more))
            media = answer.media()
            self.assertEqual((answer.status, len(media)), (200, lines))
            self.assertEqual([line.split()[1] for line in media[1:]], ["0"] * (lines - 1))
        self.assertTrue(self.first.hears())
        self.end(call)

    def test_an_offer_in_prack_moves_early_media(self):
        call = PeersCall(self.peer, ANNOUNCES)
        call.send("INVITE", sdp(self.first.port), ["Require: 100rel"])
        early = self.peer.wait("early media", lambda m: 100 < m.status < 200 and m.header("RSeq") and m.body)
        call.learn(early)
        call.send("PRACK", sdp(self.second.port, version=2), [f"RAck: {early.header('RSeq')} 1 INVITE"])
        answer = self.peer.final("PRACK")
        self.assertEqual((answer.status, len(answer.media())), (200, 1))
        self.assertTrue(self.second.hears())
        call.cancel()
        self.wait_for_no_calls()

    def test_the_first_that_answers_has_the_call_whoever_rang(self):
        self.originate(CALLER, "7001")
        invite = self.peer.request("INVITE")
        for tag in ("first", "second"):
            self.peer.respond(invite, 180, ["Require: 100rel", "RSeq: 1"], tag=tag)
            prack = self.peer.request("PRACK")
            self.assertIn(f";tag={tag}", prack.header("To"))
            self.peer.respond(prack, 200)
        self.peer.respond(invite, 200, body=sdp(self.first.port), tag="third")
        self.assertIn(";tag=third", self.peer.request("ACK").header("To"))
        self.assertTrue(self.first.hears())
        self.wait_for_call(number=CALLER, state="active")
        self.end(PeersCall(self.peer, invite=invite, tag="third"))

    def test_a_redirection_to_ourselves_goes_by_the_dial_plan(self):
        before = len(self.bench.call_records())
        call = self.originate(CALLER, "7001")
        invite = self.peer.request("INVITE")
        self.peer.respond(invite, 302, [f"Contact: <sip:{TONE}@127.0.0.1:{self.bench.sip_port}>"])
        self.peer.request("ACK")
        self.wait_for_call(number=TONE, state="active")
        self.bench.command_exchange("hangup", call=call)
        record = self.new_record(before)
        self.assertEqual([leg["trunk"] for leg in record["called"]], ["pbx", "pstn"])
        self.assertEqual(record["plan"]["forwards"], [f"7001 redirects {TONE}"])
        self.wait_for_no_calls()

    def test_an_invite_is_over_when_it_says(self):
        call = PeersCall(self.peer, RINGS)
        self.assertEqual(call.invite(sdp(self.first.port), headers=["Expires: 2"]).status, 487)
        self.wait_for_no_calls()

    def test_a_body_that_is_optional_is_passed_over(self):
        call = PeersCall(self.peer, TONE)
        offer = call.invite("hello", ack=sdp(self.first.port),
                            headers=["Content-Type: application/vnd.example.x",
                                     "Content-Disposition: render;handling=optional"])
        self.assertEqual((offer.status, len(offer.media())), (200, 1))
        self.assertTrue(self.first.hears())
        self.end(call)
