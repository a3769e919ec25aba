#include "gateway/sip/sip_words.h"

#include <random>

namespace sg::sip {

uint64_t random_number() {
  static std::mt19937_64 generator{std::random_device{}()};
  return generator();
}

}  // namespace sg::sip
