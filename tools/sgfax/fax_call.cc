#include "tools/sgfax/fax_call.h"

#include <algorithm>

namespace sg::sgfax {
namespace {

// How long the calling side waits for the peer to ask for T.38.
constexpr auto kAskAfter = 10s;
// The called side does not.
constexpr auto kAskSoon = 100ms;
// Glare is tried again as RFC 3261 section 14.1 has it, in the middle of its ranges.
constexpr auto kRetryAsCaller = 3s;
constexpr auto kRetryAsCalled = 1s;
// What the machine said last is to be heard before the call is cleared: DCN, with its repetitions.
constexpr auto kLastWords = 500ms;
// The called machine leaves hanging up to the calling one, for so long.
constexpr auto kCourtesy = 3s;

// Why no call came about.
std::string words_of(const call::Cause& cause) {
  if (cause.obstacle == call::Obstacle::PasswordWanted) return "the call was refused: the peer asks for a password";
  if (cause.obstacle != call::Obstacle::None) return fmt::format("{}", name_of(cause.obstacle));
  if (cause.sip_status == 0) return fmt::format("the call ended: {}", call::text_of(cause));
  return fmt::format("the call was refused: {} {}", cause.sip_status, call::text_of(cause));
}

}  // namespace

FaxCall::FaxCall(Reactor& reactor, const Options& options, std::unique_ptr<call::Leg> leg, media::PortPair port,
                 t38::FaxMachineOptions machine, std::function<void(const Report&)> done)
    : reactor_(reactor),
      options_(options),
      machine_options_(std::move(machine)),
      done_(std::move(done)),
      leg_(std::move(leg)),
      media_(reactor, std::move(port), machine_options_),
      log_(leg_->name()),
      started_(reactor.now()),
      watch_(reactor),
      ask_(reactor),
      patience_(reactor),
      hang_up_(reactor) {
  leg_->set_listener(this);
  patience_.arm(options_.timeout, [this] { hang_up("the call took too long"); });
}

FaxCall::~FaxCall() {
  leg_->set_listener(nullptr);
}

call::MediaDescription FaxCall::our_audio() const {
  call::AudioStream audio;
  audio.rtp = media_.local();
  audio.codecs = {media::static_codec(CodecId::Pcma), media::static_codec(CodecId::Pcmu)};
  if (options_.codec == CodecId::Pcmu) std::swap(audio.codecs[0], audio.codecs[1]);
  audio.voice_band_data = {8, 0};
  audio.no_silence_suppression = true;
  return {.audio = audio, .image = std::nullopt};
}

call::MediaDescription FaxCall::our_image() const {
  return {.audio = std::nullopt, .image = call::ImageStream{.udptl = media_.local(), .params = {}}};
}

void FaxCall::set_pages(int pages_total) {
  pages_total_ = pages_total;
  std::error_code error;
  const auto octets = pages_total > 0 ? std::filesystem::file_size(machine_options_.send_file, error) : 0;
  progress_ = ProgressLine(pages_total, error ? 0 : octets);
}

void FaxCall::call(int pages_total) {
  set_pages(pages_total);
  call::Setup setup;
  setup.called.digits = options_.number;
  setup.calling.number.digits = options_.from;
  leg_->setup(setup, our_audio());
}

void FaxCall::answer(const std::optional<call::MediaDescription>& offer, int pages_total) {
  set_pages(pages_total);
  if (!offer) return leg_->answer(our_audio());
  auto ours = take_up(*offer);
  if (!ours) return leg_->release(call::cause_of_sip(488));
  leg_->answer(ours);
  on_established();
}

std::optional<call::MediaDescription> FaxCall::take_up(const call::MediaDescription& remote) {
  auto use = [&](Result<> used, call::MediaDescription ours) -> std::optional<call::MediaDescription> {
    if (used) return ours;
    why_ = used.error().message;
    return std::nullopt;
  };
  if (remote.audio && !remote.audio->codecs.empty()) {
    // The law we prefer, if the peer knows it too.
    auto ordered = *remote.audio;
    std::stable_partition(ordered.codecs.begin(), ordered.codecs.end(),
                          [&](const call::AudioCodec& codec) { return codec.id == options_.codec; });
    auto ours = our_audio();
    ours.audio->codecs = ordered.codecs;
    return use(media_.use_audio(ordered), ours);
  }
  if (remote.image && options_.carriage == Carriage::T38) {
    auto ours = our_image();
    ours.image->params = t38::answer(remote.image->params, ours.image->params);
    return use(media_.use_t38(*remote.image), ours);
  }
  return std::nullopt;
}

void FaxCall::on_progress(bool, const std::optional<call::MediaDescription>& media) {
  if (media) early_ = media;
}

void FaxCall::on_alerting(bool, const std::optional<call::MediaDescription>& media) {
  if (media) early_ = media;
}

void FaxCall::on_answered(const std::optional<call::MediaDescription>& media) {
  const auto& remote = media ? media : early_;
  if (!remote || !take_up(*remote)) return hang_up("the peer takes no fax media of ours");
  on_established();
}

void FaxCall::on_established() {
  is_answered_ = true;
  watch_machine();
  if (options_.carriage != Carriage::T38 || media_.is_t38()) return;
  if (options_.ask_for_t38 == AskForT38::Never) return;
  Duration after = machine_options_.calling ? Duration(kAskAfter) : Duration(kAskSoon);
  if (options_.ask_for_t38 == AskForT38::After) after = options_.ask_after;
  ask_.arm(after, [this] { ask_for_t38(); });
}

void FaxCall::ask_for_t38() {
  if (media_.is_t38() || !media_.machine()) return;
  // Once the machines understand each other over audio, a change would only disturb.
  if (machine_options_.calling && media_.machine()->progress().phase != "calling") return;
  leg_->offer(our_image());
}

void FaxCall::on_offer(const call::MediaDescription& offer) {
  auto ours = take_up(offer);
  if (!ours) return leg_->refuse_offer(488);
  ask_.cancel();
  leg_->answer_offer(*ours);
}

void FaxCall::on_offer_answered(const call::MediaDescription& answer) {
  bool was_answered = is_answered_;
  if (!take_up(answer)) return hang_up("the peer's answer carries no fax");
  // An INVITE without SDP: this answer begins the media.
  if (!was_answered) on_established();
}

void FaxCall::on_offer_refused(int status) {
  log_.info("T.38 refused status={}", status);
  if (status != 491) return;
  ask_.arm(machine_options_.calling ? kRetryAsCaller : kRetryAsCalled, [this] { ask_for_t38(); });
}

void FaxCall::watch_machine() {
  watch_.arm(100ms, [this] { watch_machine(); });
  auto* machine = media_.machine();
  if (!machine || !machine->is_finished() || hang_up_.is_armed()) return;
  hang_up_.arm(machine_options_.calling ? Duration(kLastWords) : Duration(kCourtesy),
               [this] { leg_->release(call::kNormalClearing); });
}

void FaxCall::hang_up(const std::string& why) {
  if (why_.empty()) why_ = why;
  leg_->release(call::kNormalClearing);
}

void FaxCall::on_released(call::Cause cause) {
  for (auto* timer : {&watch_, &ask_, &patience_, &hang_up_}) timer->cancel();
  media_.stop();
  if (auto* machine = media_.machine()) machine->hang_up();
  is_over_ = true;
  done_(report(cause));
}

Report FaxCall::report(const call::Cause& cause) const {
  Report report;
  report.sent = sends(options_.command);
  report.pages_total = pages_total_;
  report.file = (report.sent ? options_.file : machine_options_.receive_file).string();
  report.seconds = std::chrono::duration<double>(reactor_.now() - started_).count();
  auto* machine = media_.machine();
  if (!machine) {
    report.error = why_.empty() ? words_of(cause) : why_;
    return report;
  }
  auto result = machine->result();
  report.transport = media_.is_t38() ? "T.38" : "G.711";
  report.pages = report.sent ? result.pages_sent : result.pages_received;
  report.bit_rate = result.bit_rate;
  report.ecm = result.ecm;
  report.far_identity = result.far_identity;
  report.success = result.success && (report.sent ? report.pages == pages_total_ : report.pages > 0);
  if (!report.success) report.error = why_.empty() ? result.status_text : why_;
  return report;
}

std::string FaxCall::progress() {
  auto* machine = media_.machine();
  return machine ? progress_.at(machine->progress(), reactor_.now()) : "calling";
}

}  // namespace sg::sgfax
