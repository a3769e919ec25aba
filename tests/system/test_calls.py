"""Calls between SIP and ISDN, message by message: SIPp on one side, the exchange on the other."""

import unittest

import rig
from support import ROUTES, SystemTest, Sipp, has_ipv6


class Calls(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "100", "kind": "fax", "directory": bench.folder / "faxes"},
                              {"number": "300", "kind": "echo"},
                              {"number": "301", "kind": "echo", "answer_after": 0.5},
                              {"number": "400", "kind": "busy"},
                              {"number": "401", "kind": "no_answer"},
                              {"number": "500", "kind": "announcement", "in_progress": True, "length": 1, "cause": 1},
                              {"number": "501", "kind": "announcement", "length": 1, "cause": 22}])
        cls.hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}", "allow_from": cls.hosts}},
                            routes=ROUTES + [{"name": "tcp", "from": ["pstn"], "called": "8*", "to": ["pbx-tcp"]},
                                             {"name": "v6", "from": ["pstn"], "called": "9*", "to": ["pbx-v6"]}],
                            pri={"t301": "3s"}, hosts=cls.hosts, sip={"unknown_source": "refuse"},
                            sections=f'[trunk.pbx-tcp]\nkind = "sip"\nprobe = "0s"\nallow_from = ["127.0.0.99"]\n'
                                     f'peer = "sip:127.0.0.1:{cls.peer_port};transport=tcp"\n'
                                     f'[trunk.pbx-v6]\nkind = "sip"\nprobe = "0s"\nallow_from = ["127.0.0.99"]\n'
                                     f'peer = "sip:[::1]:{cls.peer_port}"')

    def tearDown(self):
        self.wait_for_no_calls()
        self.wait("layer 2", self.bench.spans_are_up)


class SipToIsdn(Calls):
    def test_caller_hangs_up(self):
        self.call_with_sipp("uac_call", "300").finish()

    def test_called_party_hangs_up(self):
        sipp = self.call_with_sipp("uac_far_end_hangs_up", "300", values={"CAUSE": 16})
        call = self.wait_for_call(number="300", state="active")
        self.bench.command_exchange("hangup", call=call["call"], cause=16)
        sipp.finish()

    def test_a_cause_other_than_normal_reaches_the_peer_in_the_bye(self):
        sipp = self.call_with_sipp("uac_far_end_hangs_up", "300", values={"CAUSE": 27})
        call = self.wait_for_call(number="300", state="active")
        self.bench.command_exchange("hangup", call=call["call"], cause=27)
        sipp.finish()

    def test_cancel_before_the_exchange_has_answered_anything(self):
        self.bench.command_exchange("dchannel", span=1, cut=True)
        try:
            messages = self.call_with_sipp("uac_cancel_before_ringing", "300").finish()
        finally:
            self.bench.command_exchange("dchannel", span=1, cut=False)
        self.assertNotIn("SIP/2.0 18", messages)

    def test_cancel_while_ringing(self):
        self.call_with_sipp("uac_cancel_while_ringing", "401").finish()

    def test_busy_is_486_with_cause_17(self):
        self.call_with_sipp("uac_refused", "400", values={"STATUS": 486, "CAUSE": 17}).finish()

    def test_no_answer_within_t301_is_480_with_cause_19(self):
        messages = self.call_with_sipp("uac_refused", "401", values={"STATUS": 480, "CAUSE": 19}).finish()
        self.assertIn("SIP/2.0 180", messages)

    def test_unknown_number_is_404_with_cause_1(self):
        self.call_with_sipp("uac_refused", "777", values={"STATUS": 404, "CAUSE": 1}).finish()

    def test_announcement_by_progress_is_early_media(self):
        self.call_with_sipp("uac_early_media", "500", values={"STATUS": 404, "CAUSE": 1}).finish()

    def test_announcement_within_disconnect_is_early_media(self):
        self.call_with_sipp("uac_early_media", "501", values={"STATUS": 410, "CAUSE": 22}).finish()

    def test_t38_in_the_first_invite_is_answered_with_t38(self):
        sipp = self.call_with_sipp("uac_t38_first", "100")
        call = self.wait_for_call(number="100", state="active")
        self.bench.command_exchange("hangup", call=call["call"])
        sipp.finish()

    def test_t38_refused_with_488_leaves_the_call_in_audio(self):
        before = len(self.bench.call_records())
        self.call_with_sipp("uac_t38_refused", "100", arguments=["-d", 500]).finish()
        record = self.new_record(before)
        self.assertEqual([change["mode"] for change in record["caller"]["media_modes"]][-1], "g711-fax")
        self.assertEqual(record["cause"]["q850"], 16)

    def test_provisional_responses_are_reliable_for_a_peer_that_wants_them(self):
        self.call_with_sipp("uac_100rel", "301").finish()

    def test_hold_and_retrieve_by_reinvite(self):
        self.call_with_sipp("uac_hold_and_retrieve", "300").finish()

    def test_hold_and_retrieve_by_update(self):
        self.call_with_sipp("uac_hold_by_update", "300").finish()

    def test_session_refresh_is_answered_with_an_unchanged_description(self):
        self.call_with_sipp("uac_refresh", "300").finish()

    def test_invite_without_sdp_gets_the_gateways_offer(self):
        self.call_with_sipp("uac_late_offer", "300", arguments=["-d", 100]).finish()

    def test_call_over_tcp(self):
        self.call_with_sipp("uac_call", "300", transport="t1").finish()

    def test_call_over_ipv6(self):
        if not has_ipv6():
            self.skipTest("this machine has no ::1")
        messages = self.call_with_sipp("uac_call", "300", host="::1").finish()
        self.assertIn("c=IN IP6 ::1", messages)

    def test_options_tells_what_the_gateway_can_do(self):
        self.call_with_sipp("uac_options", "300").finish()

    def test_call_from_an_unknown_address_is_refused_and_counted_where_that_is_wanted(self):
        before = self.counter("sip.unknown_source")
        self.call_with_sipp("uac_refused_by_address", "300", source="127.0.0.2").finish()
        self.assertEqual(self.counter("sip.unknown_source"), before + 1)


