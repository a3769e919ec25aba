"""What the tools say of themselves, on a machine that has nothing yet."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


class Help(unittest.TestCase):
    def test_answers_without_installing_or_building(self):
        for tool in ("setup", "demo", "test", "lab", "bench"):
            with self.subTest(tool=tool), tempfile.TemporaryDirectory() as folder:
                # Alone in a folder: there is nothing to build, no list of packages, no program to ask.
                alone = shutil.copy(TOOLS / tool, pathlib.Path(folder) / tool)

                asked = subprocess.run([alone, "--help"], capture_output=True, text=True, timeout=60, check=False)

                self.assertEqual((asked.returncode, asked.stderr), (0, ""))
                self.assertTrue(asked.stdout.startswith(f"Usage: tools/{tool} "), asked.stdout)

    def test_wrong_words_are_refused_before_anything_is_installed(self):
        for tool, words in (("setup", ["--for", "play"]), ("setup", ["--nonsense"]), ("demo", ["--nonsense"]),
                            ("test", ["--nonsense"])):
            with self.subTest(tool=tool, words=words), tempfile.TemporaryDirectory() as folder:
                alone = shutil.copy(TOOLS / tool, pathlib.Path(folder) / tool)

                asked = subprocess.run([alone, *words], capture_output=True, text=True, timeout=60, check=False)

                self.assertEqual(asked.returncode, 2)
                self.assertTrue(asked.stderr)


if __name__ == "__main__":
    unittest.main()
