#pragma once

#include <cstddef>

// A dial plan of many lines, in a folder of included files, and of two carriers' rate sheets: prints how long it takes
// to load, and what toml++ and libcsv take to do no more than read the same files. False: it does not load.
bool measure_lines_and_rates(size_t lines, size_t rates);
