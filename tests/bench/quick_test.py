"""Sees that the benchmark can measure everything: that each figure is there and makes sense, never how large it is."""

import json
import math
import pathlib
import subprocess
import sys
import unittest

BENCH = pathlib.Path(__file__).with_name("bench.py")

# A cost that is the difference of two measurements may, in so short a time, drown in noise.
DIFFERENCES = ("calls.bare.cpu_ms", "calls.sip.cpu_ms", "calls.sip.bare_ratio", "calls.sip.growth_kb", "voice.cpu_ms_per_s", "voice.udp_ratio", "fax.cpu_ms_per_s", "fax.spandsp_ratio")
PROMISED = {
    "gateway.idle_ms_per_s": "ms/s",
    "voice.cpu_ms_per_s": "ms/s", "voice.udp_reference_ms_per_s": "ms/s", "voice.udp_ratio": "x",
    "voice.cpu_ms_per_s_2": "ms/s", "voice.udp_reference_ms_per_s_2": "ms/s", "voice.udp_ratio_2": "x",
    "fax.bare.to_t38_ms_per_s": "ms/s", "fax.bare.from_t38_ms_per_s": "ms/s",
    "fax.tdm.to_t38_ms_per_s": "ms/s", "fax.tdm.from_t38_ms_per_s": "ms/s",
    "fax.tdm.to_t38_ratio": "x", "fax.tdm.from_t38_ratio": "x",
    "fax.rtp.to_t38_ms_per_s": "ms/s", "fax.rtp.from_t38_ms_per_s": "ms/s",
    "fax.rtp.to_t38_ratio": "x", "fax.rtp.from_t38_ratio": "x",
    "fax.channels": "channels", "fax.late_ticks": "ticks",
    "fax.delay_ms": "ms", "fax.memory_per_call_kb": "kB",
    "fax.cpu_ms_per_s": "ms/s", "fax.spandsp_ratio": "x", "fax.cpu_ms_per_s_2": "ms/s", "fax.spandsp_ratio_2": "x",
    "calls.offered": "calls", "calls.failed": "calls", "calls.per_s_per_core": "calls/s",
    "calls.setup_to_invite_ms_p50": "ms", "calls.setup_to_invite_ms_p99": "ms",
    "calls.overload.offered_per_s": "calls/s", "calls.overload.completed_share": "of 1",
    "calls.overload.refused_share": "of 1", "calls.overload.lost_share": "of 1",
    "calls.bare.cpu_ms": "ms", "calls.sip.standing": "calls", "calls.sip.standing_ms_per_s": "ms/s",
    "calls.sip.cpu_ms": "ms", "calls.sip.bare_ratio": "x", "calls.sip.growth_kb": "kB",
    "calls.sip.per_s_per_core": "calls/s",
    "route.load_s": "s", "route.rss_mb": "MB", "route.lookup_us_p50": "us", "route.lookup_us_p99": "us",
    "route.load_lines_rates_ms": "ms", "route.read_lines_rates_ms": "ms", "route.load_lines_rates_ratio": "x",
}
KERNELS = ("g711_decode", "g711_encode", "jitter_buffer", "rtp_parse", "rtp_pack", "udptl_send", "udptl_receive",
           "fax_tone_detector", "dtmf_detector", "cesop_packet_parse")


def bench(*words):
    done = subprocess.run([sys.executable, BENCH, "--quick", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"bench.py {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class QuickBench(unittest.TestCase):
    def test_every_figure_is_there_and_makes_sense(self):
        figures = json.loads(bench("--json"))

        self.assertLessEqual(PROMISED.items(), {name: figure["unit"] for name, figure in figures.items()}.items())
        for kernel in KERNELS:
            self.assertTrue(any(name.startswith(f"kernel.{kernel}") for name in figures), kernel)
        for name, figure in figures.items():
            self.assertTrue(math.isfinite(figure["value"]), name)
            if name == "calls.failed":
                self.assertEqual(figure["value"], 0)
            elif name in ("fax.late_ticks", "calls.overload.refused_share", "calls.overload.lost_share"):
                self.assertGreaterEqual(figure["value"], 0)
            elif not name.startswith(DIFFERENCES):
                self.assertGreater(figure["value"], 0, name)

    def test_a_name_chooses_the_figures_which_are_printed_a_line_each(self):
        lines = bench("kernel.g711").splitlines()

        self.assertEqual([line.split()[0] for line in lines],
                         ["kernel.g711_decode", "kernel.g711_encode", "kernel.g711_convert"])
        for line in lines:
            _, value, unit = line.split()
            self.assertGreater(float(value), 0)
            self.assertEqual(unit, "ns")

    def test_a_name_that_means_nothing_is_refused(self):
        with self.assertRaisesRegex(AssertionError, "there are no figures espresso"):
            bench("espresso")


if __name__ == "__main__":
    unittest.main(verbosity=2)
