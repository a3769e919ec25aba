"""Calls that come from the exchange and go back to it: joined by the exchange where it does that, else by the gateway."""

from support import SystemTest


class Handing(SystemTest):
    """`transfers`: whether the exchange has the service."""
    transfers = True

    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "301", "kind": "echo"}, {"number": "302", "kind": "echo"}],
                             transfers=cls.transfers)
        bench.start_gateway(sip_trunks={}, pri={"join_in_switch": True},
                            routes=[{"name": "back", "from": ["pstn"], "called": "*", "to": ["pstn"]}])


class Taken(Handing):
    def test_the_exchange_takes_both_calls_off_the_line(self):
        before = len(self.bench.call_records())
        call = self.originate("301", "302")
        self.assertEqual(self.outcome(call)["cause"], 16)
        record = self.new_record(before)
        self.assertIsNotNone(record["answered"])
        self.assertIsNotNone(record["handed_to_switch"])
        self.assertEqual(self.counter("call.handed_to_switch"), 1)
        self.wait_for_no_calls()


class Refused(Handing):
    transfers = False

    def test_the_gateway_keeps_them_joined(self):
        before = len(self.bench.call_records())
        call = self.originate("301", "302")
        self.wait("the exchange to be asked", lambda: self.counter("call.handed_to_switch") == 1)
        # EctLinkIdRequest is refused at once, or libpri gives up after its T-RESPONSE of four seconds.
        self.wait("five seconds of talk", lambda: any(
            c["state"] == "answered" and c["age_ms"] > 7000 for c in self.bench.control("calls")))
        self.bench.command_exchange("hangup", call=call)
        record = self.new_record(before)
        self.assertGreater(record["talk_s"], 5)
        self.assertIsNotNone(record["handed_to_switch"])
        self.wait_for_no_calls()
