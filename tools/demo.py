"""The demo: what tools/demo runs once everything is built."""

import argparse
import sys
import time

import rig

PAGES = rig.pages_of(rig.DOCUMENT)


class Fax:
    """One of the four: who sends, how, and how it went."""

    def __init__(self, name, direction, transport):
        self.name, self.direction, self.transport = name, direction, transport
        self.process = None     # sgfax of this fax, sending or receiving
        self.number = None      # of the exchange's fax machine
        self.call = None        # the exchange's id of a fax that its machine sends
        self.result = None
        self.same = 0


FAXES = [Fax("sip-pri-t38", "SIP -> PRI", "T.38"), Fax("sip-pri-g711", "SIP -> PRI", "G.711"),
         Fax("pri-sip-t38", "PRI -> SIP", "T.38"), Fax("pri-sip-g711", "PRI -> SIP", "G.711")]


def set_up(bench):
    """The exchange with four fax machines, the gateway, and two SIP fax machines that wait."""
    inbox = bench.folder / "exchange"
    inbox.mkdir()
    for number, fax in enumerate(FAXES, 100):
        fax.number = str(number)
    bench.start_exchange([{"number": fax.number, "kind": "fax", "directory": inbox} for fax in FAXES]
                         + [{"number": "300", "kind": "echo"}, {"number": "301", "kind": "tone"}])
    t38_port, g711_port = rig.free_ports(2)
    bench.start_gateway(
        sip_trunks={"fax-t38": {"peer": f"sip:127.0.0.1:{t38_port}", "max_cps": 0},
                    "fax-g711": {"peer": f"sip:127.0.0.1:{g711_port}", "max_cps": 0}},
        pri={"max_cps": 0},
        routes=[{"name": "to-lines", "from": ["fax-t38", "fax-g711"], "called": "*", "to": ["pstn"]},
                {"name": "to-t38", "from": ["pstn"], "called": "201", "to": ["fax-t38"]},
                {"name": "to-g711", "from": ["pstn"], "called": "202", "to": ["fax-g711"]}])
    FAXES[2].process = bench.start_fax_receiver("receiver-t38", t38_port, "--t38")
    FAXES[3].process = bench.start_fax_receiver("receiver-g711", g711_port, "--g711")


def start(bench):
    """All four at the same time."""
    FAXES[0].process = bench.start_fax_sender("sender-t38", FAXES[0].number, "--t38")
    FAXES[1].process = bench.start_fax_sender("sender-g711", FAXES[1].number, "--g711")
    for fax, number in ((FAXES[2], "201"), (FAXES[3], "202")):
        fax.call = bench.command_exchange("originate", **{"from": fax.number, "to": number, "send": str(rig.DOCUMENT)})["call"]


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Progress:
    """How far the four are, as one line of at most 80 columns."""

    AROUND_PAGE = 5.0    # s: what T.30 says before and after the image of a page

    def __init__(self, began):
        self.began = began
        self.pages = dict.fromkeys((fax.number for fax in FAXES), 0)   # that were confirmed
        self.page_began = {}                                           # when the page now under way did
        self.page_takes = {}                                           # s

    def hear(self, now, calls, ended):
        """`calls`: what the exchange tells of its own; `ended`: the numbers of the faxes that are over."""
        for call in calls:
            fax, number = call.get("progress"), call["number"]
            if not fax or not fax["bit_rate"] or number not in self.pages:
                continue
            if number not in self.page_began:
                self.page_began[number] = now
                self.page_takes[number] = rig.DOCUMENT.stat().st_size * 8 / PAGES / fax["bit_rate"] + self.AROUND_PAGE
            confirmed = min(fax["page"], PAGES)
            if confirmed > self.pages[number]:
                self.page_takes[number] = (now - self.page_began[number]) / (confirmed - self.pages[number])
                self.pages[number], self.page_began[number] = confirmed, now
        for number in ended:
            self.pages[number] = PAGES

    def part(self, number, now):
        """Of the page under way: T.30 tells nothing of one while it travels, so by the time that one takes."""
        if number not in self.page_began or self.pages[number] == PAGES:
            return 0.0
        return min(0.99, (now - self.page_began[number]) / self.page_takes[number])

    def line(self, now):
        sent = {number: self.pages[number] + self.part(number, now) for number in self.pages}
        percent = int(100 * sum(sent.values()) / (PAGES * len(FAXES)))
        left = ""
        if all(number in self.page_began or self.pages[number] == PAGES for number in self.pages):
            seconds = max((PAGES - sent[number]) * self.page_takes.get(number, 0) for number in self.pages)
            left = f"{clock(seconds)} left" if seconds > 0 else ""
        states = []
        for direction in dict.fromkeys(fax.direction for fax in FAXES):
            states.append(f"{direction.replace(' -> ', '>')} " + " ".join(
                f"{fax.transport} {self.pages[fax.number]}/{PAGES}" for fax in FAXES if fax.direction == direction))
        return f"{clock(now - self.began)} {percent:>3} %  {left:<9}  {', '.join(states)}"


