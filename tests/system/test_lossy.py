"""T.38 over real sockets through a network that loses packets: every page arrives, both ways, and the record tells."""

import rig
from lossy_relay import LossyRelay
from support import ONE_PAGE, SystemTest

FAX_PATIENCE = 240.0
LOSSES = (0.05, 0.1)


class Lossy(SystemTest):
    @classmethod
    def set_up(cls, bench):
        cls.inbox = bench.folder / "exchange-inbox"
        cls.receivers = dict(zip(LOSSES, rig.free_ports(len(LOSSES))))
        cls.relays = {loss: LossyRelay(loss, seed=round(100 * loss)) for loss in LOSSES}
        cls.relays_back = {loss: LossyRelay(loss, seed=round(1000 * loss), peer=("127.0.0.1", port))
                           for loss, port in cls.receivers.items()}
        bench.start_exchange([{"number": str(number), "kind": "fax", "directory": cls.inbox}
                              for number in range(100, 110)])
        trunks = {f"out{i}": {"peer": f"sip:127.0.0.1:{cls.relays_back[loss].gateway_port}",
                              "allow_from": ["127.0.0.1"] if i == 0 else [f"127.0.0.{90 + i}"]}
                  for i, loss in enumerate(LOSSES)}
        bench.start_gateway(
            sip_trunks=trunks,
            routes=[{"name": "in", "from": ["out0"], "called": "1*", "to": ["pstn"]}]
            + [{"name": f"out{i}", "from": ["pstn"], "called": f"20{i}", "to": [f"out{i}"]}
               for i in range(len(LOSSES))])
        for relay in (*cls.relays.values(), *cls.relays_back.values()):
            relay.gateway = ("127.0.0.1", bench.sip_port)
            cls.addClassCleanup(relay.close)

    def test_every_page_arrives_though_packets_do_not(self):
        faxes = []
        for i, loss in enumerate(LOSSES):
            sender = self.bench.start(f"sends-{i}", [
                rig.BIN / "sgfax", "send", ONE_PAGE, f"sip:10{i}@127.0.0.1:{self.relays[loss].port}", "--local",
                "127.0.0.1:0", "--json", "--verbose", "--t38"])
            faxes.append((f"to the line, {loss}", sender, lambda n=f"10{i}": next(self.inbox.glob(f"{n}-*.tif"))))
            receiver = self.bench.start_fax_receiver(f"receives-{i}", self.receivers[loss], "--t38")
            self.originate(f"10{5 + i}", f"20{i}", send=str(ONE_PAGE))
            faxes.append((f"from the line, {loss}", receiver, lambda p=receiver: rig.json_lines(p.out)[-1]["file"]))

        for name, process, file in faxes:
            with self.subTest(fax=name):
                self.assertEqual(process.wait(FAX_PATIENCE), 0, process.last_words())
                result = rig.json_lines(process.out)[-1]
                self.assertEqual((result["transport"], result["pages"]), ("T.38", 1))
                self.assertEqual(rig.identical_pages(ONE_PAGE, file()), 1)
        self.wait_for_no_calls()
        for relay in (*self.relays.values(), *self.relays_back.values()):
            self.assertGreater(relay.lost, 0.5 * relay.loss * relay.passed, "the network lost what it should")
        for record in self.bench.call_records():
            self.assertEqual(record["fax"]["verdict"], "delivered", record["fax"])
