#pragma once

namespace sg::bench {

// What a fax call costs beside CPU, a line a figure: the delay that G.711 over RTP adds between two timeslots, and the
// memory of a call.
void print_delay_and_memory();

}  // namespace sg::bench