def watch(bench):
    """Shows live progress until every fax machine has finished."""
    progress = Progress(time.monotonic())
    shown = None
    while not all(fax.process.has_ended() for fax in FAXES):
        now = time.monotonic()
        if now - progress.began > 300:
            raise rig.RigError("the faxes did not end within 300 s")
        progress.hear(now, bench.command_exchange("calls")["calls"],
                      [fax.number for fax in FAXES if fax.process.has_ended()])
        if sys.stdout.isatty():
            print(f"\r\x1b[K{progress.line(now)}", end="", flush=True)
        elif progress.pages != shown:
            print(progress.line(now), flush=True)
            shown = dict(progress.pages)
        time.sleep(0.5)
    if sys.stdout.isatty():
        print("\r\x1b[K", end="")


def received_file(bench, fax):
    """Where the document arrived."""
    if fax.call is None:
        files = sorted((bench.folder / "exchange").glob(f"{fax.number}-*.tif"))
        return files[-1] if files else bench.folder / "nothing"
    return fax.result["file"]


def judge(bench):
    """Compares what arrived with what was sent, and prints the table. True when all is well."""
    for fax in FAXES:
        results = rig.json_lines(fax.process.out)
        fax.result = results[-1] if results else {"verdict": "failed", "error": fax.process.last_words()}
        fax.same = rig.identical_pages(rig.DOCUMENT, received_file(bench, fax)) if "file" in fax.result else 0
    print(f"{'direction':<12}{'transport':<11}{'pages':<7}{'speed':<8}{'ECM':<5}{'seconds':<9}verdict")
    delivered = 0
    for fax in FAXES:
        result = fax.result
        went_well = (fax.process.wait() == 0 and fax.same == PAGES and result.get("transport") == fax.transport)
        delivered += went_well
        verdict = "delivered" if went_well else f"failed: {result.get('error') or result.get('transport')}"
        print(f"{fax.direction:<12}{result.get('transport', '-'):<11}{f'{fax.same}/{PAGES}':<7}"
              f"{result.get('bit_rate', 0):<8}{'yes' if result.get('ecm') else 'no':<5}"
              f"{result.get('seconds', 0):<9.1f}{verdict}")
    same = sum(fax.same for fax in FAXES)
    print(f"{delivered} of {len(FAXES)} faxes delivered, {same} of {PAGES * len(FAXES)} pages identical")
    return delivered == len(FAXES) and same == PAGES * len(FAXES)


def keep_running(bench):
    print(f"""
The gateway goes on. From another terminal:
  send a fax      {rig.BIN}/sgfax send YOUR.pdf sip:100@127.0.0.1:{bench.sip_port}
  look inside     {rig.BIN}/spangatectl --socket {bench.gateway_socket} calls
  your own phone  call sip:NUMBER@127.0.0.1:{bench.sip_port} (UDP or TCP, G.711) from a SIP phone on this machine:
                  300 is an echo, 301 a 1000 Hz tone, 100 to 103 are fax machines
Faxes that the exchange receives: {bench.folder}/exchange
Ctrl-C ends it.""", flush=True)
    try:
        rig.wait_until("Ctrl-C", lambda: False, seconds=10**9, alive=bench.processes[:2])
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description="Four faxes across a virtual E1 at the same time.")
    parser.add_argument("--keep", action="store_true", help="leave the gateway running and tell how to try it")
    options = parser.parse_args()
    with rig.Rig("demo") as bench:
        set_up(bench)
        line = "spans 1 and 2 of the DAHDI driver" if bench.on_driver else "a virtual E1"
        print(f"A gateway and an exchange on {line}; {rig.DOCUMENT.name} ({PAGES} pages) goes four ways at once.")
        start(bench)
        watch(bench)
        went_well = judge(bench)
        if options.keep:
            keep_running(bench)
    return 0 if went_well else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.RigError as error:
        sys.exit(f"tools/demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
