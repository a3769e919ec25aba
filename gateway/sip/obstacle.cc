#include "gateway/sip/obstacle.h"

#include <dlfcn.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>

#include <cerrno>
#include <unordered_map>

namespace sg::sip {
namespace {

// By Call-ID. Sofia's transports tell a message of its error by this function's name, before its transactions answer
// the request with 503: the event comes later, and nothing in it tells why.
thread_local std::unordered_map<std::string, int> send_errors;
// Those of requests that nobody asks about (BYE) stay: all go when there are so many.
constexpr size_t kMostErrors = 4096;

void note_send_error(msg_t* message, int error) {
  const auto* sip = reinterpret_cast<const sip_t*>(::msg_object(message));
  if (error <= 0 || !sip || !sip->sip_request || !sip->sip_call_id) return;
  if (send_errors.size() >= kMostErrors) send_errors.clear();
  send_errors[sip->sip_call_id->i_id] = error;
}

call::Obstacle obstacle_of_error(int error) {
  switch (error) {
    case ECONNREFUSED:
      return call::Obstacle::ConnectionRefused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return call::Obstacle::NoRoute;
    case ETIMEDOUT:
      return call::Obstacle::NoAnswer;
    default:
      return call::Obstacle::NotSent;
  }
}

}  // namespace

int take_send_error(const std::string& call_id) {
  auto found = send_errors.find(call_id);
  if (found == send_errors.end()) return 0;
  const int error = found->second;
  send_errors.erase(found);
  return error;
}

call::Obstacle obstacle_of(int status, const sip_t* response, int send_error) {
  if (response && !::nta_sip_is_internal(response)) {
    return status == 401 || status == 407 ? call::Obstacle::PasswordWanted : call::Obstacle::None;
  }
  // Timer B (RFC 3261 section 17.1.1.2).
  return status == 408 ? call::Obstacle::NoAnswer : obstacle_of_error(send_error);
}

}  // namespace sg::sip

extern "C" void msg_set_errno(msg_t* message, int error) {
  using Set = void(msg_t*, int);
  static auto* const theirs = reinterpret_cast<Set*>(::dlsym(RTLD_NEXT, "msg_set_errno"));
  sg::sip::note_send_error(message, error);
  if (theirs) theirs(message, error);
}
