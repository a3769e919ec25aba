#include "gateway/fax/log/fax_outcome.h"

#include <algorithm>

namespace sg::fax {
namespace {

using Milliseconds = FaxOutcome::Milliseconds;
namespace fcf = t38::fcf;

// T.30 clause 5.4.3.1: a command that is not answered is repeated when T4 is over, 3 s less or more 15 % (4.5 s for
// machines that a person serves), which counts from its end. The next one, or the DCN of a sender that gives up after
// the third, ends a preamble of 1 s, less or more 15 %, and at least 0.15 s of frame later.
constexpr Milliseconds kSoonestRepeat(2550 + 850 + 150);
constexpr Milliseconds kLatestRepeat(5175 + 1150 + 400);
// DCN is shorter than PPS-EOP by 0.1 s; the rest is for the network's jitter.
constexpr Milliseconds kTolerance(300);

bool confirms(t38::FrameCode frame) {
  return frame.kind == fcf::kMcf || frame.kind == fcf::kRtp || frame.kind == fcf::kPip;
}
bool refuses(t38::FrameCode frame) {
  return frame.kind == fcf::kRtn || frame.kind == fcf::kPin || frame.kind == fcf::kErr;
}

}  // namespace

void FaxOutcome::on_frame(Milliseconds at, t38::FrameCode frame) {
  is_seen_ = true;
  if (frame.kind == fcf::kDcn) {
    if (!is_disconnected_) on_goodbye(at);
  } else if (frame.is_eop() || (frame.kind == fcf::kRr && last_page_ != LastPage::NotYet)) {
    // What ends the document. With ECM it comes inside a partial page signal, or after RNR as RR.
    last_page_ = LastPage::Sent;
    on_command(at);
  } else if (last_page_ == LastPage::Sent && confirms(frame)) {
    last_page_ = LastPage::Confirmed;
    was_confirmed_ = true;
  } else {
    // Whatever else is said is an answer that the sender acts upon, or a new page.
    if (!confirms(frame)) commands_ = 0;
    if (frame.is_mps() || frame.is_eom() || frame.kind == fcf::kDcs) last_page_ = LastPage::NotYet;
    if (last_page_ == LastPage::Sent && refuses(frame)) last_page_ = LastPage::Refused;
  }
}

void FaxOutcome::on_command(Milliseconds at) {
  const Milliseconds apart = at - command_at_;
  command_at_ = at;
  if (commands_ == 0) {
    commands_ = 1;
    was_confirmed_ = false;
    patience_ = Milliseconds(0);
    return;
  }
  // Sooner it was asked for (CRP), or is an echo.
  if (apart + kTolerance < kSoonestRepeat) return;
  ++commands_;
  // One between the two was not seen here.
  const Milliseconds one = apart > kLatestRepeat ? apart / 2 : apart;
  patience_ = patience_ == Milliseconds(0) ? one : std::min(patience_, one);
}

// A sender that hears MCF says DCN at once. One that hears nothing says it when it would have sent its command again:
// how long that takes it has shown by then. The count alone tells nothing: T.30 gives up after three commands, and not
// all machines do; a sender that heard the third MCF is a happy one.
void FaxOutcome::on_goodbye(Milliseconds at) {
  is_disconnected_ = true;
  is_given_up_ = commands_ > 1 && at - command_at_ + kTolerance >= patience_;
}

bool FaxOutcome::is_unheard() const {
  // Receivers answer a command that comes again by MCF once more, or by DCN, as they take it for out of order.
  const bool is_asked_again = last_page_ == LastPage::Sent && commands_ > 1;
  return was_confirmed_ && (is_asked_again || (last_page_ == LastPage::Confirmed && is_given_up_));
}

FaxOutcome::Verdict FaxOutcome::verdict() const {
  if (!is_seen_) return Verdict::Unknown;
  if (last_page_ == LastPage::Confirmed) {
    return is_disconnected_ && !is_unheard() ? Verdict::Delivered : Verdict::InDoubt;
  }
  return last_page_ == LastPage::Sent ? Verdict::InDoubt : Verdict::Failed;
}

std::string_view name_of(FaxOutcome::Verdict verdict) {
  switch (verdict) {
    case FaxOutcome::Verdict::Unknown:
      return "unknown";
    case FaxOutcome::Verdict::Delivered:
      return "delivered";
    case FaxOutcome::Verdict::InDoubt:
      return "in doubt";
    case FaxOutcome::Verdict::Failed:
      return "failed";
  }
  return "";
}

}  // namespace sg::fax
