// Which D-channel of an Interface has the messages, and what happens to the calls when that changes or none is left.
#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"

namespace sg::tdm::pri {

namespace {

// How long the primary has, once the backup is up, when the interface starts. Both ends begin on it then.
constexpr Duration kWaitForPrimary = 3s;

}  // namespace

void Interface::on_one_way(size_t index) {
  if (links_[index].is_one_way()) {
    one_ways_.add();
    log_.error("D-channel on span {}: the far end does not hear us, and asks for layer 2 again and again",
               links_.span_of(index));
  } else {
    log_.info("D-channel on span {}: the far end hears us again", links_.span_of(index));
  }
  choose_dchannel();
}

void Interface::on_dchannel_up() {
  if (links_[hearing_].heard_maintenance() && links_.is_up(hearing_)) return on_dchannel_service(true);
  links_.set_up(hearing_, true);
  choose_dchannel();
}

void Interface::on_dchannel_down() {
  if (links_.size() > 1 && links_[hearing_].heard_maintenance()) return on_dchannel_service(false);
  links_.set_up(hearing_, false);
  choose_dchannel();
}

void Interface::on_dchannel_service(bool in_service) {
  if (links_.size() == 1) return;
  log_.warning("SERVICE puts a D-channel {} service, heard on span {}", in_service ? "into" : "out of",
               links_.span_of(hearing_));
  // libpri does not tell which one is meant. In service: the one that it came on, for where else should the calls be
  // signalled? Out of service: there are calls on the other one then, or will be.
  size_t other = hearing_ == 0 ? 1 : 0;
  size_t wanted = in_service ? hearing_ : other;
  if (config_.role == Role::User && links_.is_usable(wanted)) change_over(wanted);
}

void Interface::choose_dchannel() {
  size_t best = links_.best();
  bool may_wait = best != 0 && !was_up_ && !waited_for_primary_;
  if (may_wait && links_.is_up(best)) {
    if (first_choice_.is_armed()) return;
    return first_choice_.arm(kWaitForPrimary, [this] {
      waited_for_primary_ = true;
      choose_dchannel();
    });
  }
  change_over(best);
  bool is_up = links_.is_up(links_.active_index());
  if (is_up && !is_up_) return come_up();
  if (!is_up && is_up_) return go_down();
}

void Interface::come_up() {
  is_up_ = was_up_ = true;
  log_.info("D-channel is up{}", links_.size() > 1 ? fmt::format(": span {}", active_span()) : "");
  for (const auto& entry : inventory_.status()) {
    inventory_.set_restarting(entry.slot, false);
    inventory_.set_out_of_service(entry.slot, withdrawn_.contains(entry.slot));
    // The far end may have been started anew.
    if (entry.is_blocked) service_untold_.insert(entry.slot);
  }
  tell_service();
  watch_dchannel();
  if (config_.restart_when_up) restart_all();
  tell([](Listener& listener) { listener.on_interface_up(); });
}

void Interface::go_down() {
  is_up_ = false;
  interface_downs_.add();
  log_.error("D-channel is down");
  // libpri ends the calls that are not active, once it has tried in vain to bring the D-channel up again.
  watch_dchannel();
  to_restart_.clear();
  restarting_.reset();
  t316_.cancel();
  tell([](Listener& listener) { listener.on_interface_down(); });
}

void Interface::change_over(size_t to) {
  size_t from = links_.active_index();
  if (to == from) return;
  // What libpri had still to tell of the calls there it would lose, once they have moved.
  run_timers_of(from);
  if (links_.active_index() != from) return;
  links_.activate(to);
  bool messages_are_lost = !links_.is_usable(from);
  changeovers_.add();
  log_.warning("D-channel on span {} has the calls now, in place of span {}", links_.span_of(to), links_.span_of(from));
  for (SignallingCallId id : calls_.ids()) {
    if (Call* call = calls_.find(id)) move(*call, messages_are_lost);
  }
  if (restarting_) send_restart();
  tell_service();
  watch_dchannel();
}

void Interface::move(Call& call, bool messages_are_lost) {
  if (call.state == CallState::Over || !links_.exists(call.handle)) return;
  links_.active().adopt(call.reference, call.outgoing);
  if (call.state == CallState::Releasing) {
    // Nobody may have heard DISCONNECT. RELEASE goes out at once, not when T305 runs out (Q.931 5.3.3): until then both
    // ends hold a timeslot that nobody speaks on.
    if (messages_are_lost) {
      links_.active().pretend_disconnect(call.reference, call.outgoing, call.release_cause);
      ::pri_hangup(pri(), call.handle, call.release_cause);
    }
    return guard_release(call);
  }
  // What was on its way when the D-channel failed is lost: of a call that is being set up nobody knows how it stands.
  if (messages_are_lost && call.state < CallState::Active) hang_up(call, kTemporaryFailure);
}

void Interface::follow(int event) {
  // The network chooses; libpri answers each call where its last message came from.
  if (hearing_ == links_.active_index() || config_.role != Role::User || !links_.is_usable(hearing_)) return;
  switch (event) {
    case PRI_EVENT_RING:
    case PRI_EVENT_SETUP_ACK:
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_RINGING:
    case PRI_EVENT_ANSWER:
    case PRI_EVENT_RESTART:
      return change_over(hearing_);
    default:
      return;
  }
}

bool Interface::has_dchannel() const {
  return is_up_ && links_.is_usable(links_.active_index());
}

void Interface::watch_dchannel() {
  if (std::exchange(had_dchannel_, has_dchannel()) != has_dchannel()) tell_line_of_calls();
  if (has_dchannel()) return t309_.cancel();
  if (t309_.is_armed()) return;
  t309_.arm(config_.t309, [this] {
    timer_expiries_.add();
    auto ids = calls_.ids();
    if (!ids.empty()) log_.warning("T309 has run out: {} calls end", ids.size());
    for (SignallingCallId id : ids) abandon(*calls_.find(id), kOutOfOrder);
  });
}

}  // namespace sg::tdm::pri
