"""A full span, and many calls: nothing is left behind."""

import pathlib

from support import ROUTES, SystemTest


class Load(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}", "max_cps": 0}}, routes=ROUTES,
                            pri={"max_cps": 0},
                            level="warning")

    def leftovers(self):
        """What a call could leave behind."""
        status = self.bench.control("status")
        slots = self.slots_not_idle()
        for control in (self.bench.gateway_socket, self.bench.exchange_socket):
            # Only the listening socket is left: our own last question is over there too.
            self.wait("questions to be over", lambda: pathlib.Path("/proc/net/unix").read_text().count(f"{control}\n") == 1)
        return {"files": self.bench.gateway.open_files(), "calls": status["calls"], "sessions": status["sessions"],
                "slots": slots, "exchange_files": self.bench.exchange.open_files()}


class Capacity(Load):
    def test_thirty_calls_fill_an_e1_and_the_next_is_refused(self):
        thirty = self.call_with_sipp("uac_holds_until_told", "300", calls=30, arguments=["-l", 30, "-r", 30])
        self.wait("30 calls to be answered", lambda: self.answered() == 30)
        slots = self.bench.control("timeslots")
        self.assertEqual([slot["slot"] for slot in slots if slot["state"] == "in use"],
                         [f"1/{number}" for number in range(1, 32) if number != 16])
        self.assertEqual(len({slot["call"] for slot in slots if slot["state"] == "in use"}), 30)

        self.call_with_sipp("uac_refused", "300", values={"STATUS": 503, "CAUSE": 34}).finish()

        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        thirty.finish()
        self.wait_for_no_calls()

    def test_thirty_calls_from_the_exchange_leave_no_room_for_one_from_sip(self):
        thirty = self.answer_with_sipp("uas_holds_until_told", calls=30)
        for _ in range(30):
            self.originate("300", "200")
        self.wait("30 calls to be answered", lambda: self.answered() == 30)

        self.call_with_sipp("uac_refused", "300", values={"STATUS": 503, "CAUSE": 34}).finish()

        for call in self.bench.command_exchange("calls")["calls"]:
            self.bench.command_exchange("hangup", call=call["call"])
        thirty.finish()
        self.wait_for_no_calls()

    def answered(self):
        return sum(call["state"] == "answered" for call in self.bench.control("calls"))


class Soak(Load):
    CALLS = 1000

    def test_a_thousand_short_calls_leave_nothing_behind(self):
        # The first calls open what stays open.
        self.run_calls(10)
        before = self.leftovers()
        counted = self.counter("call.ended")

        self.run_calls(self.CALLS)

        self.wait("1 000 calls to be counted", lambda: self.counter("call.ended") - counted == self.CALLS)
        self.assertEqual(self.leftovers(), before)
        self.assertEqual(len(self.bench.call_records()), self.CALLS + 10)
        self.assertEqual({record["cause"]["q850"] for record in self.bench.call_records()}, {16})

    def run_calls(self, calls):
        # More a second would only queue: a D-channel is 64 kbit/s, and 7 frames at most are on their way (Q.921 k).
        arguments = ["-l", 18, "-r", 16, "-d", 100]
        self.call_with_sipp("uac_call", "300", calls=calls, arguments=arguments, limit=250).finish()
        self.wait_for_no_calls()
