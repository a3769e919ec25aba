"""What the tools say of themselves, on a machine that has nothing yet."""

import ast
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import demo

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


class Registered(unittest.TestCase):
    def test_ctest_runs_every_case(self):
        here = pathlib.Path(__file__).parent
        registered = re.findall(r"^sg_system_test\((\S+)\)", (here / "CMakeLists.txt").read_text(), re.MULTILINE)
        for module in sorted(here.glob("test_*.py")):
            for node in ast.parse(module.read_text()).body:
                is_case = isinstance(node, ast.ClassDef) and any(
                    isinstance(part, ast.FunctionDef) and part.name.startswith("test_") for part in node.body)
                if is_case:
                    with self.subTest(case=f"{module.stem}.{node.name}"):
                        self.assertTrue({module.stem, f"{module.stem}.{node.name}"} & set(registered))


class DemoProgress(unittest.TestCase):
    """Four faxes of three pages; the exchange tells what its own machines are at."""

    NUMBERS = ("100", "101", "102", "103")

    def setUp(self):
        for number, fax in zip(self.NUMBERS, demo.FAXES):
            fax.number = number
        self.progress = demo.Progress(began=1000.0)

    def hear(self, second, pages, bit_rate=14400, ended=()):
        calls = [{"number": number, "progress": {"page": page, "bit_rate": bit_rate, "ecm": True, "phase": "page"}}
                 for number, page in zip(self.NUMBERS, pages) if number not in ended]
        self.progress.hear(1000.0 + second, calls, ended)
        return self.progress.line(1000.0 + second)

    def test_says_how_far_all_are_and_how_long_it_takes(self):
        steps = [
            (2, (0, 0, 0, 0), 0, (), "0:02   0 %             SIP>PRI T.38 0/3 G.711 0/3, PRI>SIP T.38 0/3 G.711 0/3"),
            (12, (0, 0, 0, 0), 14400, (), None),
            (22, (1, 1, 1, 1), 14400, (), "0:22  33 %  0:20 left  SIP>PRI T.38 1/3 G.711 1/3, PRI>SIP T.38 1/3 G.711 1/3"),
            (27, (1, 1, 1, 1), 14400, (), "0:27  50 %  0:15 left  SIP>PRI T.38 1/3 G.711 1/3, PRI>SIP T.38 1/3 G.711 1/3"),
            (32, (2, 2, 2, 1), 14400, (), None),
            (42, (3, 3, 3, 2), 14400, (), None),
            (43, (3, 3, 3, 2), 14400, ("100", "101", "102"), None),
            (60, (3, 3, 3, 3), 14400, ("100", "101", "102"),
             "1:00 100 %             SIP>PRI T.38 3/3 G.711 3/3, PRI>SIP T.38 3/3 G.711 3/3"),
        ]
        for second, pages, bit_rate, ended, expected in steps:
            with self.subTest(second=second):
                line = self.hear(second, pages, bit_rate, ended)

                self.assertLessEqual(len(line), 80)
                if expected:
                    self.assertEqual(line, expected)

    def test_counts_no_page_that_does_not_exist(self):
        self.hear(10, (0, 0, 0, 0))

        line = self.hear(40, (4, 4, 4, 4))

        self.assertNotIn("4/3", line)
        self.assertIn("100 %", line)

    def test_a_page_that_takes_longer_than_was_thought_is_not_over(self):
        self.hear(10, (0, 0, 0, 0))

        line = self.hear(500, (0, 0, 0, 0))

        self.assertIn(" 33 %", line)
        self.assertIn("0/3", line)


if __name__ == "__main__":
    unittest.main()
