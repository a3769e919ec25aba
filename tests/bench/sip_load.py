"""What a call from SIP to SIP costs without media, beside calls that stand, and beside Sofia alone doing the same."""

import contextlib
import pathlib
import resource
import subprocess
import sys
import time

import rig
from call_load import Load, SipGateway

BARE = rig.BIN.parent / "tests/sg_bench_sip_bare"
ONE_CORE = ("taskset", "-c", "0")
LINGER = 40  # seconds after which nothing of a call is left: RFC 3261 timers H and J, 32 s, and what tidies up
SOCKETS = 4  # of a call


class BareAgent:
    """sg_bench_sip_bare on one core."""

    def __init__(self, far_port):
        self.sip_port, = rig.free_ports(1)
        self.child = subprocess.Popen([*ONE_CORE, BARE, str(self.sip_port), str(far_port)], stdout=subprocess.PIPE,
                                      text=True)
        self.pid = self.child.pid
        if self.child.stdout.readline() != "ready\n":
            raise rig.RigError("sg_bench_sip_bare does not listen")

    def stop(self):
        self.child.kill()
        self.child.wait()


def raise_descriptor_limit(wanted):
    """As far as the machine lets us. Returns what there is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(wanted, hard), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
    return soft


def serve(load, seconds):
    load.serve_until(lambda: False, seconds)


def rss_kb(pid):
    return int(next(line.split()[1] for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                    if line.startswith("VmRSS")))


def cost_per_call(cpu_seconds, pid, port, load, rate, count, linger):
    """Milliseconds of CPU that a call adds to what the process does anyway, with all that lingers of it; and how many
    seconds of CPU a second that is."""
    begun, spent = time.monotonic(), cpu_seconds(pid)
    serve(load, max(1, linger / 4))
    idle = (cpu_seconds(pid) - spent) / (time.monotonic() - begun)
    begun, spent = time.monotonic(), cpu_seconds(pid)
    load.run(port, rate, count / rate)
    serve(load, linger)
    busy = cpu_seconds(pid) - spent - idle * (time.monotonic() - begun)
    if +load.failures:
        raise rig.RigError(f"calls failed: {dict(+load.failures)}")
    return 1000 * busy / count, idle


def stand(load, port, rate, count):
    """So many calls that stay up and say nothing."""
    load.offer(port, rate, count, hold_seconds=None)
    load.serve_until(lambda: load.answered + load.failures.total() >= count, count / rate + 30)
    if load.answered < count:
        raise rig.RigError(f"{count - load.answered} of {count} calls do not stand: {dict(load.failures)}")


def highest_rate(load, port, seconds, upper, steps):
    """Calls a second, kept for so long with none failed."""
    lower = 0.0
    for _ in range(steps):
        rate = (lower + upper) / 2
        load.run(port, rate, seconds)
        serve(load, seconds / 10)
        if (+load.failures).total():
            upper = rate
        else:
            lower = rate
    return lower


def measure(figures, quick, cpu_seconds):
    """`cpu_seconds`: of a process so far."""
    rate, count, linger, wanted = (50, 50, 0.5, 20) if quick else (250, 10000, LINGER, 10000)
    standing = min(wanted, (raise_descriptor_limit(SOCKETS * wanted + 1000) - 1000) // SOCKETS)
    if standing < wanted:
        print(f"calls.sip: {standing} calls stand in place of {wanted}: no more descriptors are to be had",
              file=sys.stderr)
    load = Load()
    bare = BareAgent(load.far_port)
    try:
        cost, _ = cost_per_call(cpu_seconds, bare.pid, bare.sip_port, load, rate, count, linger)
    finally:
        bare.stop()
    figures.add("calls.bare.cpu_ms", cost, "ms")

    with rig.Rig("bench-sip") as bench:
        gateway = SipGateway(bench, load.far_port, ONE_CORE)
        pid = gateway.process.child.pid
        stand(load, gateway.sip_port, rate, standing)
        serve(load, linger)
        figures.add("calls.sip.standing", standing, "calls")
        ours, idle = cost_per_call(cpu_seconds, pid, gateway.sip_port, load, rate, count, linger)
        figures.add("calls.sip.standing_ms_per_s", 1000 * idle, "ms/s")
        figures.add("calls.sip.cpu_ms", ours, "ms")
        figures.add("calls.sip.bare_ratio", ours / cost, "x")
        before = rss_kb(pid)
        cost_per_call(cpu_seconds, pid, gateway.sip_port, load, rate, count, linger)
        figures.add("calls.sip.growth_kb", (rss_kb(pid) - before) * 10000 / count, "kB")
        search = (1, 100, 2) if quick else (60, 1600, 5)
        figures.add("calls.sip.per_s_per_core", highest_rate(load, gateway.sip_port, *search), "calls/s")
