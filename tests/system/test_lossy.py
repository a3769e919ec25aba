"""Faxes over real sockets through a network with faults: every page arrives, both ways, and the record tells.

The network's seeds are fixed, and a failure tells its own. A fax cannot be unlucky here: an IFP or a block of audio is
lost for good only with more datagrams in a row than carry it (T.38: its own and the three after it; RFC 2198 with two
copies: its own and two). Bursts are of three, and set_up() makes sure that the other seeds lose no more in a row, for
longer than any of these faxes takes. Worse networks, where luck decides, are the lab's (tools/lab).
"""

import rig
from lossy_relay import Faults, LossyRelay
from support import ONE_PAGE, SystemTest

FAX_PATIENCE = 240.0
DATAGRAMS = 6000  # of a path, more than in any fax here: 120 s of RTP, 180 s of T.38
# What the network does to T.38, and the seed of each way.
T38 = {"5 % lost": (Faults(loss=0.05), 5),
       "10 % lost": (Faults(loss=0.1), 28),
       "5 % lost in bursts of 3": (Faults(loss=0.05, burst=3), 15),
       "jitter of 40 ms": (Faults(jitter=0.04, duplicate=0.02), 20)}
T38_REDUNDANCY = 3
# And to G.711 between two gateways.
PASS_THROUGH = Faults(loss=0.01)
RTP_REDUNDANCY = 2
FAR_HOST = "127.0.0.7"  # the other gateway's, for this one