class IsdnToSip(Calls):
    def test_called_party_hangs_up(self):
        sipp = self.answer_with_sipp("uas_hangs_up", values={"CAUSE": 16})
        call = self.originate("300", "200")
        sipp.finish()
        self.assertEqual(self.outcome(call)["cause"], 16)

    def test_cause_in_the_peers_bye_reaches_the_exchange(self):
        sipp = self.answer_with_sipp("uas_hangs_up", values={"CAUSE": 41})
        call = self.originate("300", "200")
        sipp.finish()
        self.assertEqual(self.outcome(call)["cause"], 41)

    def test_caller_hangs_up(self):
        sipp = self.answer_with_sipp("uas_call")
        call = self.originate("300", "200")
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()

    def test_caller_gives_up_before_ringing(self):
        sipp = self.answer_with_sipp("uas_cancelled_before_ringing")
        call = self.originate("300", "200")
        self.wait("the INVITE to be answered with 100", lambda: "SIP/2.0 100" in sipp.said())
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()

    def test_caller_gives_up_while_ringing(self):
        sipp = self.answer_with_sipp("uas_rings")
        call = self.originate("300", "200")
        self.wait_for_call(call=call, state="alerting")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()

    def test_statuses_reach_the_exchange_as_causes(self):
        for status, cause in ((486, 17), (404, 1), (603, 21), (480, 18), (503, 41), (488, 65), (600, 17)):
            with self.subTest(status=status):
                sipp = self.answer_with_sipp("uas_refuses", values={"STATUS": status})
                call = self.originate("300", "200")
                sipp.finish()
                self.assertEqual(self.outcome(call)["cause"], cause)

    def test_no_answer_after_ringing(self):
        sipp = self.answer_with_sipp("uas_rings_and_refuses", values={"STATUS": 480})
        call = self.originate("300", "200")
        sipp.finish()
        self.assertEqual(self.outcome(call)["cause"], 18)

    def test_early_media_reaches_the_exchange_as_progress(self):
        sipp = self.answer_with_sipp("uas_early_media", values={"STATUS": 404}, arguments=["-d", 500])
        call = self.originate("300", "200")
        self.wait_for_call(call=call, state="progress")
        sipp.finish()
        self.assertEqual(self.outcome(call)["cause"], 1)

    def test_reliable_ringing_is_confirmed_by_prack(self):
        sipp = self.answer_with_sipp("uas_100rel")
        call = self.originate("300", "200")
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()

    def test_peers_own_t38_offer_is_taken(self):
        before = len(self.bench.call_records())
        sipp = self.answer_with_sipp("uas_offers_t38")
        self.originate("300", "200")
        sipp.finish()
        self.assertEqual(self.new_record(before)["called"][0]["media_modes"][-1]["mode"], "t38")

    def test_call_over_tcp(self):
        sipp = self.answer_with_sipp("uas_call", transport="t1")
        call = self.originate("300", "800")
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()

    def test_call_over_ipv6(self):
        if not has_ipv6():
            self.skipTest("this machine has no ::1")
        sipp = self.answer_with_sipp("uas_call", host="::1")
        call = self.originate("300", "900")
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        self.assertIn("c=IN IP6 ::1", sipp.finish())

    def test_dead_peer_ends_the_call_with_a_cause(self):
        for transport, number in (("udp", "200"), ("tcp", "800")):
            with self.subTest(transport=transport):
                self.assertEqual(self.outcome(self.originate("300", number))["cause"], 41)


if __name__ == "__main__":
    unittest.main()
