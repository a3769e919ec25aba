"""The dial plan of a running gateway: reloaded under a call, its limits, emergencies, and recorded calls replayed."""

import json
import signal

from support import SystemTest, run_program

ROUTES = [{"name": "out", "from": ["pbx"], "called": "3XX", "to": ["pstn"]},
          {"name": "one at a time", "from": ["pbx"], "called": "32X", "to": ["pstn"], "limit": 1},
          {"name": "one an hour", "from": ["pbx"], "called": "33X", "to": ["pstn"], "spend": {"per_line_calls_hour": 1}},
          {"name": "help", "from": ["pbx"], "called": "112", "to": ["pstn"], "emergency": True}]


def toml(routes):
    """Routes as they stand in the file that the rig writes, whose inline tables are TOML's."""
    return [{key: value for key, value in route.items() if key != "spend"} for route in routes]


class DialPlan(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": number, "kind": "echo"} for number in ("300", "320", "330", "112")])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=toml(ROUTES),
                            sections='[site]\nemergency = ["112"]')
        cls.config = bench.folder / "spangate.toml"
        cls.good = cls.config.read_text().replace(
            'name = "one an hour"', 'name = "one an hour"\nspend = { per_line_calls_hour = 1 }')

    def setUp(self):
        self.config.write_text(self.good)
        self.ctl("reload")

    def tearDown(self):
        self.wait_for_no_calls()

    def ctl(self, *words, code=0):
        run = run_program("spangatectl", "--socket", self.bench.gateway_socket, *words)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stderr if code else run.stdout

    def route_of(self, number):
        return self.bench.control("route", called=number, **{"from": "pbx"})["outcome"]

    def start_call(self, number):
        """SIPp talks to the echo until told; gives its run and the gateway's id of the call."""
        before = {call["id"] for call in self.bench.control("calls")}
        sipp = self.call_with_sipp("uac_holds_until_told", number)
        call, = self.wait("the call to be answered", lambda: [
            c for c in self.bench.control("calls") if c["state"] == "answered" and c["id"] not in before])
        return sipp, call["id"]

    def end_call(self, sipp, call):
        self.bench.control("hangup", id=call)
        sipp.finish()

    def refused(self, number, status, cause):
        before = len(self.bench.call_records())
        self.call_with_sipp("uac_refused", number, values={"STATUS": status, "CAUSE": cause}).finish()
        return self.new_record(before)

    def test_a_reload_changes_the_plan_and_leaves_the_call_alone(self):
        sipp, call = self.start_call("300")
        self.config.write_text(self.good.replace('called = "3XX"', 'called = "4XX"'))

        said = self.ctl("reload")

        self.assertIn(f"{self.config} is in force: 4 routes", said)
        self.assertEqual([c["state"] for c in self.bench.control("calls")], ["answered"])
        self.assertEqual(self.refused("300", 404, 1)["plan"]["outcome"], "no route")
        self.assertEqual(self.route_of("400"), "pstn")
        self.end_call(sipp, call)

    def test_what_needs_a_restart_is_named(self):
        self.config.write_text(self.good.replace("[records]", '[sip.old]\n[records]'))
        self.assertIn("old", self.ctl("reload", code=1))
        self.config.write_text(self.good.replace("[media]", '[media]\nworkers = 3'))

        self.assertEqual(json.loads(self.ctl("--json", "reload"))["needs_restart"], ["[media] workers"])

    def test_a_bad_file_leaves_the_plan_as_it_is(self):
        before = self.counter("reload.refused")
        self.config.write_text(self.good.replace('to = ["pstn"]', 'to = ["nobody"]', 1))

        said = self.ctl("reload", code=1)

        self.assertRegex(said, r'spangate\.toml:\d+: \[\[route\]\] "out" to: there is no \[trunk\.nobody\]')
        self.assertEqual(self.counter("reload.refused"), before + 1)
        self.assertEqual(self.route_of("300"), "pstn")

    def test_a_failing_test_leaves_the_plan_as_it_is(self):
        self.config.write_text(self.good + '[test]\ncases = [\n{ from = "pbx", dial = "300", want = "no route" } ]\n')

        self.assertIn('300 from pbx should have want = "no route", but has "pstn"', self.ctl("reload", code=1))
        self.assertEqual(self.route_of("300"), "pstn")

    def test_sighup_reloads(self):
        before = self.counter("reload.done")
        self.config.write_text(self.good.replace('called = "3XX"', 'called = "5XX"'))

        self.bench.gateway.child.send_signal(signal.SIGHUP)

        self.wait("the plan to be reloaded", lambda: self.counter("reload.done") == before + 1)
        self.assertEqual(self.route_of("500"), "pstn")

    def test_a_route_at_its_limit_refuses_and_says_why(self):
        sipp, call = self.start_call("320")
        before = self.counter("refused.limit")

        record = self.refused("320", 503, 34)

        self.assertEqual(record["plan"]["limit"], "limit = 1 of route one at a time")
        self.assertEqual(self.counter("refused.limit"), before + 1)
        self.ctl("reload")
        self.assertEqual(self.refused("320", 503, 34)["plan"]["limit"], "limit = 1 of route one at a time")
        self.end_call(sipp, call)
        self.wait_for_no_calls()
        self.end_call(*self.start_call("320"))

    def test_a_line_has_only_so_many_calls_an_hour_reload_or_not(self):
        self.end_call(*self.start_call("330"))
        self.ctl("reload")

        record = self.refused("330", 403, 21)

        self.assertEqual(record["plan"]["limit"], "per_line_calls_hour = 1 of route one an hour")
        self.assertIn("refused now per_line_calls_hour = 1", self.ctl("route", "330", "--from", "pbx", "--calling", "200"))

    def test_an_emergency_call_is_under_no_limit(self):
        self.config.write_text(self.good.replace('kind = "pri"', 'kind = "pri"\nmax_calls = 1'))
        self.ctl("reload")
        lower = self.start_call("300")
        self.refused("300", 503, 34)

        emergency = self.start_call("112")

        self.assertEqual(len(self.bench.control("calls")), 2)
        self.end_call(*emergency)
        self.end_call(*lower)

    def test_an_emergency_call_clears_the_newest_call_where_no_timeslot_is_free(self):
        thirty = self.call_with_sipp("uac_holds_until_told", "300", calls=30, arguments=["-l", 30, "-r", 30])
        self.wait("thirty calls", lambda: [c["state"] for c in self.bench.control("calls")] == ["answered"] * 30)
        newest = max(call["id"] for call in self.bench.control("calls"))
        before = self.counter("route.emergency_cleared")

        emergency = self.start_call("112")

        self.assertEqual(self.counter("route.emergency_cleared"), before + 1)
        record, = self.wait("the cleared call's record", lambda: [r for r in self.bench.call_records() if r["call"] == newest])
        self.assertEqual((record["cause"]["q850"], record["released_by"]), (47, "gateway"))
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        thirty.finish()
        emergency[0].finish()

    def test_a_call_on_a_blocked_timeslot_makes_no_room_for_an_emergency_call(self):
        thirty = self.call_with_sipp("uac_holds_until_told", "300", calls=30, arguments=["-l", 30, "-r", 30])
        self.wait("thirty calls", lambda: [c["state"] for c in self.bench.control("calls")] == ["answered"] * 30)
        newer, newest = sorted(self.bench.control("calls"), key=lambda call: call["id"])[-2:]
        slot = newest["to"]["slot"]
        self.ctl("block", slot)

        emergency = self.start_call("112")

        record, = self.wait("the cleared call's record",
                            lambda: [r for r in self.bench.call_records() if r["call"] == newer["id"]])
        self.assertEqual(record["cause"]["q850"], 47)
        self.assertIn(newest["id"], [call["id"] for call in self.bench.control("calls")])
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        thirty.finish()
        emergency[0].finish()
        self.ctl("unblock", slot)

    def test_recorded_calls_are_replayed_through_another_file(self):
        before = len(self.bench.call_records())
        self.end_call(*self.start_call("300"))
        self.wait("the record", lambda: len(self.bench.call_records()) > before)
        records = self.bench.folder / "yesterday.jsonl"
        records.write_text(json.dumps(self.bench.call_records()[-1]) + "\nno record\n")
        other = self.bench.folder / "other.toml"
        other.write_text(self.good)

        self.assertEqual(self.ctl("diff", other, "--records", records).splitlines()[0], "0 of 1 calls would go elsewhere")
        other.write_text(self.good.replace('called = "3XX"', 'called = "31X"'))
        said = self.ctl("diff", other, "--records", records)

        self.assertRegex(said, r"(?m)^\d+ +20\S+Z +pbx +300 +pstn +no route$")
        self.assertIn("1 of 1 calls would go elsewhere\n1 lines of", said)
        other.write_text("[sip")
        self.assertIn("other.toml:1:", self.ctl("diff", other, "--records", records, code=1))

    def test_route_explains_the_message_that_would_be_sent(self):
        said = self.ctl("route", "300", "--from", "pbx", "--calling", "200", "--ton", "unknown")

        self.assertRegex(said, r"(?m)^out +3XX +wins$")
        self.assertRegex(said, r"(?m)^pstn +up, 0 calls +300 +200")
        self.assertRegex(said, r"(?m)^pstn: SETUP called 300 \(unknown, plan \d\), calling 200 \(unknown, plan \d\)$")
        self.assertIn("under no limit", self.ctl("route", "112", "--from", "pbx"))
        self.assertIn("is no type of number", self.ctl("route", "300", "--from", "pbx", "--ton", "big", code=1))
        self.assertIn("there is no line", self.ctl("route", "300", "--from", "pbx", "--line", "9", code=1))


