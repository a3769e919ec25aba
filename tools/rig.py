"""A gateway, an exchange and fax machines on this machine's loopback, for demos, benchmarks and system tests.

Every program gets ports and files of its own, so that many rigs run side by side. Nothing sleeps: what must happen is
waited for with wait_until(), which says what it waited for when it did not.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("SPANGATE_BIN", ROOT / "build/release/bin"))
DOCUMENT = ROOT / "tests/data/fax/itu1-3.tif"
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")


class RigError(Exception):
    """What did not happen, and the last words of the program that should have done it."""


def wait_until(what, condition, seconds=60.0, alive=()):
    """Returns condition()'s first true value. Fails when a process of `alive` ends first."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        for process in alive:
            if process.has_ended():
                raise RigError(f"{process.name} ended while waiting for {what}:\n{process.last_words()}")
        if time.monotonic() > deadline:
            words = "".join(f"\n{p.name} said last:\n{p.last_words()}" for p in alive)
            raise RigError(f"waited {seconds:.0f} s in vain for {what}{words}")
        time.sleep(0.02)


_claims = []  # names held until this process ends


def _claim(name):
    """Whether the name is ours now: no other process on this machine holds it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind("\0spangate-rig-" + name)
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


# Below 32768: the kernel gives out what lies above to whoever binds port 0.
PORTS = range(10000, 20000)
MEDIA_PORTS = range(20000, 32600, 200)


def free_ports(count):
    """Numbers of UDP and TCP ports that are free, and that no other rig takes as long as this process lives."""
    ports = []
    while len(ports) < count:
        port = random.choice(PORTS)
        if _is_free(port) and _claim(str(port)):
            ports.append(port)
    return ports


def free_run_of_ports(count):
    """The first of `count` ports in a row, all of them free and ours as those of free_ports()."""
    while True:
        first = random.choice(PORTS[:-count])
        if all(_is_free(port) and _claim(str(port)) for port in range(first, first + count)):
            return first


def media_ports():
    """A range of UDP ports for one gateway, different for each process and each gateway in it."""
    for first in random.sample(MEDIA_PORTS, len(MEDIA_PORTS)):
        if _claim(f"media-{first}"):
            return f"{first}-{first + MEDIA_PORTS.step - 1}"
    raise RigError("no range of media ports is left")


def ask(path, request, seconds=20.0):
    """One JSON line to a control socket, one back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        client.connect(str(path))
        client.sendall(json.dumps(request).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            more = client.recv(65536)
            if not more:
                break
            answer += more
    reply = json.loads(answer)
    if not reply.get("ok"):
        raise RigError(f"{request}: {reply.get('error')}")
    return reply.get("result", reply)


def listens(path):
    """Whether a program takes connections on a control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        return client.connect_ex(str(path)) == 0


class Process:
    """A program that runs until stop(). Its output goes to files beside the others' of the rig."""

    def __init__(self, name, command, folder, must_end_well=False):
        self.name = name
        self.must_end_well = must_end_well
        self.out = folder / f"{name}.out"
        self.log = folder / f"{name}.log"
        with self.out.open("ab") as out, self.log.open("ab") as log:
            self.child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=log)

    def has_ended(self):
        return self.child.poll() is not None

    def last_words(self):
        text = self.log.read_text(errors="replace") + self.out.read_text(errors="replace")
        return "\n".join(text.splitlines()[-25:])

    def cpu_seconds(self):
        """User and system time so far, as the kernel counts it."""
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def trouble(self):
        """What a sanitizer found in a program that has ended, or a bad end of one that must end well. Empty: none."""
        text = self.log.read_text(errors="replace")
        for words in SANITIZER_WORDS:
            if words in text:
                return f"{self.name}: {words}\n{text[text.index(words):][:4000]}"
        if self.must_end_well and self.child.returncode != 0:
            return f"{self.name} ended with {self.child.returncode}:\n{self.last_words()}"
        return ""

    def wait(self, seconds=60.0):
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise RigError(f"{self.name} still runs after {seconds:.0f} s:\n{self.last_words()}") from None

    def kill(self):
        """Ends at once, as in a power cut. Nothing is expected of it any more."""
        self.child.kill()
        self.must_end_well = False
        return self.child.wait()

    def stop(self):
        """Asks to end, and insists. Returns the exit code."""
        if not self.has_ended():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()


