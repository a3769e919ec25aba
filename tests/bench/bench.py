"""What Spangate costs: what tools/bench runs once everything is built. Prints a line a figure: name, value, unit.

Machines differ and are noisy, so beside each cost stands a reference that was measured in the same run, and their
ratio: for voice a process that sends and receives the same packets and does nothing else, for fax SpanDSP alone.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

import call_load
import rig
import sip_calls
import sip_load

PROGRAMS = rig.BIN.parent / "tests"
GROUPS = {
    "kernel": "one operation of one part, in nanoseconds",
    "route": "a dial plan of a million routes; one of 10 000 lines and 100 000 rates, against toml++ and libcsv alone",
    "gateway": "the gateway process with its span and no calls",
    "voice": "a call over RTP, for 1, 10 and 30 at once",
    "calls": "calls set up and cleared, 50 a second for a minute, SIP to ISDN to SIP; and what becomes of SIP calls when "
             "twice as many come as one core can do; then (calls.sip, calls.bare) what a SIP call costs beside 10 000 that "
             "stand, and with Sofia alone",
    "fax": "a call over T.38: in process against SpanDSP alone, its delay and memory, then for 1, 10 and 30 at once, half "
           "of them each way",
}

# Figures that need no gateway process.
IN_PROCESS = ("fax.bare", "fax.tdm", "fax.rtp", "fax.channels", "fax.late_ticks", "fax.delay", "fax.voice_delay",
              "fax.memory")


# Of the calls, those from SIP to SIP without media.
SIP_TO_SIP = ("calls.sip", "calls.bare")


class Figures:
    """All that was measured. Shows each figure at once, unless it is to be one JSON object in the end."""

    def __init__(self, name, as_json):
        self.name, self.as_json = name, as_json
        self.all = {}

    def add(self, name, value, unit):
        if not name.startswith(self.name):
            return
        self.all[name] = {"value": round(value, 4), "unit": unit}
        if not self.as_json:
            print(f"{name} {value:.4g} {unit}", flush=True)

    def finish(self):
        if self.as_json:
            print(json.dumps(self.all, indent=1))


def cpu_seconds(pid):
    """CPU time of all threads of a process, to the nanosecond: what clock_getcpuclockid(3) gives."""
    return time.clock_gettime(~pid << 3 | 2)


def measure(seconds, *pids):
    """Milliseconds of CPU a second, of each process: the median second, as others disturb some of them."""
    rates = []
    for _ in range(seconds):
        before, began = [cpu_seconds(pid) for pid in pids], time.monotonic()
        time.sleep(1)
        spent, passed = [cpu_seconds(pid) for pid in pids], time.monotonic() - began
        rates.append([1000 * (after - first) / passed for after, first in zip(spent, before)])
    return [statistics.median(of_one) for of_one in zip(*rates)]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise rig.RigError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def measure_kernels(figures, quick):
    text = run(PROGRAMS / "sg_bench", "--benchmark_format=json", f"--benchmark_min_time={0.001 if quick else 0.2}")
    for result in json.loads(text)["benchmarks"]:
        figures.add("kernel." + result["name"].replace("/", "."), result["cpu_time"], result["time_unit"])


def measure_fax_in_process(figures, quick):
    """SpanDSP alone, and the media plane around it: CPU, delay, memory. Returns the mean of what SpanDSP costs each way."""
    calls, repetitions, channels = (1, 1, 2) if quick else (10, 3, 240)
    document = rig.ROOT / "tests/data/fax/itu1.tif"
    text = run(PROGRAMS / "sg_bench_fax_bare", document, calls, repetitions)
    text += run(PROGRAMS / "sg_bench_fax", document, calls, repetitions, channels)
    cost = {}
    for line in text.splitlines():
        name, value, unit = line.split()
        cost[name] = float(value)
        figures.add(name, cost[name], unit)
    for leg in ("tdm", "rtp"):
        for way in ("to_t38", "from_t38"):
            ratio = cost[f"fax.{leg}.{way}_ms_per_s"] / cost[f"fax.bare.{way}_ms_per_s"]
            figures.add(f"fax.{leg}.{way}_ratio", ratio, "x")
    return (cost["fax.bare.to_t38_ms_per_s"] + cost["fax.bare.from_t38_ms_per_s"]) / 2


def measure_route(figures, quick):
    """Reading a dial plan of a million rows, and asking it; reading one of many lines and carriers' rates."""
    units = {"load_s": "s", "rss_mb": "MB", "lookup_us_p50": "us", "lookup_us_p99": "us", "load_lines_rates_ms": "ms",
             "read_lines_rates_ms": "ms"}
    found = {}
    rows_lines_rates = (10_000, 100, 1000) if quick else (1_000_000, 10_000, 100_000)
    for line in run(PROGRAMS / "sg_bench_route", *rows_lines_rates).splitlines():
        name, value = line.split()
        found[name] = float(value)
        figures.add(name, found[name], units[name.removeprefix("route.")])
    ratio = found["route.load_lines_rates_ms"] / found["route.read_lines_rates_ms"]
    figures.add("route.load_lines_rates_ratio", ratio, "x")


class Live:
    """A gateway and an exchange with an E1 between them, as in life."""

    def __init__(self, bench, figures, quick):
        self.bench, self.figures = bench, figures
        self.seconds = 2 if quick else 20
        self.idle_seconds = 1 if quick else 10
        self.counts = (1, 2) if quick else (1, 10, 30)
        fax_port, = rig.free_ports(1)
        inbox = bench.folder / "exchange"
        inbox.mkdir()
        bench.start_exchange([{"number": "100", "kind": "fax", "directory": inbox}, {"number": "300", "kind": "echo"}])
        bench.start_gateway(sip_trunks={"peer": {"peer": f"sip:127.0.0.1:{fax_port}", "max_cps": 0}}, pri={"max_cps": 0},
                            routes=[{"name": "out", "from": ["peer"], "called": "*", "to": ["pstn"]},
                                    {"name": "in", "from": ["pstn"], "called": "*", "to": ["peer"]}])
        self.alive = [bench.gateway, bench.exchange]
        self.fax_port = fax_port
        self.receiver = None
        self.idles = [self.measure_idle()]

    def measure_idle(self):
        return measure(self.idle_seconds, self.bench.gateway.child.pid)[0]

    def cost_of_one(self, busy, count):
        """Of `busy`, measured with so many calls, what one call adds to an idle gateway. Other programs come and go on
        this machine and change what the same work costs: the idle gateway before and after the calls counts."""
        self.idles.append(self.measure_idle())
        return (busy - sum(self.idles[-2:]) / 2) / count

    def wait_for_no_calls(self):
        rig.wait_until("all calls to end", lambda: self.bench.control("status")["calls"] == 0
                       and not self.bench.command_exchange("calls")["calls"], alive=self.alive)

    def measure_voice(self, count):
        """`count` calls that are echoed. What one costs the gateway, and the RTP peer: that is bare UDP."""
        peer = sip_calls.RtpPeer(PROGRAMS / "sg_bench_rtp", count)
        caller = sip_calls.Caller(self.bench.sip_port, self.alive)
        calls = caller.call("300", peer.ports)
        peer.start([call.remote for call in calls])
        time.sleep(1)  # until jitter buffers have settled
        gateway, bare = measure(self.seconds, self.bench.gateway.child.pid, peer.process.pid)
        caller.hang_up(calls)
        sent, received = peer.stop()
        if received < sent / 2:
            raise rig.RigError(f"of {sent} RTP packets only {received} were echoed")
        self.wait_for_no_calls()
        return self.cost_of_one(gateway, count), bare / count

    def voice(self):
        for count in self.counts:
            suffix = "" if count == 1 else f"_{count}"
            cost, bare = self.measure_voice(count)
            self.figures.add(f"voice.cpu_ms_per_s{suffix}", cost, "ms/s")
            self.figures.add(f"voice.udp_reference_ms_per_s{suffix}", bare, "ms/s")
            self.figures.add(f"voice.udp_ratio{suffix}", cost / bare, "x")

    def calls_answered(self):
        return sum(call["state"] == "answered" for call in self.bench.control("calls"))

    def faxes_with_pages(self):
        """How many of the exchange's fax machines are past their negotiation."""
        calls = self.bench.command_exchange("calls")["calls"]
        return sum(call.get("progress", {}).get("phase") in ("page", "confirming") for call in calls)

    def measure_fax(self, to_t38, from_t38):
        """So many faxes at once from the exchange to T.38 and back. What one costs while all are sending pages."""
        if not self.receiver:
            self.receiver = self.bench.start_fax_receiver("receiver", self.fax_port, "--t38", "--count", "0")
        for _ in range(to_t38):
            self.bench.command_exchange("originate", **{"from": "100", "to": "200", "send": str(rig.DOCUMENT)})
        # One way after the other: two SETUPs that cross over may mean the same timeslot.
        rig.wait_until("calls from the exchange to be answered", lambda: self.calls_answered() == to_t38, alive=self.alive)
        senders = [self.bench.start_fax_sender(f"sender-{from_t38}-{number}", "100", "--t38")
                   for number in range(from_t38)]
        count = to_t38 + from_t38
        rig.wait_until(f"{count} faxes to send pages", lambda: self.faxes_with_pages() == count, alive=self.alive)
        gateway, = measure(self.seconds, self.bench.gateway.child.pid)
        if self.faxes_with_pages() != count:
            raise rig.RigError("a fax ended while it was measured")
        if not all(call["media_mode"] == "t38" for call in self.bench.control("calls")):
            raise rig.RigError(f"a fax is not over T.38: {self.bench.control('calls')}")
        for call in self.bench.command_exchange("calls")["calls"]:
            self.bench.command_exchange("hangup", call=call["call"])
        for sender in senders:
            sender.wait()
        self.wait_for_no_calls()
        return self.cost_of_one(gateway, count)

    def fax(self, spandsp):
        """`spandsp`: what SpanDSP alone costs, mean of both ways."""
        for count in self.counts:
            if count == 1:
                suffix, cost = "", (self.measure_fax(1, 0) + self.measure_fax(0, 1)) / 2
            else:
                suffix, cost = f"_{count}", self.measure_fax(count - count // 2, count // 2)
            self.figures.add(f"fax.cpu_ms_per_s{suffix}", cost, "ms/s")
            self.figures.add(f"fax.spandsp_ratio{suffix}", cost / spandsp, "x")


def main():
    parser = argparse.ArgumentParser(
        prog="tools/bench", description="Measures what Spangate costs; about a quarter of an hour for everything.",
        epilog="Groups: " + "; ".join(f"{name}: {what}" for name, what in GROUPS.items()) + ".")
    parser.add_argument("name", nargs="?", default="", metavar="NAME",
                        help="only figures whose names begin so, such as voice or kernel.g711")
    parser.add_argument("--json", action="store_true", help="one JSON object: name -> value and unit")
    parser.add_argument("--quick", action="store_true", help="short and inexact, to see that everything can be measured")
    options = parser.parse_args()
    group = options.name.split(".")[0]
    groups = [name for name in GROUPS if name.startswith(group)]
    if not groups:
        parser.error(f"there are no figures {options.name}; the groups are {', '.join(GROUPS)}")

    figures = Figures(options.name, options.json)
    if "kernel" in groups:
        measure_kernels(figures, options.quick)
    if "route" in groups:
        measure_route(figures, options.quick)
    if "calls" in groups:
        if not options.name.startswith(SIP_TO_SIP):
            call_load.measure(figures, options.quick, cpu_seconds)
        if options.name in ("", "calls") or options.name.startswith(SIP_TO_SIP):
            sip_load.measure(figures, options.quick, cpu_seconds)
    spandsp = measure_fax_in_process(figures, options.quick) if "fax" in groups else None
    if set(groups) & {"gateway", "voice", "fax"} and not options.name.startswith(IN_PROCESS):
        with rig.Rig("bench") as bench:
            live = Live(bench, figures, options.quick)
            if "voice" in groups:
                live.voice()
            if "fax" in groups:
                live.fax(spandsp)
            figures.add("gateway.idle_ms_per_s", statistics.median(live.idles), "ms/s")
    figures.finish()
    if not figures.all:
        parser.error(f"there are no figures {options.name}")


if __name__ == "__main__":
    try:
        main()
    except rig.RigError as error:
        sys.exit(f"tools/bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