class Shares(SystemTest):
    """Two trunks reach one line: of its 30 timeslots each holds one, and 28 stay for emergency calls."""

    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": number, "kind": "echo"} for number in ("300", "112")])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}", "share": 4},
                                        "fax": {"peer": "sip:127.0.0.2:5060", "share": 4}},
                            routes=[{"name": "out", "from": ["pbx", "fax"], "called": "3XX", "to": ["pstn"]},
                                    {"name": "help", "from": ["pbx", "fax"], "called": "112", "to": ["pstn"],
                                     "emergency": True}],
                            sections='[site]\nemergency = ["112"]')

    def test_a_trunk_that_holds_its_share_gets_503_with_retry_after_and_others_go_on(self):
        calls = [self.call_with_sipp("uac_holds_until_told", "300")]
        self.wait("the answer", lambda: self.answered() == 1)

        said = self.call_with_sipp("uac_refused", "300", values={"STATUS": 503, "CAUSE": 34}).finish()

        self.assertIn("Retry-After: 1", said)
        self.wait("its record", lambda: self.bench.call_records())
        self.assertEqual(self.bench.call_records()[0]["called"][0]["limit"], "share = 4 of trunk pbx on pstn")
        self.assertEqual(self.counter("refused.share"), 1)
        calls.append(self.call_with_sipp("uac_holds_until_told", "300", source="127.0.0.2"))
        self.wait("the other trunk's answer", lambda: self.answered() == 2)
        calls.append(self.call_with_sipp("uac_holds_until_told", "112"))
        self.wait("the emergency call's answer", lambda: self.answered() == 3)
        for call in self.bench.control("calls"):
            self.bench.control("hangup", id=call["id"])
        for sipp in calls:
            sipp.finish()
        self.wait_for_no_calls()

    def answered(self):
        return sum(call["state"] == "answered" for call in self.bench.control("calls"))
