"""Faxes in real time, several at once: a page each way by every transport, identical to the pixel."""

import rig
from lossy_relay import Faults, LossyRelay
from support import ONE_PAGE, SystemTest

FAX_PATIENCE = 240.0  # a page takes 30 s on the line

# What of the SIP side a sender's address stands for: sgfax calls from one of these.
T38_HOST, G711_HOST = "127.0.0.1", "127.0.0.3"


class Fax(SystemTest):
    SPAN_TYPE = "E1"

    @classmethod
    def set_up(cls, bench):
        cls.inbox = bench.folder / "exchange-inbox"
        cls.ports = dict(zip(("t38", "g711", "refusing"), rig.free_ports(3)))
        bench.start_exchange([{"number": str(number), "kind": "fax", "directory": cls.inbox}
                              for number in range(100, 110)], span_type=cls.SPAN_TYPE)
        bench.start_gateway(
            sip_trunks={"t38": {"peer": f"sip:127.0.0.1:{cls.ports['t38']}", "allow_from": [T38_HOST]},
                        "g711": {"peer": f"sip:127.0.0.1:{cls.ports['g711']}", "allow_from": [G711_HOST],
                                 "fax": {"t38": "never"}},
                        "refusing": {"peer": f"sip:127.0.0.1:{cls.ports['refusing']}", "allow_from": ["127.0.0.4"]}},
            routes=[{"name": "out", "from": ["t38", "g711"], "called": "*", "to": ["pstn"]}]
            + [{"name": name, "from": ["pstn"], "called": number, "to": [name]}
               for name, number in (("t38", "200"), ("g711", "201"), ("refusing", "202"))])

    def setUp(self):
        self.faxes = []

    def from_sip(self, name, number, *options, host=T38_HOST):
        """sgfax sends a page to a fax machine of the exchange."""
        process = self.bench.start(name, [rig.BIN / "sgfax", "send", ONE_PAGE,
                                          f"sip:{number}@127.0.0.1:{self.bench.sip_port}", "--local", f"{host}:0",
                                          "--json", "--verbose", *options])
        self.faxes.append((name, process, lambda: next(self.inbox.glob(f"{number}-*.tif"), None)))

    def from_exchange(self, name, number, called, port, *options):
        """A fax machine of the exchange sends a page to sgfax."""
        process = self.bench.start_fax_receiver(name, port, *options)
        self.originate(number, called, send=str(ONE_PAGE))
        self.faxes.append((name, process, lambda: rig.json_lines(process.out)[-1].get("file")))

    def assert_delivered(self, transports):
        """Every fax ended well, over the transport that was meant, and its page is the one that was sent."""
        for name, process, file in self.faxes:
            with self.subTest(fax=name):
                code = process.wait(FAX_PATIENCE)
                self.assertEqual(code, 0, process.last_words())
                result = rig.json_lines(process.out)[-1]
                self.assertIn(result["verdict"], ("confirmed", "received"))
                self.assertEqual((result["transport"], result["pages"]), (transports[name], 1))
                self.wait("the document", file)
                self.assertEqual(rig.identical_pages(ONE_PAGE, file()), 1)
        self.wait_for_no_calls()

    def records_by_number(self):
        """The last call record of each called number."""
        return {record["caller"]["called"]: record for record in self.bench.call_records()}


class FaxOnE1(Fax):
    def test_every_transport_both_ways_at_the_same_time(self):
        self.from_sip("sip-t38", "100", "--t38")
        self.from_sip("sip-g711", "101", "--g711", host=G711_HOST)
        self.from_sip("sip-refuses-t38", "102", "--g711")
        self.from_sip("sip-t38-no-ecm", "103", "--t38", "--no-ecm", "--max-rate", "9600")
        self.from_exchange("exchange-t38", "105", "200", self.ports["t38"], "--t38")
        self.from_exchange("exchange-g711", "106", "201", self.ports["g711"], "--g711")
        self.from_exchange("exchange-t38-refused", "107", "202", self.ports["refusing"], "--g711")

        self.assert_delivered({"sip-t38": "T.38", "sip-g711": "G.711", "sip-refuses-t38": "G.711",
                               "sip-t38-no-ecm": "T.38", "exchange-t38": "T.38", "exchange-g711": "G.711",
                               "exchange-t38-refused": "G.711"})

        records = self.records_by_number()
        modes = {number: [change["mode"] for leg in [record["caller"], *record["called"]]
                          for change in leg["media_modes"]] for number, record in records.items()}
        self.assertEqual(modes["100"][-1], "t38")
        self.assertEqual(modes["102"], ["offering-t38", "g711-fax"])
        self.assertNotIn("offering-t38", modes["101"])
        self.assertEqual(modes["200"][-1], "t38")
        # What passes as G.711 is listened in on.
        for number in ("100", "101", "102", "103", "200", "201", "202"):
            with self.subTest(number=number):
                fax = records[number]["fax"]
                self.assertEqual((fax["verdict"], fax["pages"]), ("delivered", 1), fax["cause"])
                frames = [step["what"] for step in fax["timeline"] if step["kind"] == "frame"]
                self.assertIn("DIS", frames)
                self.assertEqual(frames[-1], "DCN")
        self.assertEqual(records["101"]["fax"]["transport"], "g711")
        self.assertEqual(records["102"]["fax"]["t38_refused_with"], 488)
        kept = self.bench.control("fax", id=records["101"]["call"])
        self.assertEqual(kept["fax"]["timeline"], records["101"]["fax"]["timeline"])
        self.assertEqual((records["100"]["fax"]["bit_rate"], records["100"]["fax"]["ecm"]), (14400, True))
        self.assertEqual((records["103"]["fax"]["bit_rate"], records["103"]["fax"]["ecm"]), (9600, False))


