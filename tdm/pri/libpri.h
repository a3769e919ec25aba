#pragma once

// libpri's header is plain C and does not say so to C++.
#include <sys/time.h>

extern "C" {
#include <libpri.h>
}
