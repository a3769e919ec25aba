#pragma once

#include <optional>

#include "gateway/call/media_description.h"

namespace sg::sip {

// Who is on hold in one dialog, us by the peer and the peer by us, as directions of audio say it (RFC 3264 section 8.4,
// RFC 6337 section 5.3). A fax has no hold. A value.
class Hold {
 public:
  void want(bool is_on) { is_wanted_ = is_on; }
  bool is_wanted() const { return is_wanted_; }
  // The peer has not been told yet what is wanted.
  bool is_due() const { return is_wanted_ != is_told_; }

  // What re-INVITEs offer to tell it: `ours`, with `theirs` as the peer last described itself.
  call::MediaDescription offer(call::MediaDescription ours, const call::MediaDescription* theirs) const;
  // The peer has taken that.
  void on_told() { is_told_ = !is_told_; }
  // Descriptions of ours: one that goes both ways ends a hold, an answer goes by what is wanted.
  void on_offered(const call::MediaDescription& ours);
  void on_answered(const call::MediaDescription& ours);
  // Whom we hold stays so, whatever it offers meanwhile.
  call::MediaDescription applied_to(call::MediaDescription ours) const;

  // The peer's description that stands now. Set: it has just put us on hold, or taken us back.
  std::optional<bool> on_described(const call::MediaDescription& theirs);

 private:
  bool is_wanted_ = false, is_told_ = false;  // ours
  bool is_held_ = false;                      // the peer's
};

}  // namespace sg::sip
