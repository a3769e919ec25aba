"""Two T1 spans that are one ISDN interface, with a D-channel on each: the second takes over when the first fails."""

from support import ROUTES, SystemTest


class Nfas(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}], spans=2, span_type="T1", nfas=True)
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES,
                            pri={"nfas": True, "dchannels": [1, 2], "hunt": "descending"})

    def setUp(self):
        self.wait("layer 2", self.bench.spans_are_up)

    def answered(self):
        return [call for call in self.bench.control("calls") if call["state"] == "answered"]

    def test_calls_outlive_the_primary_and_end_by_the_backup(self):
        standing = self.call_with_sipp("uac_far_end_hangs_up", "300", values={"CAUSE": 16})
        self.wait("the answer", self.answered)
        self.assertEqual([slot["slot"] for slot in self.slots_not_idle()], ["2/23"])
        self.assertEqual(len(self.bench.control("timeslots")), 46)
        first, = self.bench.command_exchange("calls")["calls"]
        self.assertEqual((first["span"], first["timeslot"]), (2, 23))

        self.bench.command_exchange("dchannel", span=1, cut=True)
        self.wait("the backup to take over", lambda: self.counter("pri.dchannel_changeovers") == 1)

        self.assertTrue(self.bench.spans_are_up())
        self.assertEqual(self.counter("pri.interface_downs"), 0)
        self.call_with_sipp("uac_call", "300").finish()
        self.wait("the first call alone", lambda: len(self.answered()) == 1)
        self.bench.command_exchange("hangup", call=first["call"])
        standing.finish()
        self.wait_for_no_calls()
