"""Faxes whose peer does not simply take T.38: what becomes of the fax, its verdict and the SIP statuses, in real time."""

import re

import rig
from meddling_peer import DROP, TRY, MeddlingPeer
from support import ONE_PAGE, SystemTest

FAX_PATIENCE = 240.0


class Fallbacks(SystemTest):
    """Each fax goes from the exchange to sgfax behind a peer of its own, or from sgfax behind it to the exchange."""

    TRUNKS = {}  # name: options of its [fax]; peers of the n-th call from 127.0.0.(50 + n)
    PEER = MeddlingPeer
    SUBSCRIBERS = []  # of the exchange, beside its fax machines
    MEDIA = {}
    SECTIONS = ""  # further ones of the gateway's configuration; {folder} is the rig's

    @classmethod
    def set_up(cls, bench):
        cls.inbox = bench.folder / "exchange-inbox"
        cls.ports = dict(zip(cls.TRUNKS, rig.free_ports(len(cls.TRUNKS))))
        cls.peers = {name: cls.PEER(peer=("127.0.0.1", cls.ports[name])) for name in cls.TRUNKS}
        bench.start_exchange([{"number": str(number), "kind": "fax", "directory": cls.inbox}
                              for number in range(100, 120)] + cls.SUBSCRIBERS)
        trunks = {name: {"peer": f"sip:127.0.0.1:{cls.peers[name].gateway_port}",
                         "allow_from": ["127.0.0.1"] if i == 0 else [f"127.0.0.{50 + i}"],
                         "fax": options}
                  for i, (name, options) in enumerate(cls.TRUNKS.items())}
        cls.called = {name: f"2{i:02}" for i, name in enumerate(cls.TRUNKS)}
        bench.start_gateway(
            sip_trunks=trunks, media=cls.MEDIA, sections=cls.SECTIONS.replace("{folder}", str(bench.folder)),
            routes=[{"name": "in", "from": list(trunks), "called": "1*", "to": ["pstn"]}]
            + [{"name": name, "from": ["pstn"], "called": number, "to": [name]} for name, number in cls.called.items()])
        for peer in cls.peers.values():
            peer.gateway = ("127.0.0.1", bench.sip_port)
            cls.addClassCleanup(peer.close)

    def setUp(self):
        self.faxes = {}

    def receive(self, name, *options, **meddling):
        """A fax machine of the exchange sends a page to sgfax behind the peer `name`."""
        peer = self.peers[name]
        for key, value in meddling.items():
            setattr(peer, key, value)
        process = self.bench.start_fax_receiver(name, self.ports[name], *options)
        self.originate(str(100 + len(self.faxes)), self.called[name], send=str(ONE_PAGE))
        self.faxes[name] = (process, peer, self.called[name], lambda: rig.json_lines(process.out)[-1].get("file"))

    def send(self, name, *options, **meddling):
        """sgfax behind a peer that is called `name` sends a page to a fax machine of the exchange."""
        peer = self.PEER(**meddling)
        peer.gateway = ("127.0.0.1", self.bench.sip_port)
        self.addCleanup(peer.close)
        number = str(110 + len(self.faxes))
        process = self.bench.start(name, [rig.BIN / "sgfax", "send", ONE_PAGE, f"sip:{number}@{peer.host}:{peer.port}",
                                          "--local", "127.0.0.1:0", "--json", "--verbose", *options])
        self.faxes[name] = (process, peer, number, lambda: next(self.inbox.glob(f"{number}-*.tif"), None))

    def record_of(self, name):
        number = self.faxes[name][2]
        return self.wait("the record", lambda: next((record for record in self.bench.call_records()
                                                     if record["caller"]["called"] == number), None))

    def modes_of(self, name):
        record = self.record_of(name)
        return [change["mode"] for leg in [record["caller"], *record["called"]] for change in leg["media_modes"]]

    def assert_delivered(self, name, transport):
        """sgfax and the record say so, and the page is the one that was sent."""
        process, _, _, file = self.faxes[name]
        self.assertEqual(process.wait(FAX_PATIENCE), 0, process.last_words())
        result = rig.json_lines(process.out)[-1]
        self.assertEqual((result["transport"], result["pages"]), (transport, 1))
        self.wait("the document", file)
        self.assertEqual(rig.identical_pages(ONE_PAGE, file()), 1)
        fax = self.record_of(name)["fax"]
        self.assertEqual((fax["verdict"], fax["pages"]), ("delivered", 1), fax)
        self.assertEqual(fax["cause"], "Every page was confirmed, and the machines said goodbye.")
        return fax

    def assert_ended(self, name, rule):
        """The gateway cleared the call, no page came through, and the record says why."""
        process = self.faxes[name][0]
        self.assertNotEqual(process.wait(FAX_PATIENCE), 0)
        record = self.record_of(name)
        self.assertEqual((record["released_by"], record["fax"]["pages"]), ("gateway", 0))
        self.assertEqual(record["fax"]["rule"], rule, record["fax"])
        return record["fax"]


