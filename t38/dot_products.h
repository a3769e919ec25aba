#pragma once

namespace sg::t38 {

// SpanDSP's modem receivers spend half of their time in dot products of 17 to 27 numbers, one a sample or symbol. A
// program that links this has its own vec_dot_prodf(), vec_circular_dot_prodf(), cvec_dot_prodf() and
// cvec_circular_dot_prodf() (declared in spandsp/vector_float.h and spandsp/complex_vector_float.h), and the dynamic
// linker binds SpanDSP's calls to these: with AVX2 and FMA where the processor has them, else as SpanDSP does it. Their
// sums differ from SpanDSP's by rounding only.
//
// Whether AVX2 is used. To ask is what links them.
bool has_fast_dot_products();

}  // namespace sg::t38
