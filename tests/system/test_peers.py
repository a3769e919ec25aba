"""SIP peers that are dead, come back, or were never invited: probes, failover, unknown sources."""

import datetime
import socket
import threading

import rig
from support import SystemTest


class OptionsPeer:
    """A SIP peer that answers nothing until it is told to, and then every OPTIONS with 200."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers = False
        self.invites = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            message, source = self.socket.recvfrom(65536)
            lines = message.decode(errors="replace").split("\r\n")
            self.invites += lines[0].startswith("INVITE")
            if not self.answers or not lines[0].startswith("OPTIONS"):
                continue
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
            kept = [line + ";tag=1" if line.startswith("To:") else line for line in kept]
            self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)


def invite(source, port, number):
    host, own = source.getsockname()
    return (f"INVITE sip:300@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{own};branch=z9hG4bK-{number}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1@{host}>;tag=1\r\nTo: <sip:300@127.0.0.1>\r\n"
            f"Call-ID: scan-{number}\r\nCSeq: 1 INVITE\r\nContact: <sip:1@{host}:{own}>\r\n"
            "Content-Length: 0\r\n\r\n").encode()


class Peers(SystemTest):
    @classmethod
    def set_up(cls, bench):
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        cls.probed, cls.silent = OptionsPeer(), OptionsPeer()
        trunks = {"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"},
                  "probed": {"peer": f"sip:127.0.0.1:{cls.probed.port}", "allow_from": ["127.0.0.98"], "probe": "1s"},
                  "silent": {"peer": f"sip:127.0.0.1:{cls.silent.port}", "allow_from": ["127.0.0.99"]}}
        bench.start_gateway(sip_trunks=trunks,
                            routes=[{"name": "marked", "from": ["pstn"], "called": "6*", "to": ["probed", "pbx"]},
                                    {"name": "unmarked", "from": ["pstn"], "called": "7*", "to": ["silent", "pbx"]}])

    def state(self, name):
        return next(trunk for trunk in self.bench.control("trunks") if trunk["trunk"] == name)

    def seconds_to_answer(self, to):
        """A call from the exchange that the trunk pbx takes at last; how long that took, by its record."""
        before = len(self.bench.call_records())
        sipp = self.answer_with_sipp("uas_call")
        call = self.originate("300", to)
        self.wait_for_call(call=call, state="active")
        self.bench.command_exchange("hangup", call=call)
        sipp.finish()
        record = self.new_record(before)
        self.assertEqual(record["called"][-1]["trunk"], "pbx")
        self.wait_for_no_calls()
        started, answered = (datetime.datetime.fromisoformat(record[key].replace("Z", "+00:00"))
                             for key in ("started", "answered"))
        return (answered - started).total_seconds()

    def test_a_peer_that_is_marked_down_is_passed_over_at_once_and_used_again_when_it_answers(self):
        self.wait("the probe to give up", lambda: not self.state("probed")["is_up"])
        self.assertIn("no answer", self.state("probed")["state"])
        self.assertTrue(any("trunk probed" == finding["subject"] and finding["grade"] == "fault"
                            for finding in self.bench.control("doctor")))
        route = self.bench.control("route", called="600", **{"from": "pstn"})
        self.assertTrue(any(target["trunk"] == "probed" and "down" in target["state"] for target in route["targets"]))

        self.assertLess(self.seconds_to_answer("600"), 1)
        self.assertEqual(self.probed.invites, 0)

        self.probed.answers = True
        self.wait("the probe to see it again", lambda: self.state("probed")["is_up"])

    def test_a_peer_that_nobody_knew_to_be_dead_costs_less_than_four_seconds(self):
        taken = self.seconds_to_answer("700")
        self.assertGreaterEqual(taken, 2.9)
        self.assertLess(taken, 4)

    def test_a_stranger_gets_no_answer(self):
        before = self.counter("sip.unknown_source")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            for number in range(3):
                stranger.sendto(invite(stranger, self.bench.sip_port, number), ("127.0.0.1", self.bench.sip_port))
            self.wait("all to be counted", lambda: self.counter("sip.unknown_source") == before + 3)
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.recv(65536)
        self.assertEqual(self.bench.control("status")["calls"], 0)
