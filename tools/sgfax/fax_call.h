#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "gateway/sip/sip_agent.h"
#include "tools/sgfax/fax_media.h"
#include "tools/sgfax/options.h"
#include "tools/sgfax/progress.h"

namespace sg::sgfax {

// How one fax went, for people and programs.
struct Report {
  bool success = false;
  bool sent = false;  // else received
  int pages = 0;
  int pages_total = 0;  // of the document sent
  int bit_rate = 0;
  bool ecm = false;
  double seconds = 0;
  std::string transport = "none";
  std::string far_identity;
  std::string file;
  std::string error;
};

// One call of the fax machine, from INVITE to report. On the SuRoot's thread.
class FaxCall final : call::LegListener {
 public:
  // `done` is called once, when the leg is over; it may not destroy the call.
  FaxCall(Reactor& reactor, const Options& options, std::unique_ptr<call::Leg> leg, media::PortPair port,
          t38::FaxMachineOptions machine, std::function<void(const Report&)> done);
  ~FaxCall() override;

  void call(int pages_total);
  // An incoming call, whose offer is this; not set: it made none. `pages_total`: of the document that it may poll.
  void answer(const std::optional<call::MediaDescription>& offer, int pages_total);
  void hang_up(const std::string& why);

  // "2 of 3 pages  66 %  14400 ECM  0:12 left", for a line that is overwritten.
  std::string progress();
  bool is_over() const { return is_over_; }

 private:
  void on_proceeding() override {}
  void on_progress(bool, const std::optional<call::MediaDescription>&) override;
  void on_alerting(bool, const std::optional<call::MediaDescription>&) override;
  void on_answered(const std::optional<call::MediaDescription>& media) override;
  void on_timeslot(tdm::Timeslot) override {}
  void on_disconnected(call::Cause, bool) override {}
  void on_released(call::Cause cause) override;
  void on_offer(const call::MediaDescription& offer) override;
  void on_offer_answered(const call::MediaDescription& answer) override;
  void on_offer_refused(int status) override;
  void on_digits(const std::string&) override {}

  void set_pages(int pages_total);
  call::MediaDescription our_audio() const;
  call::MediaDescription our_image() const;
  // Our answer to this, having taken it up; nothing: it is to be refused.
  std::optional<call::MediaDescription> take_up(const call::MediaDescription& remote);
  void on_established();
  void ask_for_t38();
  void watch_machine();
  Report report(const call::Cause& cause) const;

  Reactor& reactor_;
  const Options& options_;
  t38::FaxMachineOptions machine_options_;
  std::function<void(const Report&)> done_;
  std::unique_ptr<call::Leg> leg_;
  FaxMedia media_;
  Log log_;
  std::optional<call::MediaDescription> early_;
  TimePoint started_;
  int pages_total_ = 0;
  ProgressLine progress_{0, 0};
  bool is_answered_ = false;
  bool is_over_ = false;
  std::string why_;
  Timer watch_, ask_, patience_, hang_up_;
};

}  // namespace sg::sgfax
