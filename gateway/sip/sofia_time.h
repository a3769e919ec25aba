#pragma once

namespace sg::sip {

// Sofia takes the time for all its timers, those of sessions too (RFC 4028), from su_time(): the wall clock, in
// microseconds. A program with this file has a su_time() of its own instead, and the dynamic linker binds the library's
// calls to it. It is the wall time of the program's start, and goes on from there by the steady clock: whoever sets the
// clock moves no timer.
//
// And it counts whole milliseconds, as Sofia's root can wait only for so many: what is left to the next timer is then
// never a part of one, for which the root would ask again and again without waiting.
//
// To be called once by whoever makes a root, so that a static library's linker takes this file in. Any thread.
void use_steady_time();

}  // namespace sg::sip
