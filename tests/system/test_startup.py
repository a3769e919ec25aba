"""Programs that cannot start say why in one line, and end with a code other than 0."""

import grp
import os
import pathlib
import re
import socket
import subprocess
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
        return holder

    def test_a_good_configuration_is_told_so(self):
        file = self.write(self.text)
        run = run_program("spangated", "--check", file)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(run.stdout, f'warning: {file}:14: [[route]]: no case of [test] holds "out" (line 14)\n'
                         f"{file}: good\n  2 trunks: pstn (pri), pbx (sip)\n  1 span, 0 lines\n"
                         "  1 route with 1 pattern\n  no tests\n")

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

    def test_what_this_machine_lacks_is_told_with_its_line_by_check_and_start(self):
        """Each by both, in the same words: the start finds nothing that --check did not tell."""
        sip, span = self.places["sip"], self.places["span"]
        udp = f"udp:127.0.0.1:{sip}"
        (self.folder / "folder").mkdir()
        (self.folder / "file").write_text("no music, no socket")
        cases = [
            ("a busy UDP port", (socket.SOCK_DGRAM, sip), udp, udp, 2,
             f"[sip] listen: cannot use udp 127.0.0.1:{sip}: the port is in use by another program"),
            ("a busy TCP port", (socket.SOCK_STREAM, sip), udp, udp, 2,
             f"[sip] listen: cannot use tcp 127.0.0.1:{sip}: the port is in use by another program"),
            ("a busy port of a span", (socket.SOCK_DGRAM, span), udp, udp, 6,
             f"[span.1] local: cannot use udp 127.0.0.1:{span}: the port is in use by another program"),
            ("another machine's address", None, udp, f"udp:192.0.2.1:{sip}", 2,
             f"[sip] listen: cannot use udp 192.0.2.1:{sip}: 192.0.2.1 is no address of this machine"),
            ("another machine's media address", None, "[media]", '[media]\naddress = "192.0.2.1"', 4,
             "[media] address: cannot use udp 192.0.2.1:0: 192.0.2.1 is no address of this machine"),
            ("one address within another", None, udp, f'udp:0.0.0.0:{sip}", "{udp}', 2,
             f"[sip] listen: cannot use udp 127.0.0.1:{sip}: the port is in use by another program"),
            ("no directory for records", None, "/records.jsonl", "/not/there/records.jsonl", 21,
             f"[records] file: there is no directory {self.folder}/not/there, nor {self.folder}/not to make it in"),
            ("records that are a directory", None, "/records.jsonl", "/folder", 21,
             f"[records] file: {self.folder}/folder is a directory"),
            ("records in a file", None, "/records.jsonl", "/file/records.jsonl", 21,
             f"[records] file: {self.folder}/file is no directory"),
            ("no directory for the fax memory", None, "[media]", f'[fax]\nmemory = "{self.folder}/not/there/x"\n[media]',
             4, f"[fax] memory: there is no directory {self.folder}/not/there, nor {self.folder}/not to make it in"),
            ("no music", None, "[media]", f'[media]\nhold_music = "{self.folder}/none.wav"', 4,
             f"[media] hold_music: {self.folder}/none.wav cannot be read: No such file or directory"),
            ("music that is none", None, "[media]", f'[media]\nhold_music = "{self.folder}/file"', 4,
             f"[media] hold_music: {self.folder}/file"),
            ("no directory for the socket", None, "/control.sock", "/not/there/control.sock", 19,
             f"[control] socket: there is no directory {self.folder}/not/there, nor {self.folder}/not to make it in"),
            ("a socket that is a file", None, "/control.sock", "/file", 19,
             f"[control] socket: {self.folder}/file exists and is no socket"),
            ("a long name for the socket", None, "/control.sock", "/" + 100 * "x", 19, "has more than 107 characters"),
            ("no such group", None, "[records]", 'group = "no-such"\n[records]', 20,
             '[control] group: this machine has no group "no-such"')]
        for what, taken, good, replacement, line, words in cases:
            with self.subTest(what):
                holder = self.occupy(*taken) if taken else None
                file = self.write(self.text.replace(good, replacement, 1))
                check = run_program("spangated", "--check", file)
                start = run_program("spangated", "--foreground", "--config", file, timeout=PATIENCE)
                self.assertEqual((check.returncode, start.returncode), (1, 1), check.stderr + start.stderr)
                complaint, last = check.stderr.splitlines()
                self.assertTrue(complaint.startswith(f"{file}:{line}: "), complaint)
                self.assertIn(words, complaint)
                self.assertEqual(last, "The file is good, but this machine lacks what it wants.")
                self.assertEqual(start.stderr.splitlines(), [complaint])
                self.assertEqual(run_program("spangated", "--check", file, "--file-only").returncode, 0)
                if holder:
                    holder.close()

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_what_this_user_may_not_is_told_too(self):
        self.folder.chmod(0o755)
        (self.folder / "closed").mkdir(mode=0o700)
        (self.folder / "records.jsonl").write_text("")
        for good, replacement, words in (
                (f"tcp:127.0.0.1:{self.places['sip']}", "tcp:127.0.0.1:80", "port 80 is only for root"),
                ("/records.jsonl", "/new.jsonl", f"this user may not make files in {self.folder}: Permission denied"),
                ("/records.jsonl", "/records.jsonl", f"this user may not write to {self.folder}/records.jsonl"),
                ("/records.jsonl", "/new/records.jsonl", f"there is no directory {self.folder}/new, and this user may not"),
                ("/records.jsonl", "/closed/in/records.jsonl", "Permission denied")):
            with self.subTest(replacement):
                file = self.write(self.text.replace(good, replacement, 1))
                # By its descriptor: other users may not enter the folder that it was built in.
                with (rig.BIN / "spangated").open("rb") as program, file.open() as text:
                    run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                          f"/proc/self/fd/{program.fileno()}", "--check", "/dev/stdin"], stdin=text,
                                         pass_fds=[program.fileno()], capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn(words, run.stderr)

    def test_in_the_background_too_it_ends_with_the_reason(self):
        self.occupy(socket.SOCK_DGRAM, self.places["sip"])
        run = run_program("spangated", "--config", self.write(self.text), timeout=PATIENCE)
        self.assert_one_line(run, 1, f"udp 127.0.0.1:{self.places['sip']}", "in use")

    def test_directories_are_made_and_a_file_can_be_checked_while_it_is_in_force(self):
        group = grp.getgrgid(1 if os.geteuid() == 0 else os.getgid())
        text = self.text.replace("/records.jsonl", "/kept/records.jsonl")
        text = text.replace('/control.sock"', f'/run/control.sock"\ngroup = "{group.gr_name}"')
        file = self.write(text.replace("[media]", f'[fax]\nmemory = "{self.folder}/learnt/faxes"\n[media]'))
        gateway = rig.Process("spangated", [rig.BIN / "spangated", "--foreground", "--config", file], self.folder,
                              must_end_well=True)
        self.addCleanup(gateway.stop)
        control = self.folder / "run/control.sock"
        rig.wait_until("the gateway to listen", lambda: rig.listens(control), PATIENCE, alive=[gateway])

        rig.wait_until("the socket to be the group's", lambda: control.stat().st_gid == group.gr_gid, PATIENCE)
        self.assertEqual({name: oct((self.folder / name).stat().st_mode & 0o7777) for name in ("kept", "learnt", "run")},
                         {"kept": "0o750", "learnt": "0o750", "run": "0o750"})
        self.assertEqual((self.folder / "run").stat().st_gid, group.gr_gid)
        check = run_program("spangated", "--check", file)
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        second = run_program("spangated", "--foreground", "--config", file, timeout=PATIENCE)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"[control] socket: another gateway answers on {control}", second.stderr)
        self.assertEqual(gateway.stop(), 0)

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
        for options, words in ((["--no-such-option"], "--no-such-option"),
                               (["--log-level", "loud", "--check", self.write(self.text)], "--log-level: \"loud\" is no"),
                               (["--file-only"], "only with --check"),
                               (["x.toml"], "x.toml stands alone; --config x.toml starts by it, --check x.toml checks it")):
            with self.subTest(options=options):
                run = run_program("spangated", *options)
                self.assertEqual(run.returncode, 2)
                self.assertIn(words, run.stderr)