class FaxOnT1(Fax):
    SPAN_TYPE = "T1"

    def test_both_transports_both_ways_over_ni2_and_mu_law(self):
        self.from_sip("sip-t38", "100", "--t38")
        self.from_sip("sip-g711", "101", "--g711", "--codec", "pcmu", host=G711_HOST)
        self.from_sip("sip-g711-other-law", "102", "--g711", "--codec", "pcma", host=G711_HOST)
        self.from_exchange("exchange-t38", "105", "200", self.ports["t38"], "--t38")
        self.from_exchange("exchange-g711", "106", "201", self.ports["g711"], "--g711")

        self.assert_delivered({"sip-t38": "T.38", "sip-g711": "G.711", "sip-g711-other-law": "G.711",
                               "exchange-t38": "T.38", "exchange-g711": "G.711"})
        self.assertEqual(len(self.bench.control("timeslots")), 23)


class FaxRelayed(SystemTest):
    """SIP to SIP: two machines that speak T.38, each with error correction and datagrams of its own.

    The far one takes less than it tells.
    """

    @classmethod
    def set_up(cls, bench):
        cls.port, = rig.free_ports(1)
        cls.relay = LossyRelay(Faults(), seed=1, peer=("127.0.0.1", cls.port))
        cls.addClassCleanup(cls.relay.close)
        bench.start_exchange([{"number": "100", "kind": "fax", "directory": bench.folder}])
        bench.start_gateway(
            sip_trunks={"near": {"peer": "sip:127.0.0.9:5060", "allow_from": ["127.0.0.1"],
                                 "fax": {"error_correction": "fec"}},
                        "far": {"peer": f"sip:127.0.0.1:{cls.relay.gateway_port}", "allow_from": ["127.0.0.8"],
                                "fax": {"max_datagram": 200, "t38_peer_max_datagram": 120,
                                        "t38_peer_error_correction": "none"}}},
            routes=[{"name": "across", "from": ["near"], "called": "*", "to": ["far"]}])
        cls.relay.gateway = ("127.0.0.1", bench.sip_port)

    def test_a_fax_is_relayed_and_told_of(self):
        receiver = self.bench.start_fax_receiver("far", self.port, "--t38")
        sender = self.bench.start_fax_sender("near", "300", "--t38", document=ONE_PAGE)

        for process in (sender, receiver):
            self.assertEqual(process.wait(FAX_PATIENCE), 0, process.last_words())
            result = rig.json_lines(process.out)[-1]
            self.assertEqual((result["transport"], result["pages"]), ("T.38", 1))
        self.assertEqual(rig.identical_pages(ONE_PAGE, result["file"]), 1)
        self.wait_for_no_calls()
        record, = self.bench.call_records()
        fax = record["fax"]
        self.assertEqual((fax["verdict"], fax["pages"], fax["transport"]), ("delivered", 1, "t38"), fax)
        self.assertEqual((fax["bit_rate"], fax["ecm"], fax["called_identity"]), (14400, True, "sgfax"))
        self.assertIsNone(fax["redundancy"]["b"])
        self.assertIn(self.relay.streams[b"image"].largest_to_peer, range(60, 121))
        frames = [(step["side"], step["what"]) for step in fax["timeline"] if step["kind"] == "frame"]
        self.assertIn(("b", "DIS"), frames)
        self.assertIn(("b", "MCF"), frames)
        self.assertEqual(frames[-1], ("a", "DCN"))
        for leg in (record["caller"], record["called"][-1]):
            self.assertEqual(leg["media_modes"][-1]["mode"], "t38")
