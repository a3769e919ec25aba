// The D-channels of an Interface: what is heard of them, and what happens to the calls when another has the messages or
// none is left.
#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"

namespace sg::tdm::pri {

void Interface::on_one_way(size_t index) {
  const bool is_one_way = links_[index].is_one_way();
  if (is_one_way) {
    one_ways_.add();
    log_.error("D-channel on span {}: the far end does not hear us, and asks for layer 2 again and again",
               dchannels_.span_of(index));
  } else {
    log_.info("D-channel on span {}: the far end hears us again", dchannels_.span_of(index));
  }
  dchannels_.set_one_way(index, is_one_way);
}

void Interface::on_dchannel_up() {
  if (links_[hearing_].heard_maintenance() && dchannels_.is_up(hearing_)) return on_dchannel_service(true);
  dchannels_.set_up(hearing_, true);
}

void Interface::on_dchannel_down() {
  if (links_.size() > 1 && links_[hearing_].heard_maintenance()) return on_dchannel_service(false);
  dchannels_.set_up(hearing_, false);
}

void Interface::on_dchannel_service(bool in_service) {
  if (links_.size() == 1) return;
  log_.warning("SERVICE puts a D-channel {} service, heard on span {}", in_service ? "into" : "out of",
               dchannels_.span_of(hearing_));
  // libpri does not tell which one is meant. In service: the one that it came on, for where else should the calls be
  // signalled? Out of service: there are calls on the other one then, or will be.
  size_t other = hearing_ == 0 ? 1 : 0;
  if (config_.role == IsdnRole::User) dchannels_.follow(in_service ? hearing_ : other);
}

void Interface::on_interface_up() {
  log_.info("D-channel is up{}", links_.size() > 1 ? fmt::format(": span {}", active_span()) : "");
  restarts_.set_up(true);
  service_.on_interface_up();
  tell_service();
  watch_dchannel();
  if (config_.restart_when_up) restarts_.restart_all();
  tell([](Listener& listener) { listener.on_interface_up(); });
}

void Interface::on_interface_down() {
  interface_downs_.add();
  log_.error("D-channel is down");
  // libpri ends the calls that are not active, once it has tried in vain to bring the D-channel up again.
  watch_dchannel();
  restarts_.set_up(false);
  tell([](Listener& listener) { listener.on_interface_down(); });
}

void Interface::on_leaving(size_t from) {
  // What libpri had still to tell of the calls there it would lose, once they have moved.
  run_timers_of(from);
}

void Interface::on_changed_over(size_t from, size_t to, bool is_lost) {
  changeovers_.add();
  log_.warning("D-channel on span {} has the calls now, in place of span {}", dchannels_.span_of(to),
               dchannels_.span_of(from));
  for (SignallingCallId id : calls_.ids()) {
    if (Call* call = calls_.find(id)) move(*call, is_lost);
  }
  restarts_.send_again();
  tell_service();
  watch_dchannel();
}

void Interface::move(Call& call, bool messages_are_lost) {
  if (call.state() == CallState::Over || !links_.exists(call.handle)) return;
  active_link().adopt(call.reference, call.outgoing);
  if (call.state() == CallState::Releasing) {
    // Nobody may have heard DISCONNECT. RELEASE goes out at once, not when T305 runs out (Q.931 5.3.3): until then both
    // ends hold a timeslot that nobody speaks on.
    if (messages_are_lost) {
      active_link().pretend_disconnect(call.reference, call.outgoing, call.release_cause);
      ::pri_hangup(pri(), call.handle, call.release_cause);
    }
    return guard_release(call);
  }
  // What was on its way when the D-channel failed is lost: of a call that is being set up nobody knows how it stands.
  if (messages_are_lost && !call.is_answered()) hang_up(call, kTemporaryFailure);
}

void Interface::follow(int event) {
  // The network chooses; libpri answers each call where its last message came from.
  if (config_.role != IsdnRole::User) return;
  switch (event) {
    case PRI_EVENT_RING:
    case PRI_EVENT_SETUP_ACK:
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_RINGING:
    case PRI_EVENT_ANSWER:
    case PRI_EVENT_RESTART:
      return dchannels_.follow(hearing_);
    default:
      return;
  }
}

void Interface::watch_dchannel() {
  if (std::exchange(was_heard_, dchannels_.is_heard()) != dchannels_.is_heard()) tell_line_of_calls();
  if (dchannels_.is_heard()) return t309_.cancel();
  if (t309_.is_armed()) return;
  t309_.arm(config_.t309, [this] {
    timer_expiries_.add();
    auto ids = calls_.ids();
    if (!ids.empty()) log_.warning("T309 has run out: {} calls end", ids.size());
    for (SignallingCallId id : ids) abandon(*calls_.find(id), kOutOfOrder);
  });
}

}  // namespace sg::tdm::pri
