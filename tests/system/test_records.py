"""What a call's record says."""

import datetime
import json
import os
import pathlib
import signal

from support import ROUTES, SystemTest, run_program


class Records(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}, {"number": "400", "kind": "busy"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}},
                            routes=[ROUTES[0] | {"called": ["3*", "4*"]}, ROUTES[1] | {"called": "2*"}])

    def setUp(self):
        self.before = len(self.bench.call_records())

    def record(self):
        return self.new_record(self.before)

    def assert_times_in_order(self, record):
        times = [record[key] for key in ("started", "answered", "ended") if record[key]]
        self.assertEqual(times, sorted(times))
        for time in times:
            datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))

    def test_an_answered_call(self):
        self.call_with_sipp("uac_call", "300", arguments=["-d", 500]).finish()

        record = self.record()
        self.assert_times_in_order(record)
        self.assertGreaterEqual(record["talk_s"], 0.4)
        self.assertEqual((record["cause"]["q850"], record["cause"]["text"]), (16, "normal call clearing"))
        self.assertEqual(record["released_by"], "caller")
        caller, (called,) = record["caller"], record["called"]
        self.assertEqual((caller["trunk"], caller["called"], caller["calling"]), ("pbx", "300", "200"))
        self.assertRegex(caller["leg"], r"^sip 127\.0\.0\.1:\d+ Call-ID \S+$")
        self.assertEqual((called["trunk"], called["leg"], called["called"]), ("pstn", "timeslot 1/1", "300"))
        self.assertIsNone(record["fax"])
        self.assertGreater(record["media"]["a"]["rtp"]["packets_sent"], 10)

    def test_a_busy_call(self):
        self.call_with_sipp("uac_refused", "400", values={"STATUS": 486, "CAUSE": 17}).finish()

        record = self.record()
        self.assert_times_in_order(record)
        self.assertIsNone(record["answered"])
        self.assertEqual(record["talk_s"], 0)
        self.assertEqual((record["cause"]["q850"], record["cause"]["text"]), (17, "user busy"))
        self.assertEqual(record["released_by"], "called")
        self.assertEqual(record["called"][0]["cause"]["q850"], 17)

    def test_a_call_without_a_route(self):
        self.call_with_sipp("uac_refused", "999", values={"STATUS": 404, "CAUSE": 1}).finish()

        record = self.record()
        self.assertEqual((record["cause"]["q850"], record["released_by"]), (1, "gateway"))
        self.assertEqual(record["called"], [])

    def test_a_call_from_the_line_without_a_route(self):
        self.assertEqual(self.outcome(self.originate("300", "999"))["cause"], 1)

        record = self.record()
        self.assertEqual((record["caller"]["trunk"], record["caller"]["called"]), ("pstn", "999"))
        self.assertEqual((record["cause"]["q850"], record["released_by"]), (1, "gateway"))

    def test_a_peer_that_refuses_leaves_its_status(self):
        sipp = self.answer_with_sipp("uas_refuses", values={"STATUS": 603})
        call = self.originate("300", "200")
        sipp.finish()
        self.outcome(call)

        record = self.record()
        self.assertEqual((record["cause"]["q850"], record["called"][0]["cause"]["sip"]), (21, 603))

    def test_a_caller_who_never_acknowledges_pays_for_32_seconds(self):
        self.call_with_sipp("uac_never_acknowledges", "300").finish()

        record = self.record()
        self.assertEqual((record["peer_gone"], record["released_by"]), ("not acknowledged", "gateway"))
        self.assertEqual(record["cause"]["q850"], 102)
        self.assertGreaterEqual(record["talk_s"], 30)  # 64 times T1 (RFC 3261 section 13.3.1.4)
        self.assertLess(record["talk_s"], 60)
        self.assertEqual(self.counter("call.not_acknowledged"), 1)

    def test_a_call_is_known_by_one_uid_from_its_beginning(self):
        sipp = self.call_with_sipp("uac_holds_until_told", "300")
        self.wait("the answer", lambda: [call["state"] for call in self.bench.control("calls")] == ["answered"])
        (call,) = self.bench.control("calls")
        self.assertEqual(self.bench.control("call", id=call["id"])["uid"], call["uid"])
        self.bench.control("hangup", id=call["id"])
        sipp.finish()

        record = self.record()
        self.assertRegex(record["uid"], r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual((record["call"], record["uid"]), (call["id"], call["uid"]))

    def test_a_full_disk_keeps_records_waiting_and_doctor_says_so(self):
        def doctor():
            run = run_program("spangatectl", "--socket", self.bench.gateway_socket, "--json", "doctor")
            return run.returncode, next(f for f in json.loads(run.stdout) if f["subject"] == "records")
        self.assertEqual((doctor()[0], doctor()[1]["grade"]), (0, "good"))
        kept = self.bench.records.with_suffix(".kept")
        os.rename(self.bench.records, kept)
        os.symlink("/dev/full", self.bench.records)
        try:
            self.bench.gateway.child.send_signal(signal.SIGHUP)
            self.wait("the new file", self.writes_to_dev_full)

            self.call_with_sipp("uac_call", "300").finish()
            self.wait("doctor to see it", lambda: doctor()[1]["grade"] == "fault")
            code, finding = doctor()
        finally:
            # Whoever reads records would read /dev/full without end.
            os.remove(self.bench.records)
            os.rename(kept, self.bench.records)
            self.bench.gateway.child.send_signal(signal.SIGHUP)

        self.assertEqual(code, 3)
        self.assertEqual(finding["says"], f"{self.bench.records}: No space left on device; records that wait: 1")
        self.record()
        self.wait("doctor to see that, too", lambda: doctor()[0] == 0)

    def writes_to_dev_full(self):
        folder = pathlib.Path(f"/proc/{self.bench.gateway.child.pid}/fd")
        for descriptor in folder.iterdir():
            try:
                if os.readlink(descriptor) == "/dev/full":
                    return True
            except FileNotFoundError:
                pass  # closed meanwhile
        return False

    def test_after_sighup_records_go_to_a_new_file(self):
        self.call_with_sipp("uac_call", "300").finish()
        self.record()
        old = self.bench.records.with_suffix(".1")
        os.rename(self.bench.records, old)

        self.bench.gateway.child.send_signal(signal.SIGHUP)

        self.wait("a new file", self.bench.records.exists)
        self.call_with_sipp("uac_call", "300").finish()
        self.wait("the record", lambda: len(self.bench.call_records()) == 1)
        self.assertEqual(len(old.read_text().splitlines()), self.before + 1)


class KilledGateway(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES)

    def journal(self):
        return [json.loads(line) for line in (self.bench.records.parent / "records.jsonl.open").read_text().splitlines()]

    def test_calls_that_were_up_have_records_and_keep_their_numbers(self):
        for _ in range(2):
            self.call_with_sipp("uac_holds_until_told", "300")
        self.wait("the answers", lambda: [call["state"] for call in self.bench.control("calls")] == ["answered"] * 2)
        up = {call["id"]: call["uid"] for call in self.bench.control("calls")}
        self.wait("the journal", lambda: {line["call"] for line in self.journal() if line.get("answered")} == set(up))

        self.bench.gateway.kill()
        self.bench.run_gateway()

        self.wait("their records", lambda: len(self.bench.call_records()) == 2)
        for record in self.bench.call_records():
            self.assertEqual(record["uid"], up[record["call"]])
            self.assertEqual((record["released_by"], record["cause"]["q850"]), ("gateway ended", 41))
            self.assertLessEqual(record["answered"], record["ended"])
            self.assertEqual((record["caller"]["trunk"], record["called"][0]["trunk"]), ("pbx", "pstn"))
        self.assertEqual(self.counter("records.gateway_ended"), 2)

        self.call_with_sipp("uac_call", "300").finish()
        self.wait("the next record", lambda: len(self.bench.call_records()) == 3)
        self.assertGreater(self.bench.call_records()[-1]["call"], max(up))
        self.bench.restart_gateway()
        self.assertEqual(len(self.bench.call_records()), 3)
        self.assertEqual(self.counter("records.gateway_ended"), 0)
