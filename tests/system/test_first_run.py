"""The lines of README's "Run it" do what they say: on a machine that was never used, as root and as an ordinary user."""

import fcntl
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

import rig
from support import PATIENCE

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
# A machine of its own: an empty /run, a loopback on which no port is taken, and all processes end with the first.
NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
LOOPBACK_UP = "import fcntl, socket, struct; " \
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0x41))"  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


def readme_lines():
    """The commands under "Run it"."""
    text = (rig.ROOT / "README.md").read_text()
    part = re.search(r"^## Run it\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^    (.*)$", part, re.MULTILINE)


class FirstRun(unittest.TestCase):
    def setUp(self):
        if subprocess.run([*NAMESPACES, *([] if IS_ROOT else ["--map-root-user"]), "true"], capture_output=True).returncode:
            self.skipTest("this user may not make namespaces here")
        scratch = tempfile.TemporaryDirectory(prefix="spangate-first-run-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "bin").mkdir()
        self.folder.chmod(0o777)

    def claim(self, place):
        """A directory outside of our folder, which only one test of all that run on this machine may have."""
        lock = (pathlib.Path(tempfile.gettempdir()) / f"spangate-first-run-{os.getuid()}.lock").open("a")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["rm", "-rf", place], check=True)
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", place]))

    def run_as(self, user, commands, **environment):
        """Runs a shell's commands in the folder as that user, on the machine of its own."""
        script = "\n".join(["set -e", f"cd {self.folder}", *commands])
        becomes = [] if user is None else \
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if IS_ROOT else \
            ["unshare", "--user", f"--map-user={user}", f"--map-group={os.getgid()}"]
        # Other users may not enter the folder that the programs were built in.
        machine = "\n".join(["set -e", "mount -t tmpfs -o mode=755 tmpfs /run",
                             f"mount --bind {shlex.quote(str(rig.BIN))} {self.folder}/bin",
                             shlex.join([sys.executable, "-c", LOOPBACK_UP]),
                             shlex.join([*becomes, "sh", "-c", script])])
        environment = {"PATH": f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", **environment}
        return subprocess.run([*NAMESPACES, *([] if IS_ROOT else ["--map-root-user"]), "sh", "-c", machine],
                              capture_output=True, text=True, timeout=2 * PATIENCE, env=environment)

    def try_readme(self, user, socket, **environment):
        lines = readme_lines()
        self.assertEqual([line.split()[:2] for line in lines[:3]],
                         [["spangated", "--sample"], ["spangated", "--check"], ["spangated", "--config"]])
        run = self.run_as(user, [*lines, "spangatectl --json status > status.json", f"test -S {socket}"], **environment)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("spangate.toml: good", run.stdout)
        self.assertNotIn("warning", run.stdout)
        status = json.loads((self.folder / "status.json").read_text())
        self.assertEqual(status["calls"], 0)

    @unittest.skipUnless(IS_ROOT, "needs root")
    def test_as_root(self):
        self.try_readme(None, "/run/spangate/control.sock")

    def test_as_an_ordinary_user(self):
        user = NOBODY if IS_ROOT else os.getuid()
        (self.folder / "user").mkdir()
        (self.folder / "user").chmod(0o777)
        self.try_readme(user, self.folder / "user/spangate/control.sock", XDG_RUNTIME_DIR=str(self.folder / "user"))

    def test_as_an_ordinary_user_whom_nobody_logged_in(self):
        """Without a session there is no $XDG_RUNTIME_DIR."""
        user = NOBODY if IS_ROOT else os.getuid()
        place = pathlib.Path(f"/tmp/spangate-{user}")
        self.claim(place)
        self.try_readme(user, place / "control.sock")

    def test_a_group_may_enter_an_ordinary_users_directory(self):
        user = NOBODY if IS_ROOT else os.getuid()
        (self.folder / "user").mkdir()
        (self.folder / "user").chmod(0o777)
        run = self.run_as(user, ["spangated --sample > sample.toml",
                                 'sed "s/^#group = .*/group = \\"$(id -gn)\\"/" sample.toml > spangate.toml',
                                 "spangated --config spangate.toml", "stat -c %a user/spangate"],
                          XDG_RUNTIME_DIR=str(self.folder / "user"))
        self.assertEqual((run.returncode, run.stdout), (0, "750\n"), run.stderr)

    @unittest.skipUnless(IS_ROOT, "needs root")
    def test_a_directory_that_another_made_is_not_trusted(self):
        place = pathlib.Path(f"/tmp/spangate-{NOBODY}")
        self.claim(place)
        place.mkdir(mode=0o777)
        place.chmod(0o777)
        run = self.run_as(NOBODY, ["spangated --sample > spangate.toml", "spangated --check spangate.toml"])
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, rf"spangate.toml:\d+: \[control\] socket: the directory {place} is another user's")


if __name__ == "__main__":
    unittest.main()