class Rig:
    """One gateway with an exchange behind its spans. Use as a context manager: leaving it stops everything.

    Spans are pseudowires; with SPANGATE_SPANS=dahdi in the environment the gateway has span 1 of the DAHDI driver and
    the exchange span 2, which are wired to each other.
    """

    def __init__(self, name="rig", keep=False):
        self.on_driver = os.environ.get("SPANGATE_SPANS") == "dahdi"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"spangate-{name}-"))
        self.keep = keep
        self.processes = []
        self.exchange = None
        self.gateway = None
        self.sip_port = None
        self.gateway_socket = self.folder / "gateway.sock"
        self.exchange_socket = self.folder / "exchange.sock"
        self.records = self.folder / "records.jsonl"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            process.stop()
        trouble = [words for words in (process.trouble() for process in self.processes) if words]
        if trouble and kind is None:
            print(f"logs: {self.folder}", flush=True)
            raise RigError("\n".join(trouble))
        if not self.keep and kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif kind is not None:
            print(f"logs: {self.folder}", flush=True)

    def start(self, name, command, must_end_well=False):
        process = Process(name, command, self.folder, must_end_well)
        self.processes.append(process)
        return process

    def start_exchange(self, subscribers, spans=1, span_type="E1", nfas=False, pbx=False, **span_options):
        """pstnsim on one end of each span. `subscribers`: dicts of its [[subscriber]] options.

        `nfas`: all spans are one interface, with the backup D-channel on the second. `pbx`: the last span is that of a
        private exchange: the gateway has it as trunk "house", as the network side.
        """
        self.has_pbx = pbx
        ports = free_ports(2 * spans)
        self.span_ports = list(zip(ports[:spans], ports[spans:]))
        self.span_type = span_type
        text = [f'control = "{self.exchange_socket}"']
        for number, (theirs, ours) in enumerate(self.span_ports, 1):
            line = ('backend = "dahdi"\ndriver_span = 2' if self.on_driver
                    else f'local = "127.0.0.1:{theirs}"\nremote = "127.0.0.1:{ours}"')
            text.append(f'[[span]]\nnumber = {number}\ntype = "{span_type.lower()}"\n{line}')
            if nfas and number > 1:
                text.append(f"nfas = 1\nbackup_dchannel = {json.dumps(number == 2)}")
            if pbx and number == spans:
                text.append('role = "user"')
            text += [f"{key} = {json.dumps(value)}" for key, value in span_options.items()]
        for subscriber in subscribers:
            text.append("[[subscriber]]")
            text += [f"{key} = {json.dumps(str(value) if isinstance(value, pathlib.Path) else value)}"
                     for key, value in subscriber.items()]
        config = self.folder / "exchange.toml"
        config.write_text("\n".join(text) + "\n")
        self.exchange = self.start("exchange", [BIN / "pstnsim", "--config", config], must_end_well=True)
        wait_until("the exchange to answer", lambda: listens(self.exchange_socket), alive=[self.exchange])
        return self.exchange

    def start_gateway(self, sip_trunks, routes, pri=None, media=None, sections="", level="info",
                      hosts=("127.0.0.1",), sip=None):
        """spangated on the other end of the exchange's spans.

        `sip_trunks`: name -> dict of its options; `routes`: dicts; `pri`: further options of trunk "pstn"; `hosts`:
        local addresses, each of which gets SIP on UDP and TCP; `sip`: further options of [sip].
        """
        (self.sip_port,) = free_ports(1)
        hosts = [f"[{host}]" if ":" in host else host for host in hosts]
        listen = [f"{transport}:{host}:{self.sip_port}" for host in hosts for transport in ("udp", "tcp")]
        text = [f"[sip]\nlisten = {json.dumps(listen)}"]
        text += [f"{key} = {json.dumps(value)}" for key, value in (sip or {}).items()]
        text.append(f'[media]\nports = "{media_ports()}"')
        text += [f"{key} = {json.dumps(value)}" for key, value in (media or {}).items()]
        text += [f'[control]\nsocket = "{self.gateway_socket}"', f'[records]\nfile = "{self.records}"',
                 f'[log]\nlevel = "{level}"', sections]
        for number, (theirs, ours) in enumerate(self.span_ports, 1):
            line = ('backend = "dahdi"' if self.on_driver
                    else f'type = "{self.span_type}"\nlocal = "127.0.0.1:{ours}"\nremote = "127.0.0.1:{theirs}"')
            text.append(f'[span.{number}]\n{line}')
        spans = list(range(1, len(self.span_ports) + 1))
        pbx_spans = [spans.pop()] if self.has_pbx else []
        switch = "euroisdn-e1" if self.span_type == "E1" else "ni2"
        text.append(f'[trunk.pstn]\nkind = "pri"\nspans = {spans}\nswitch = "{switch}"')
        text += [f"{key} = {json.dumps(value)}" for key, value in (pri or {}).items()]
        if pbx_spans:
            text.append(f'[trunk.house]\nkind = "pri"\nrole = "network"\nspans = {pbx_spans}\nswitch = "{switch}"')
        for name, options in sip_trunks.items():
            text.append(f'[trunk.{name}]\nkind = "sip"')
            # SIPp takes an OPTIONS for the start of a call.
            options = {"probe": "0s", **options}
            text += [f"{key} = {json.dumps(value)}" for key, value in options.items() if not isinstance(value, dict)]
            for sub, more in options.items():
                if isinstance(more, dict):
                    text.append(f"[trunk.{name}.{sub}]")
                    text += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
        for route in routes:
            text.append("[[route]]")
            text += [f"{key} = {json.dumps(value)}" for key, value in route.items()]
        config = self.folder / "spangate.toml"
        config.write_text("\n".join(text) + "\n")
        return self.run_gateway()

    def restart_gateway(self):
        """With the same configuration and the same addresses."""
        self.gateway.stop()
        return self.run_gateway()

    def run_gateway(self):
        config = self.folder / "spangate.toml"
        self.gateway = self.start("gateway", [BIN / "spangated", "--foreground", "--config", config],
                                  must_end_well=True)
        wait_until("the gateway to answer", lambda: listens(self.gateway_socket), alive=[self.gateway])
        wait_until("layer 2 on every span", self.spans_are_up, alive=[self.gateway, self.exchange])
        return self.gateway

    def control(self, command, **arguments):
        return ask(self.gateway_socket, {"command": command, **arguments})

    def command_exchange(self, command, **arguments):
        return ask(self.exchange_socket, {"command": command, **arguments})

    def spans_are_up(self):
        """At both ends: frames arrive clean and layer 2 stands."""
        ours = [span for span in self.control("spans") if span["span"] <= len(self.span_ports)]
        theirs = self.command_exchange("status")["spans"]
        return (all(span["is_up"] and span["alarms"] == "OK" and span["idle"] and not span["out_of_service"] for span in ours)
                and all(span["up"] and span["alarms"] == "OK" and span["idle"] for span in theirs))

    def counters(self):
        return dict(self.control("counters").items())

    def call_records(self):
        if not self.records.exists():
            return []
        return [json.loads(line) for line in self.records.read_text().splitlines()]

    def start_fax_receiver(self, name, port, *options):
        """sgfax waiting on a port; its documents go to the folder's NAME directory."""
        inbox = self.folder / name
        inbox.mkdir()
        process = self.start(name, [BIN / "sgfax", "receive", "--local", f"127.0.0.1:{port}", "--out", inbox,
                                    "--json", "--verbose", *options])
        wait_until(f"{name} to be ready", lambda: "ready sip:" in process.log.read_text(), alive=[process])
        return process

    def start_fax_sender(self, name, number, *options, document=DOCUMENT):
        """sgfax sending to a number through the gateway."""
        return self.start(name, [BIN / "sgfax", "send", document, f"sip:{number}@127.0.0.1:{self.sip_port}", "--local",
                                 "127.0.0.1:0", "--json", "--verbose", *options])


def json_lines(path):
    lines = []
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            lines.append(json.loads(line))
    return lines


def pages_of(document):
    text = subprocess.run(["tiffinfo", str(document)], capture_output=True, text=True).stdout
    return text.count("TIFF Directory at offset")


def identical_pages(sent, received):
    """How many pages of `received` are, pixel by pixel, the same page of `sent`."""
    if not pathlib.Path(received).exists():
        return 0
    same = 0
    with tempfile.TemporaryDirectory() as scratch:
        for page in range(min(pages_of(sent), pages_of(received))):
            plain = []
            for name, document in (("sent", sent), ("received", received)):
                plain.append(f"{scratch}/{name}.tif")
                subprocess.run(["tiffcp", "-c", "none", "-f", "msb2lsb", f"{document},{page}", plain[-1]], check=True,
                               capture_output=True)
            compared = subprocess.run(["tiffcmp", "-t", *plain], capture_output=True, text=True)
            same += compared.returncode == 0
    return same


def in_background(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread
