"""Programs that cannot start say why in one line, and end with a code other than 0."""

import pathlib
import re
import socket
import tempfile
import unittest

import rig
from support import PATIENCE, run_program

GOOD = """[sip]
listen = ["udp:127.0.0.1:{sip}", "tcp:127.0.0.1:{sip}"]
[media]
ports = "{media}"
[span.1]
local = "127.0.0.1:{span}"
remote = "127.0.0.1:{far}"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.pbx]
kind = "sip"
peer = "sip:127.0.0.1:{peer}"
[[route]]
name = "out"
called = "*"
to = ["pstn"]
[control]
socket = "{folder}/control.sock"
[records]
file = "{folder}/records.jsonl"
"""


class Gateway(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="spangate-startup-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        sip, span, far, peer = rig.free_ports(4)
        self.places = {"sip": sip, "span": span, "far": far, "peer": peer, "media": rig.media_ports(),
                       "folder": self.folder}
        self.text = GOOD.format(**self.places)

    def write(self, text):
        file = self.folder / "spangate.toml"
        file.write_text(text)
        return file

    def start(self, text):
        """Starts the gateway, which is expected to end by itself."""
        return run_program("spangated", "--foreground", "--config", self.write(text), timeout=PATIENCE)

    def assert_one_line(self, run, code, *words):
        # Beside what was logged on the way.
        complaints = [line for line in run.stderr.splitlines() if not re.match(r"\S+ (info|warning) ", line)]
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(len(complaints), 1, run.stderr)
        for word in words:
            self.assertIn(str(word), complaints[0])

    def occupy(self, kind, port):
        holder = socket.socket(socket.AF_INET, kind)
        self.addCleanup(holder.close)
        holder.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            holder.listen()

    def test_a_good_configuration_is_told_so(self):
        run = run_program("spangated", "--check", self.write(self.text))
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_a_bad_configuration_names_file_line_and_key(self):
        for good, bad, line, words in (("listen =", "lisen =", 2, ["lisen"]),
                                       ("spans = [1]", 'spans = "one"', 10, ["spans"]),
                                       ("spans = [1]", "spans = [7]", 10, ["7"]),
                                       ('to = ["pstn"]', 'to = ["nowhere"]', 17, ["nowhere"]),
                                       ("kind = \"pri\"", "kind = ", 9, []),
                                       (f"local = \"127.0.0.1:{self.places['span']}\"", "local = \"127.0.0.1:99999\"", 6,
                                        ["local"])):
            with self.subTest(bad=bad):
                file = self.write(self.text.replace(good, bad))
                for words_of_program in (["--check", file], ["--foreground", "--config", file]):
                    run = run_program("spangated", *words_of_program, timeout=PATIENCE)
                    self.assertEqual(run.returncode, 1, run.stderr)
                    self.assertIn(f"{file}:{line}", run.stderr)
                    for word in words:
                        self.assertIn(word, run.stderr)

    def test_a_missing_file_is_named(self):
        for words in (["--check"], ["--foreground", "--config"]):
            run = run_program("spangated", *words, self.folder / "none.toml", timeout=PATIENCE)
            self.assert_one_line(run, 1, self.folder / "none.toml", "No such file")

    def test_a_busy_udp_port_is_named(self):
        self.occupy(socket.SOCK_DGRAM, self.places["sip"])
        self.assert_one_line(self.start(self.text), 1, f"udp 127.0.0.1:{self.places['sip']}", "in use")

    def test_a_busy_tcp_port_is_named(self):
        self.occupy(socket.SOCK_STREAM, self.places["sip"])
        self.assert_one_line(self.start(self.text), 1, f"tcp 127.0.0.1:{self.places['sip']}", "in use")

    def test_a_busy_span_port_is_named(self):
        self.occupy(socket.SOCK_DGRAM, self.places["span"])
        self.assert_one_line(self.start(self.text), 1, f"127.0.0.1:{self.places['span']}", "in use")

    def test_an_address_of_another_machine_is_named(self):
        text = self.text.replace(f"udp:127.0.0.1:{self.places['sip']}", f"udp:192.0.2.1:{self.places['sip']}")
        self.assert_one_line(self.start(text), 1, "192.0.2.1")

    def test_a_record_file_that_cannot_be_written_is_named(self):
        text = self.text.replace("/records.jsonl", "/missing/records.jsonl")
        self.assert_one_line(self.start(text), 1, "missing/records.jsonl")

    def test_a_control_socket_that_cannot_be_made_is_named(self):
        text = self.text.replace("/control.sock", "/missing/control.sock")
        self.assert_one_line(self.start(text), 1, "missing/control.sock")

    def test_in_the_background_too_it_ends_with_the_reason(self):
        self.occupy(socket.SOCK_DGRAM, self.places["sip"])
        run = run_program("spangated", "--config", self.write(self.text), timeout=PATIENCE)
        self.assert_one_line(run, 1, f"udp 127.0.0.1:{self.places['sip']}", "in use")

    def test_it_takes_as_many_descriptors_as_it_may_have(self):
        program = ["prlimit", "--nofile=64:4096", rig.BIN / "spangated", "--foreground", "--config",
                   self.write(self.text)]
        gateway = rig.Process("spangated", program, self.folder, must_end_well=True)
        self.addCleanup(gateway.stop)
        control = self.folder / "control.sock"
        rig.wait_until("the gateway to listen", lambda: rig.listens(control), PATIENCE, alive=[gateway])
        limits = pathlib.Path(f"/proc/{gateway.child.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files +4096 +4096 ")

    def test_a_wrong_option_is_usage(self):
        run = run_program("spangated", "--no-such-option")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--no-such-option", run.stderr)

    def test_the_sample_configuration_is_good(self):
        run = run_program("spangated", "--check", self.write(run_program("spangated", "--sample").stdout))
        self.assertEqual((run.returncode, run.stderr), (0, ""))


class Exchange(unittest.TestCase):
    def test_a_busy_span_port_is_named(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            run = run_program("pstnsim", "--span", f"local=127.0.0.1:{port},remote=127.0.0.1:9", timeout=PATIENCE)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertIn(f"127.0.0.1:{port}", run.stderr)

    def test_a_wrong_subscriber_is_named(self):
        run = run_program("pstnsim", "--span", "local=127.0.0.1:0,remote=127.0.0.1:9", "--subscriber", "100=phone")
        self.assertEqual(run.returncode, 1)
        self.assertIn("phone", run.stderr)


class FaxMachine(unittest.TestCase):
    def test_a_missing_document_is_named(self):
        run = run_program("sgfax", "send", "/nowhere/letter.tif", "sip:100@127.0.0.1:9")
        self.assertEqual(run.returncode, 2)
        self.assertIn("/nowhere/letter.tif", run.stderr)

    def test_a_busy_port_is_named(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            run = run_program("sgfax", "receive", "--local", f"127.0.0.1:{port}", timeout=PATIENCE)
        self.assertEqual(run.returncode, 2)
        self.assertIn(str(port), run.stderr)

    def test_a_dead_peer_is_a_failed_fax(self):
        port, = rig.free_ports(1)
        run = run_program("sgfax", "send", "--json", rig.DOCUMENT, f"sip:100@127.0.0.1:{port}", "--local",
                          "127.0.0.1:0", timeout=2 * PATIENCE)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn('"verdict":"failed"', run.stdout.replace(" ", ""))


if __name__ == "__main__":
    unittest.main()