class Manners(unittest.TestCase):
    """What every program does alike."""

    PROGRAMS = ("spangated", "spangatectl", "sgfax", "pstnsim")

    def test_version_help_and_wrong_words(self):
        for program in self.PROGRAMS:
            with self.subTest(program):
                version = run_program(program, "--version")
                self.assertEqual(version.returncode, 0, version.stderr)
                self.assertRegex(version.stdout, rf"^{program} \d+\.\d+\.\d+\n$")
                helps = [run_program(program, word) for word in ("--help", "help")]
                for answer in helps:
                    self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                    self.assertEqual([line for line in answer.stdout.splitlines() if len(line) > 80], [])
                self.assertEqual(helps[0].stdout, helps[1].stdout)
                for words in (["--no-such-option"], ["no-such-word"]):
                    wrong = run_program(program, *words)
                    self.assertEqual(wrong.returncode, 2, wrong.stderr)
                    self.assertTrue(wrong.stderr.startswith(f"{program}: "), wrong.stderr)
                    self.assertIn("help", wrong.stderr)

    def test_a_date_that_is_none_is_usage(self):
        for date in ("yesterday", "2026-13-01", "2026-3-1", "01.03.2026", "2026-03-01 09:00"):
            wrong = run_program("spangatectl", "diff", "x.toml", "--since", date)
            self.assertEqual(wrong.returncode, 2)
            self.assertIn(f'--since: "{date}" is no date such as 2026-03-01 or 2026-03-01T09:00', wrong.stderr)
        for date in ("2026-03-01", "2026-03-01T09:00"):
            self.assertIn("x.toml: cannot be read", run_program("spangatectl", "diff", "x.toml", "--since", date).stderr)


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
        self.assertEqual(run.returncode, 2)
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