class Refusals(Fallbacks):
    STATUSES = (488, 415, 606, 501, 480)
    TRUNKS = {**{f"refuses-{status}": {} for status in STATUSES}, "silent": {}, "says-trying": {}}

    def test_the_fax_goes_on_as_g711(self):
        for status in self.STATUSES:
            self.receive(f"refuses-{status}", "--g711", script=[status])
        # Its page lasts longer than Sofia's patience with the offer, 32 s.
        self.receive("silent", "--g711", "--max-rate", "4800", script=[DROP])
        self.receive("says-trying", "--g711", script=[TRY])
        self.send("caller-refuses-488", "--g711", script=[488])

        for name, (_, peer, _, _) in self.faxes.items():
            with self.subTest(fax=name):
                fax = self.assert_delivered(name, "G.711")
                self.assertEqual((fax["transport"], len(peer.offers)), ("g711", 1))
                refused = {f"refuses-{status}": status for status in self.STATUSES} | {"caller-refuses-488": 488}
                self.assertEqual(fax["t38_refused_with"], refused.get(name))
                self.assertEqual(self.modes_of(name), ["offering-t38", "g711-fax"])
                # Whoever hangs up: the dialog stands, whatever the offer was answered with, or not at all.
                self.wait("the end of the dialog", lambda: peer.ends)
                self.assertLessEqual(peer.ends, {"BYE", 200})
        self.wait_for_no_calls()


class Crossings(Fallbacks):
    TRUNKS = {"says-491": {}, "crosses": {}, "asks-after-refusal": {}, "asks-late": {"t38": "peer", "t38_offer_window": "3s"}}

    def test_glare_is_tried_again_and_who_asks_later_is_heard(self):
        self.receive("says-491", "--t38", "--t38-ask", "never", script=[491])
        self.receive("crosses", "--t38", holds_until="crossing")
        self.receive("asks-after-refusal", "--t38", script=[488], holds_until="refusal")
        self.receive("asks-late", "--t38", holds_until=5)
        self.send("caller-says-491", "--t38", script=[491])

        expected = {"says-491": ("T.38", ["offering-t38", "glare", "offering-t38", "t38"], 2, []),
                    "caller-says-491": ("T.38", ["offering-t38", "glare", "offering-t38", "t38"], 2, []),
                    "crosses": ("T.38", ["offering-t38", "glare", "t38"], 1, [491, 200]),
                    "asks-after-refusal": ("T.38", ["offering-t38", "g711-fax", "t38"], 1, [200]),
                    "asks-late": ("G.711", ["g711-fax"], 0, [488])}
        for name, (transport, modes, offers, answers) in expected.items():
            with self.subTest(fax=name):
                self.assert_delivered(name, transport)
                peer = self.faxes[name][1]
                self.assertEqual((self.modes_of(name), len(peer.offers), peer.answers), (modes, offers, answers))
        self.wait_for_no_calls()


class Refreshes(Fallbacks):
    """What a peer says of a session in the middle of a page, and that changes nothing, touches nothing."""

    TRUNKS = {"refreshes": {}, "updates": {}}
    REFRESHES = [(b"INVITE", 0), (b"UPDATE", 0), (b"INVITE", 1), (b"UPDATE", 1)]

    def test_a_page_does_not_notice_them(self):
        self.receive("refreshes", "--t38", "--t38-ask", "never", "--max-rate", "7200", refreshes=self.REFRESHES)
        self.receive("updates", "--t38", "--max-rate", "7200", refreshes=self.REFRESHES, asks_by_update=True)
        self.send("caller-refreshes", "--t38", "--max-rate", "7200", refreshes=self.REFRESHES)

        expected = {"refreshes": ["offering-t38", "t38"], "updates": ["t38"],
                    "caller-refreshes": ["offering-t38", "t38"]}
        for name, modes in expected.items():
            with self.subTest(fax=name):
                fax = self.assert_delivered(name, "T.38")
                peer = self.faxes[name][1]
                self.assertEqual(self.modes_of(name), modes)
                self.assertEqual((fax["retrains"], fax["ecm_repeats"], fax["lost"]), (0, 0, 0), fax)
                answers = [message.decode() for message in peer.refresher.answers]
                self.assertEqual([answer.split()[1] for answer in answers], ["200"] * len(self.REFRESHES))
                self.assertEqual(len({re.search(r"(?m)^o=.*$", answer)[0] for answer in answers}), 1, answers)
                for answer in answers:
                    self.assertRegex(answer, r"(?m)^m=image [1-9]\d* udptl t38")
        self.assertEqual((len(self.peers["updates"].updates), self.peers["updates"].answers), (1, [200]))
        self.wait_for_no_calls()


class Ends(Fallbacks):
    TRUNKS = {"says-481": {}, "says-408": {}, "says-nothing": {}}
    MEDIA = {"t38_timeout": "6s"}

    def test_a_lost_dialog_or_a_silent_peer_ends_the_call(self):
        self.receive("says-481", "--t38", "--t38-ask", "never", script=[481])
        self.receive("says-408", "--t38", "--t38-ask", "never", script=[408])
        self.receive("says-nothing", "--t38", mute=True)
        self.send("caller-says-nothing", "--t38", mute=True)

        for status in (481, 408):
            with self.subTest(status=status):
                fax = self.assert_ended(f"says-{status}", "dialog lost")
                self.assertIn(f"with {status}", fax["cause"])
                self.assertEqual(len(self.peers[f"says-{status}"].offers), 1)
        for name in ("says-nothing", "caller-says-nothing"):
            with self.subTest(fax=name):
                fax = self.assert_ended(name, "no T.38 packet")
                self.assertEqual(fax["cause"], "T.38 was agreed upon, but the peer's packets never came.")
        self.wait_for_no_calls()
