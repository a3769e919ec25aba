"""[sip] t1, t2 and t4 are what is seen on the wire: a peer by hand counts what is sent to it again."""

import itertools
import pathlib
import tempfile
import unittest

import rig
from support import PATIENCE
from udp_peer import Message, PeersCall, UdpPeer, sdp

CONFIG = """[sip]
listen = "udp:127.0.0.1:{sip}"
{timers}
[media]
ports = "{media}"
[trunk.caller]
kind = "sip"
peer = "sip:127.0.0.1:{caller}"
probe = "0s"
[trunk.silent]
kind = "sip"
peer = "sip:127.0.0.1:{silent}"
probe = "0s"
first_response = "10s"
[trunk.next]
kind = "sip"
peer = "sip:127.0.0.1:{next}"
probe = "0s"
[[route]]
name = "out"
from = "caller"
called = "100"
to = ["silent", "next"]
[control]
socket = "{folder}/control.sock"
"""


class SipTimers(unittest.TestCase):
    def start(self, *timers):
        scratch = tempfile.TemporaryDirectory(prefix="spangate-timers-")
        self.addCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        sip, = rig.free_ports(1)
        self.caller, self.silent, self.next = peers = [UdpPeer(sip) for _ in range(3)]
        for peer in peers:
            self.addCleanup(peer.socket.close)
        config = folder / "spangate.toml"
        config.write_text(CONFIG.format(sip=sip, media=rig.media_ports(), caller=self.caller.port,
                                        silent=self.silent.port, next=self.next.port, folder=folder, timers="\n".join(timers)))
        gateway = rig.Process("gateway", [rig.BIN / "spangated", "--foreground", "--config", config], folder,
                              must_end_well=True)
        self.addCleanup(gateway.stop)
        rig.wait_until("the gateway to listen", lambda: rig.listens(folder / "control.sock"), PATIENCE, [gateway])

    def test_t1_is_the_pause_before_the_first_resend(self):
        """Section 17.1.1.2: an INVITE goes again after T1, 2 T1, 4 T1 … Until the next target's turn comes after 10 s that is
        seven times with 100 ms (the sixth after 3.1 s) and five times with 500 ms; its timer is of the same clock.
        """
        self.start('t1 = "100ms"')
        PeersCall(self.caller, "100").send("INVITE", sdp(30000))
        invites = [self.silent.request("INVITE") for _ in range(6)]
        self.assertEqual(self.next.all_there(lambda m: True), [], "the gateway gave up before")
        self.assertEqual(len({invite.header("Via") for invite in invites}), 1)

    def test_t2_is_the_longest_pause(self):
        """Section 17.1.2.2: a BYE that nobody answers goes out 15 times in 64 T1 where T2 is 500 ms, 7 times where it is
        4 s.
        """
        self.start('t1 = "100ms"', 't2 = "500ms"')
        call = PeersCall(self.caller, "100")
        call.send("INVITE", sdp(30000))
        self.silent.respond(self.silent.request("INVITE"), 200, body=sdp(30002))
        self.silent.request("ACK")
        call.learn(self.caller.final("INVITE"))
        call.send("ACK", cseq=1)
        call.hang_up()
        byes = [self.silent.request("BYE") for _ in range(10)]
        self.assertEqual(len({bye.header("Via") for bye in byes}), 1)

    def test_t4_is_how_long_a_refused_invite_is_remembered(self):
        """Section 17.2.1, timer I: until then an INVITE that comes again is of the transaction that was acknowledged;
        afterwards it is new, and its answer has another tag. The measure is the resends (timer G: T1, 2 T1 … T2) of another refusal that
        is not acknowledged: within 500 ms there are three or four, within the usual 5 s twelve.
        """
        self.start('t1 = "100ms"', 't2 = "500ms"', 't4 = "500ms"')
        remembered = PeersCall(self.caller, "999")
        remembered.send("INVITE", sdp(30000))
        refusal = self.caller.final("INVITE")
        self.assertEqual(refusal.status, 404)
        again = remembered.last_invite + [f"Contact: <sip:200@127.0.0.1:{self.caller.port}>"]
        acknowledgement = [line.replace("INVITE", "ACK") for line in remembered.last_invite if not line.startswith("To:")]
        self.caller.send([*acknowledgement, f"To: {refusal.header('To')}"], "")
        unacknowledged = PeersCall(self.caller, "998")
        unacknowledged.send("INVITE", sdp(30000))

        seen, is_new = 0, False
        for _ in itertools.count():
            self.caller.send(again, sdp(30000))
            self.caller.socket.settimeout(0.05)
            try:
                message = Message(self.caller.socket.recv(65536))
            except TimeoutError:
                continue
            seen += message.header("Call-ID") == unacknowledged.id and message.status == 404
            is_new = (message.header("Call-ID") == remembered.id and message.status == 404
                      and message.header("To") != refusal.header("To"))
            if is_new or seen > 8:
                break
        self.assertTrue(is_new, f"{seen} refusals of the other call came, and the first was still remembered")


if __name__ == "__main__":
    unittest.main()