class Lossy(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.inbox = bench.folder / "exchange-inbox"
        cls.receivers = rig.free_ports(len(T38))
        # By condition: the relay of faxes to the line, and that of faxes from the line.
        cls.relays = {name: (cls.relay(faults, seed), cls.relay(faults, seed + 1, ("127.0.0.1", port)))
                      for (name, (faults, seed)), port in zip(T38.items(), cls.receivers)}
        bench.start_exchange([{"number": str(number), "kind": "fax", "directory": cls.inbox}
                              for number in (*range(100, 110), 120, 121)])
        cls.start_far_gateway(bench)
        trunks = {f"out{i}": {"peer": f"sip:127.0.0.1:{back.gateway_port}",
                              "allow_from": ["127.0.0.1"] if i == 0 else [f"127.0.0.{90 + i}"]}
                  for i, (_, back) in enumerate(cls.relays.values())}
        trunks["far"] = {"peer": f"sip:{FAR_HOST}:{cls.to_far.gateway_port}", "allow_from": [FAR_HOST],
                         "fax": {"t38": "never", "rtp_redundancy": RTP_REDUNDANCY}}
        bench.start_gateway(
            sip_trunks=trunks,
            routes=[{"name": "in", "from": ["out0", "far"], "called": "1*", "to": ["pstn"]},
                    {"name": "far", "from": ["pstn"], "called": "30*", "to": ["far"]}]
            + [{"name": f"out{i}", "from": ["pstn"], "called": f"20{i}", "to": [f"out{i}"]} for i in range(len(T38))])
        for relay in (*(relay for pair in cls.relays.values() for relay in pair), cls.to_far, cls.from_far):
            relay.gateway = ("127.0.0.1", bench.sip_port)

    @classmethod
    def relay(cls, faults, seed, peer=None, copies=T38_REDUNDANCY, host="127.0.0.1"):
        relay = LossyRelay(faults, seed, peer, host)
        cls.addClassCleanup(relay.close)
        assert relay.longest_loss(DATAGRAMS) <= copies, f"seed {seed} loses more in a row than redundancy makes good"
        return relay

    @classmethod
    def start_far_gateway(cls, bench):
        """Another gateway with an exchange of its own, to speak RFC 2198 with; the network lies between the two."""
        cls.far = rig.Rig("lossy-far", keep=bench.keep)
        cls.addClassCleanup(cls.tear_down_far)
        cls.from_far = cls.relay(PASS_THROUGH, 31, None, RTP_REDUNDANCY, FAR_HOST)
        cls.far.start_exchange([{"number": number, "kind": "fax", "directory": cls.inbox} for number in ("300", "301")])
        cls.far.start_gateway(
            sip_trunks={"near": {"peer": f"sip:{FAR_HOST}:{cls.from_far.port}", "allow_from": [FAR_HOST],
                                 "fax": {"t38": "never", "rtp_redundancy": RTP_REDUNDANCY}}},
            routes=[{"name": "in", "from": ["near"], "called": "*", "to": ["pstn"]},
                    {"name": "out", "from": ["pstn"], "called": "*", "to": ["near"]}])
        cls.to_far = cls.relay(PASS_THROUGH, 30, ("127.0.0.1", cls.far.sip_port), RTP_REDUNDANCY, FAR_HOST)

    @classmethod
    def tear_down_far(cls):
        cls.far.keep = cls.far.keep or cls.failed
        cls.far.__exit__(None, None, None)

    def test_every_page_arrives_whatever_the_network_does(self):
        self.originate("120", "300", send=str(ONE_PAGE))
        self.far.command_exchange("originate", **{"from": "301", "to": "121", "send": str(ONE_PAGE)})
        faxes = [fax for i, name in enumerate(T38) for fax in self.send_t38(i, name)]

        for name, relay, process, file in faxes:
            with self.subTest(fax=name, seed=relay.seed):
                self.assertEqual(process.wait(FAX_PATIENCE), 0, process.last_words())
                result = rig.json_lines(process.out)[-1]
                self.assertEqual((result["transport"], result["pages"]), ("T.38", 1))
                self.assertEqual(rig.identical_pages(ONE_PAGE, file()), 1)
                self.assert_lossy(relay)
        for fax in ((self.far, self.to_far, "300"), (self.bench, self.from_far, "121")):
            with self.subTest(fax=f"pass-through to {fax[2]}", seed=fax[1].seed):
                self.assert_passed_through(*fax)
        self.wait_for_no_calls()
        for record in self.bench.call_records() + self.far.call_records():
            self.assertEqual(record["fax"]["verdict"], "delivered", record["fax"])

    def send_t38(self, i, name):
        """A fax each way through the condition's relays: name, relay, process that ends with it, file received."""
        there, back = self.relays[name]
        sender = self.bench.start(f"sends-{i}", [
            rig.BIN / "sgfax", "send", ONE_PAGE, f"sip:10{i}@127.0.0.1:{there.port}", "--local", "127.0.0.1:0",
            "--json", "--verbose", "--t38"])
        receiver = self.bench.start_fax_receiver(f"receives-{i}", self.receivers[i], "--t38")
        self.originate(f"10{5 + i}", f"20{i}", send=str(ONE_PAGE))
        return [(f"to the line, {name}", there, sender, lambda: next(self.inbox.glob(f"10{i}-*.tif"))),
                (f"from the line, {name}", back, receiver, lambda: rig.json_lines(receiver.out)[-1]["file"])]

    def assert_passed_through(self, bench, relay, number):
        """The fax that an exchange received, and what its gateway recorded of it."""
        waited_for = (FAX_PATIENCE, [self.bench.gateway, self.far.gateway])
        fax = rig.wait_until(f"the record of the fax to {number}", lambda: next(
            (record["fax"] for record in bench.call_records() if record["caller"]["called"] == number), None), *waited_for)
        rig.wait_until("the exchange to be done with it", lambda: not any(
            call["number"] == number for call in bench.command_exchange("calls")["calls"]), *waited_for)
        self.assertEqual((fax["transport"], fax["pages"]), ("g711", 1), fax)
        self.assertEqual(rig.identical_pages(ONE_PAGE, next(self.inbox.glob(f"{number}-*.tif"))), 1)
        self.assert_lossy(relay)
        self.assertGreater(fax["recovered"], 0, fax)

    def assert_lossy(self, relay):
        """The network lost what it should."""
        self.assertGreaterEqual(relay.lost, 0.5 * relay.faults.loss * relay.passed)
