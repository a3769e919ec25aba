"""spangatectl against a running gateway with calls, as text and as JSON, and when something is wrong."""

import json
import pathlib
import re
import socket
import tempfile
import threading

from support import ROUTES, SystemTest, run_program


class Spangatectl(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES)

    def ctl(self, *words, code=0):
        run = run_program("spangatectl", "--socket", self.bench.gateway_socket, *words)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stderr if code else run.stdout

    def ctl_json(self, *words):
        return json.loads(self.ctl("--json", *words))

    def start_call(self):
        """SIPp talks to the echo; gives its run and the gateway's id of the call."""
        sipp = self.call_with_sipp("uac_holds_until_told", "300")
        call, = self.wait("the call to be answered",
                          lambda: [c for c in self.bench.control("calls") if c["state"] == "answered"])
        return sipp, call["call"]

    def test_calls_timeslots_and_one_call_while_it_lasts(self):
        sipp, call = self.start_call()

        text = self.ctl("calls")
        self.assertEqual(text.splitlines()[0].split(), "CALL STATE AGE FROM CALLING TO CALLED MEDIA".split())
        self.assertRegex(text.splitlines()[1], rf"^{call} +answered +0:\d\d +pbx +200 +pstn 1/1 +300 +g711$")
        listed, = self.ctl_json("calls")
        self.assertEqual((listed["call"], listed["state"], listed["from"]["trunk"], listed["to"]["slot"]),
                         (call, "answered", "pbx", "1/1"))

        text = self.ctl("call", call)
        self.assertRegex(text, r"history:\n +\d+\.\d{3} s  \w+")
        detail = self.ctl_json("call", call)
        self.assertEqual(detail["call"], call)
        self.assertIn("answered", [step["what"] for step in detail["history"]])
        self.wait("RTP to be sent", lambda: self.ctl_json("call", call)["media"]["a"]["rtp"]["packets_sent"] > 0)

        self.assertRegex(self.ctl("timeslots"), rf"(?m)^1/1 +pstn +in use +{call} +-$")
        slots = self.ctl_json("timeslots")
        self.assertEqual(len(slots), 30)
        self.assertEqual([slot for slot in slots if slot["call"]],
                         [{"slot": "1/1", "trunk": "pstn", "state": "in use", "is_blocked": False, "detail": "",
                           "call": call}])
        self.assertEqual(self.ctl_json("status")["calls"], 1)

        self.assertEqual(self.ctl("hangup", call), f"call {call} is being ended\n")
        sipp.finish()
        self.wait_for_no_calls()
        self.assertEqual(self.ctl("calls"), "no calls\n")
        self.assertEqual(self.ctl_json("calls"), [])

    def test_blocked_timeslots_take_no_call_and_a_call_on_one_goes_on(self):
        self.addCleanup(self.bench.control, "unblock", trunk="pstn")
        self.assertEqual(self.ctl("block", "1/1"), "timeslots blocked: 1\n")
        sipp, call = self.start_call()
        self.assertEqual([slot["slot"] for slot in self.ctl_json("timeslots") if slot["call"]], ["1/2"])

        self.assertEqual(self.ctl("block", "span", "1"), "timeslots blocked: 30; calls that go on: 1\n")
        self.assertRegex(self.ctl("timeslots"), rf"(?m)^1/2 +pstn +in use, blocked +{call} +-$")
        self.assertRegex(self.ctl("trunks"), r"(?m)^pstn +tdm +1 +- +up, 30 of 30 blocked$")
        self.assertRegex(self.ctl("spans"), r"(?m)^1 +(E1 +)?OK +\S.* pstn +up +0 +1 +0 +30( |$)")
        self.assertIn("-> to use them again: spangatectl unblock span 1", self.ctl("doctor"))
        # The exchange's call, which names its timeslot, and ours.
        refused = self.bench.command_exchange("originate", **{"from": "300", "to": "200"})
        self.assertEqual(self.bench.command_exchange("wait", call=refused["call"])["cause"], 34)
        self.call_with_sipp("uac_refused", "300", values={"STATUS": 503, "CAUSE": 34}).finish()
        self.ctl("reload")
        self.assertEqual(self.ctl_json("calls")[0]["id"], call)
        self.ctl("hangup", call)
        sipp.finish()
        self.wait("every timeslot blocked",
                  lambda: all(slot["state"] == "blocked" for slot in self.ctl_json("timeslots")))

        self.assertEqual(self.ctl("unblock", "trunk", "pstn"), "timeslots in use again: 30\n")
        self.wait_for_no_calls()
        for words, why in (("1/16", "or it is a D-channel"), ("9/1", "no trunk has it"), ("1/x", '"1/5"')):
            self.assertIn(why, self.ctl("block", words, code=1))
        self.assertIn("it is a SIP peer", self.ctl("block", "trunk", "pbx", code=1))

    def test_spans(self):
        self.assertRegex(self.ctl("spans"), r"(?m)^1 +(E1 +)?OK +\S.* pstn +up +30 +0 +0 +0( |$)")
        span, = self.ctl_json("spans")
        self.assertEqual((span["span"], span["type"], span["alarms"], span["trunk"], span["is_up"], span["idle"]),
                         (1, "E1", "OK", "pstn", True, 30))
        self.assertGreater(len(span["counters"]), 0)

    def test_status(self):
        status = self.ctl_json("status")
        self.assertIn(f"udp:127.0.0.1:{self.bench.sip_port}", status["listening"])
        self.assertGreaterEqual(status["media_workers"], 1)
        self.assertRegex(self.ctl("status"), rf"(?m)^version +{re.escape(status['version'])}$")

    def test_counters_all_and_by_prefix(self):
        every = self.ctl_json("counters")
        calls = self.ctl_json("counters", "call.")
        self.assertIn("call.incoming", calls)
        self.assertLess(len(calls), len(every))
        self.assertTrue(all(name.startswith("call.") for name in calls))
        self.assertRegex(self.ctl("counters", "call."), r"(?m)^call\.incoming +\d+$")
        self.assertEqual(self.ctl("counters", "nothing."), "no counters\n")

    def test_a_call_that_is_not_there(self):
        self.assertEqual(self.ctl("hangup", "999999", code=1), "spangatectl: there is no call 999999\n")
        self.assertIn("there is no call 999999", self.ctl("call", "999999", code=1))

    def test_a_call_that_is_over_is_found_in_the_records(self):
        sipp, call = self.start_call()
        self.assertNotIn("t38:", self.ctl("call", call), "nothing of it was counted")
        self.ctl("hangup", call)
        sipp.finish()
        self.wait_for_no_calls()
        record = self.wait("the record", lambda: next((r for r in self.bench.call_records() if r["call"] == call), None))
        self.assertEqual(self.ctl_json("call", call), record)
        text = self.ctl("call", call)
        self.assertRegex(text, rf"(?m)^call +{call}$")
        self.assertRegex(text, r"(?m)^released_by +gateway$")

    def test_errors_are_json_for_programs(self):
        for words, code, says in ((("call", "999999"), 1, "there is no call 999999"), (("dance",), 2, '"dance" is no command'),
                                  (("--wrong",), 2, "unrecognised option")):
            with self.subTest(words=words):
                run = run_program("spangatectl", "--socket", self.bench.gateway_socket, "--json", *words)
                self.assertEqual((run.returncode, run.stderr), (code, ""))
                self.assertIn(says, json.loads(run.stdout)["error"])

    def test_a_memory_that_is_off_says_so(self):
        for words in (("memory",), ("memory", "export"), ("memory", "forget", "1")):
            with self.subTest(words=words):
                self.assertEqual(self.ctl(*words, code=1),
                                 "spangatectl: nothing is remembered: [fax] memory names no file\n")
        self.assertRegex(self.ctl("doctor"), r"(?m)^good +fax memory: off: the configuration names no file$")

    def test_route_without_a_trunk_names_them(self):
        self.assertIn("route needs --from TRUNK: one of pbx, pstn;", self.ctl("route", "300", code=2))

    def test_wrong_usage(self):
        for words in ((), ("dance",), ("call",), ("call", "first"), ("calls", "1"), ("call", "1", "2"), ("--wrong",),
                      ("block",), ("block", "pstn"), ("block", "span"), ("block", "span", "x"), ("unblock", "trunk", "a", "b")):
            with self.subTest(words=words):
                self.assertRegex(self.ctl(*words, code=2), r"^spangatectl: .+; see spangatectl --help\n$")

    def test_help(self):
        text = self.ctl("--help")
        for command in ("status", "calls", "call ID", "hangup ID", "spans", "timeslots", "block WHAT",
                        "unblock WHAT", "counters"):
            self.assertIn(f"  {command} ", text)

    def test_no_gateway_there(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "none.sock"
            run = run_program("spangatectl", "--socket", path, "status")
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, rf"^spangatectl: .*{re.escape(str(path))}: No such file or directory; "
                                     r"is spangated running\? \(-s names another socket\)\n$")

    def test_something_else_there(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = f"{scratch}/other.sock"
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
                other.bind(path)
                other.listen()
                for answer in (b"", b"hello\n", b"[1]\n", b'{"ok":true,"result":7}\n'):
                    with self.subTest(answer=answer):
                        thread = threading.Thread(target=self.serve_once, args=(other, answer))
                        thread.start()
                        run = run_program("spangatectl", "--socket", path, "calls")
                        thread.join()
                        self.assertEqual(run.returncode, 1)
                        self.assertRegex(run.stderr, r"^spangatectl: .+\n$")

    @staticmethod
    def serve_once(other, answer):
        client, _ = other.accept()
        with client:
            client.recv(4096)
            client.sendall(answer)

    def test_requests_that_make_no_sense_are_refused_and_counted(self):
        before = self.counter("admin.malformed")
        for line in (b"\n", b"calls\n", b"[]\n", b'{"command":7}\n', b"\xff\xfe\x00\n", b"{" * 2000 + b"\n"):
            with self.subTest(line=line[:20]):
                self.assertFalse(self.exchange_line(line)["ok"])
        self.assertEqual(self.counter("admin.malformed"), before + 6)
        self.assertFalse(self.exchange_line(b'{"command":"dance"}\n')["ok"])
        self.assertFalse(self.exchange_line(b'{"command":"call","id":-1}\n')["ok"])
        self.assertFalse(self.exchange_line(b'{"command":"call","id":1e300}\n')["ok"])

    def test_a_request_without_end_is_cut_off(self):
        self.assertFalse(self.exchange_line(b"x" * 200_000)["ok"])
        self.assertEqual(self.bench.control("status")["calls"], 0)

    def exchange_line(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(30)
            client.connect(str(self.bench.gateway_socket))
            try:
                client.sendall(line)
            except BrokenPipeError:
                pass
            return json.loads(client.makefile().readline())
