#include "gateway/call/fax_outcome.h"

namespace sg::call {

void FaxOutcome::on_frame(std::string_view frame) {
  is_seen_ = true;
  if (frame == "DCN") {
    is_disconnected_ = true;
  } else if (frame.ends_with("EOP")) {
    // End of procedure: no page follows this one. With ECM it comes inside a partial page signal.
    last_page_ = LastPage::Sent;
  } else if (frame.ends_with("MPS") || frame.ends_with("EOM") || frame == "DCS") {
    last_page_ = LastPage::NotYet;
  } else if (last_page_ == LastPage::Sent && (frame == "MCF" || frame == "RTP" || frame == "PIP")) {
    last_page_ = LastPage::Confirmed;
  } else if (last_page_ == LastPage::Sent && (frame == "RTN" || frame == "PIN" || frame == "ERR")) {
    last_page_ = LastPage::Refused;
  }
}

FaxOutcome::Verdict FaxOutcome::verdict() const {
  if (!is_seen_) return Verdict::Unknown;
  if (last_page_ == LastPage::Confirmed) return is_disconnected_ ? Verdict::Delivered : Verdict::InDoubt;
  return last_page_ == LastPage::Sent ? Verdict::InDoubt : Verdict::Failed;
}

std::string_view name(FaxOutcome::Verdict verdict) {
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

}  // namespace sg::call
