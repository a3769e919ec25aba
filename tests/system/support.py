"""What the system tests share: a class with a gateway of its own, and SIPp with our scenarios."""

import os
import pathlib
import re
import socket
import subprocess
import unittest

import rig

SCENARIOS = rig.ROOT / "tests/sipp"
DATA = rig.ROOT / "tests/data"
ONE_PAGE = DATA / "fax/itu1.tif"
PATIENCE = 60.0  # seconds; sanitizers make programs slow

# SIPp is the peer "pbx"; whatever it calls goes to the exchange, and whatever the exchange calls comes to it.
ROUTES = [{"name": "out", "from": ["pbx"], "called": "*", "to": ["pstn"]},
          {"name": "in", "from": ["pstn"], "called": "*", "to": ["pbx"]}]


class SystemTest(unittest.TestCase):
    """Tests that share one rig. A class sets it up in set_up(bench); its processes are judged when all tests are over."""

    @classmethod
    def set_up(cls, bench):
        """Starts what the tests need."""

    @classmethod
    def setUpClass(cls):
        cls.failed = False
        cls.bench = rig.Rig(cls.__name__.lower(), keep=bool(os.environ.get("SPANGATE_KEEP")))
        cls.addClassCleanup(cls.tear_down)
        cls.peer_port, = rig.free_ports(1)
        cls.set_up(cls.bench)

    @classmethod
    def tear_down(cls):
        cls.bench.keep = cls.bench.keep or cls.failed
        if cls.bench.keep:
            print(f"logs: {cls.bench.folder}", flush=True)
        cls.bench.__exit__(None, None, None)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        type(self).failed |= len(result.failures) + len(result.errors) > before
        return result

    # Waiting.

    def wait(self, what, condition, seconds=PATIENCE):
        return rig.wait_until(what, condition, seconds, alive=[p for p in (self.bench.gateway,) if p])

    def wait_for_no_calls(self):
        """Everything is idle again, on both sides."""
        self.wait("the gateway to have no calls", lambda: self.bench.control("status")["calls"] == 0)
        self.wait("the exchange to have no calls", lambda: not self.bench.command_exchange("calls")["calls"])
        self.wait("every media session to end", lambda: self.bench.control("status")["sessions"] == 0)
        self.wait("every timeslot to idle", lambda: not self.slots_not_idle())

    def slots_not_idle(self):
        return [slot for slot in self.bench.control("timeslots") if slot["state"] != "idle"]

    def wait_for_call(self, **wanted):
        """The exchange's only call that has these values."""
        def found():
            for call in self.bench.command_exchange("calls")["calls"]:
                if all(call[key] == value for key, value in wanted.items()):
                    return call
            return None
        return self.wait(f"a call at the exchange with {wanted}", found)

    def counter(self, name):
        return self.bench.counters().get(name, 0)

    def new_record(self, before):
        """The one record written since there were `before`."""
        self.wait("a call record", lambda: len(self.bench.call_records()) > before)
        return self.bench.call_records()[-1]

    # Calls.

    def originate(self, number, to, **more):
        """A subscriber of the exchange calls; gives the exchange's id of the call."""
        return self.bench.command_exchange("originate", **{"from": number, "to": to, **more})["call"]

    def outcome(self, call):
        """How a call of the exchange ended."""
        return rig.ask(self.bench.exchange_socket, {"command": "wait", "call": call, "timeout_ms": 60000}, 90)

    def call_with_sipp(self, scenario, number, **options):
        """SIPp calls `number` through the gateway and must see the scenario through."""
        return Sipp(self.bench, scenario, number=number, **options)

    def answer_with_sipp(self, scenario, **options):
        """SIPp waits for a call from the gateway, and must see the scenario through."""
        return Sipp(self.bench, scenario, port=self.peer_port, **options)


class Sipp:
    """One run of SIPp with a scenario of tests/sipp. `number` given: it calls; else it waits for a call.

    `values`: what @NAME@ in the scenario stands for. `rtp_port`: told in SDP; SIPp itself sends no media.
    `limit`: seconds for all of it.
    """

    runs = 0

    def __init__(self, bench, scenario, number=None, host="127.0.0.1", port=None, source=None, transport="u1", calls=1,
                 values=None, rtp_port=None, arguments=(), limit=2 * PATIENCE):
        Sipp.runs += 1
        self.limit = limit
        self.name = f"sipp-{Sipp.runs}-{scenario}"
        self.port, rtp = (port or rig.free_ports(1)[0], *rig.free_ports(1))
        media = rig.free_run_of_ports(4)  # SIPp binds audio and video ports, two apart
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        for name, value in (values or {}).items():
            text = text.replace(f"@{name}@", str(value))
        left = re.search("@[A-Z_]+@", text)
        if left:
            raise rig.RigError(f"{scenario}.xml: {left[0]} has no value")
        file = bench.folder / f"{self.name}.xml"
        file.write_text(text)
        self.messages = bench.folder / f"{self.name}.messages"
        self.errors = bench.folder / f"{self.name}.errors"
        here = source or host
        bracketed = f"[{host}]" if ":" in host else host
        command = ["sipp", f"{bracketed}:{bench.sip_port}", "-sf", file, "-i", f"[{here}]" if ":" in here else here,
                   "-p", self.port, "-mp", media, "-t", transport, "-m", calls, "-key", "rtp_port", rtp_port or rtp,
                   "-nostdin", "-timeout", int(limit), "-timeout_error", "-recv_timeout", int(PATIENCE * 1000),
                   "-trace_msg", "-message_file", self.messages, "-trace_err", "-error_file", self.errors, *arguments]
        if number is not None:
            command += ["-s", number]
        self.process = bench.start(self.name, command)
        if number is None:
            rig.wait_until(f"{self.name} to listen", lambda: is_bound(self.port, transport), PATIENCE, [self.process])

    def said(self):
        return self.messages.read_text(errors="replace") if self.messages.exists() else ""

    def finish(self):
        """Waits for the scenario's end, and fails unless everything was as it says. Gives all messages as text."""
        code = self.process.wait(self.limit + 10)
        if code:
            errors = self.errors.read_text(errors="replace") if self.errors.exists() else ""
            raise AssertionError(f"{self.name} ended with {code}:\n{errors[-3000:] or self.process.last_words()}")
        return self.said()


def is_bound(port, transport="u1"):
    """Whether some local socket has this port."""
    tables = ("udp", "udp6") if transport.startswith("u") else ("tcp", "tcp6")
    lines = "".join(pathlib.Path(f"/proc/net/{table}").read_text() for table in tables).splitlines()
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)


def has_ipv6():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
            return True
        except OSError:
            return False


def run_program(name, *words, timeout=60):
    """One of our programs to its end."""
    return subprocess.run([str(rig.BIN / name), *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)


def files(*patterns):
    """Files of tests/data, sorted."""
    return sorted(path for pattern in patterns for path in DATA.glob(pattern) if pathlib.Path(path).is_file())
