"""Lines that forward: who is called then, and what the caller, the one called and the record are told."""

import rig
from support import Sipp, SystemTest, run_program

LINE = '''[[line]]
ext = "{ext}"
did = "+12125550{ext}"
{more}
'''
LINES = {"401": 'forward_busy = "403"', "402": 'forward_no_answer = "+4420"\nforward_after = "1s"',
         "403": "", "404": 'forward_always = "401"', "405": 'forward_always = "+4930"'}


class Forwarding(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.carrier_port, = rig.free_ports(1)
        bench.start_exchange([{"number": "401", "kind": "busy"}, {"number": "402", "kind": "no_answer"},
                              {"number": "403", "kind": "echo"}])
        bench.start_gateway(
            sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                        "carrier": {"peer": f"sip:127.0.0.1:{cls.carrier_port}", "allow_from": ["127.0.0.9"]}},
            pri={"numbers_out": "extension:3"},
            routes=[{"name": "to lines", "from": ["pbx", "pstn"], "called": "+12125550*", "to": ["pstn"]},
                    {"name": "lines abroad", "from": ["pstn"], "called": "+4420", "to": ["carrier"]}],
            sections="\n".join(LINE.format(ext=ext, more=more) for ext, more in LINES.items()))

    def end(self, calling):
        self.wait("the answer", lambda: [c for c in self.bench.control("calls") if c["state"] == "answered"])
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        calling.finish()
        self.wait_for_no_calls()

    def test_a_busy_line_sends_its_calls_to_another(self):
        before = len(self.bench.call_records())
        self.end(self.call_with_sipp("uac_forwarded", "+12125550401"))
        record = self.new_record(before)
        self.assertEqual(record["plan"]["forwards"], ["401 busy 403"])
        self.assertEqual([leg["called"] for leg in record["called"]], ["401", "403"])
        self.assertEqual(record["called"][0]["cause"]["q850"], 17)

    def test_a_line_that_nobody_answers_sends_them_abroad_by_its_own_routes(self):
        before = len(self.bench.call_records())
        answering = Sipp(self.bench, "uas_diverted", port=self.carrier_port, values={"REASON": "no-answer"})
        self.end(self.call_with_sipp("uac_forwarded", "+12125550402"))
        answering.finish()
        record = self.new_record(before)
        self.assertEqual(record["plan"]["forwards"], ["402 no answer +4420"])
        self.assertEqual([leg["trunk"] for leg in record["called"]], ["pstn", "carrier"])

    def test_two_lines_in_a_row(self):
        before = len(self.bench.call_records())
        self.end(self.call_with_sipp("uac_forwarded", "+12125550404"))
        self.assertEqual(self.new_record(before)["plan"]["forwards"], ["404 always 401", "401 busy 403"])

    def test_where_the_line_has_no_route_the_call_is_refused(self):
        before = len(self.bench.call_records())
        self.call_with_sipp("uac_refused", "+12125550405", values={"STATUS": 404, "CAUSE": 1}).finish()
        self.assertEqual(self.new_record(before)["plan"]["forwards"], ["405 always +4930"])

    def test_route_explains_it(self):
        said = run_program("spangatectl", "--socket", self.bench.gateway_socket, "route", "+12125550404", "--from",
                           "pbx").stdout
        self.assertIn('line 404 forwards all calls to 401: route "to lines" leads to it', said)
        self.assertIn("line 401 forwards when busy to 403: pstn", said)
        self.assertIn("goes to     pstn", said)
