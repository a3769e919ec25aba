"""The wall clock is set while calls are up: by an administrator, NTP, or a virtual machine that wakes up."""

import os
import struct
import time
import unittest.mock

import rig
from support import ROUTES, SystemTest

SHIM = rig.BIN.parent / "tests/libsg_wall_clock.so"


class WallClockIsSet(SystemTest):
    @classmethod
    def set_up(cls, bench):
        if not SHIM.exists():
            raise rig.RigError(f"{SHIM} is not built")
        cls.offset = bench.folder / "wall-clock"
        cls.offset.write_bytes(bytes(8))
        bench.start_exchange([{"number": "300", "kind": "echo"}])
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        with unittest.mock.patch.dict(os.environ, {"LD_PRELOAD": str(SHIM), "SG_WALL_CLOCK": str(cls.offset),
                                                   "ASAN_OPTIONS": sanitizer.strip(":")}):
            bench.start_gateway(sip_trunks={"pbx": {"peer": f"sip:127.0.0.1:{cls.peer_port}"}}, routes=ROUTES)

    def set_clock(self, seconds):
        with self.offset.open("r+b") as file:
            file.write(struct.pack("=q", seconds * 10 ** 9))

    def talking_ms(self):
        calls = self.bench.control("calls")
        return calls[0]["talking_ms"] or 0 if calls else None

    def test_a_step_ends_no_session_and_changes_no_duration(self):
        for seconds in (3600, -3600, 40, 10 * 365 * 86400):
            with self.subTest(step=seconds):
                self.step_in_a_call(seconds)

    def step_in_a_call(self, seconds):
        before = len(self.bench.call_records())
        self.set_clock(0)
        began = time.monotonic()
        sipp = self.call_with_sipp("uac_session_timer", "300", values={"EXPIRES": 1800})
        self.wait("the answer", lambda: self.talking_ms())
        self.set_clock(seconds)

        # Whatever ends a session at once has done so by then.
        self.wait("three seconds of talk", lambda: (self.talking_ms() or 0) >= 3000)
        (call,) = self.bench.control("calls")
        self.assertLess(call["talking_ms"], 1000 * (time.monotonic() - began) + 1000)
        self.bench.control("hangup", id=call["id"])

        sipp.finish()
        record = self.new_record(before)
        self.assertIsNone(record["peer_gone"])
        self.assertEqual((record["released_by"], record["cause"]["q850"]), ("gateway", 16))
        self.assertGreaterEqual(record["talk_s"], 3)
        self.assertLess(record["talk_s"], time.monotonic() - began + 1)
        self.assertLess(record["started"], record["answered"])
        self.assertLess(record["answered"], record["ended"])
        self.wait_for_no_calls()
