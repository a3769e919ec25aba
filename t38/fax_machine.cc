#include "t38/fax_machine.h"

#include <spandsp.h>
#include <spandsp/expose.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <vector>

#include "t38/spandsp.h"
#include "t38/t30_frame.h"
#include "t38/terminal_guard.h"
#include "t38/v17_receiver.h"

namespace sg::t38 {
namespace {

constexpr size_t kSecond = 8000;          // samples
constexpr size_t kGoodbye = 5 * kSecond;  // DCN takes 1.3 s
constexpr size_t kMaxPath = 255;          // octets that SpanDSP keeps of a file name
// Without a frame either way. T.30 waits for none longer than a minute (T0, T5); a page that fills a sheet with the
// finest dots takes some minutes at 2400 bit/s.
constexpr size_t kLongestWait = 90 * kSecond, kLongestPage = 900 * kSecond;

Result<> check_readable(const std::filesystem::path& file) {
  if (file.native().size() > kMaxPath) return fail("{}: the name is longer than {} octets", file.string(), kMaxPath);
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return fail("{}: no such file", file.string());
  auto old_handler = TIFFSetErrorHandler(nullptr);
  TIFF* tiff = TIFFOpen(file.c_str(), "r");
  TIFFSetErrorHandler(old_handler);
  if (tiff == nullptr) return fail("{}: not a TIFF that can be read", file.string());
  TIFFClose(tiff);
  return {};
}

Result<> check_writable(const std::filesystem::path& file) {
  if (file.native().size() > kMaxPath) return fail("{}: the name is longer than {} octets", file.string(), kMaxPath);
  // What is there stays: it may be what an earlier machine of the call received.
  if (!std::ofstream(file, std::ios::binary | std::ios::app)) return fail("{}: cannot be written", file.string());
  return {};
}

// SpanDSP's steps of speed, from which DCS and training are made; there is no call that chooses one.
struct Speed {
  int bit_rate, modem;
};
constexpr std::array<Speed, 8> kSpeeds = {{{14400, T30_SUPPORT_V17},
                                           {12000, T30_SUPPORT_V17},
                                           {9600, T30_SUPPORT_V17},
                                           {9600, T30_SUPPORT_V29},
                                           {7200, T30_SUPPORT_V17},
                                           {7200, T30_SUPPORT_V29},
                                           {4800, T30_SUPPORT_V27TER},
                                           {2400, T30_SUPPORT_V27TER}}};

std::string compression_name(int encoding) {
  switch (encoding) {
    case T4_COMPRESSION_ITU_T4_1D:
      return "mh";
    case T4_COMPRESSION_ITU_T4_2D:
      return "mr";
    case T4_COMPRESSION_ITU_T6:
      return "mmr";
    default:
      return {};
  }
}

// SpanDSP allocates what NSF, NSC and NSS say, anew with each such frame, and never lets go of it.
void forget_non_standard(t30_state_t* t30) {
  for (uint8_t** said : {&t30->rx_info.nsf, &t30->rx_info.nsc, &t30->rx_info.nss}) {
    std::free(*said);
    *said = nullptr;
  }
}

}  // namespace

// What both kinds of machine have in common: the T.30 state, which its fax or terminal state owns.
class FaxMachine::Document {
 public:
  static Result<std::unique_ptr<Document>> make(const FaxMachineOptions& options) {
    if (!options.send_file.empty()) {
      if (auto checked = check_readable(options.send_file); !checked) return tl::unexpected(checked.error());
    }
    if (!options.receive_file.empty()) {
      if (auto checked = check_writable(options.receive_file); !checked) return tl::unexpected(checked.error());
    }
    if (options.identity.size() > T30_MAX_IDENT_LEN)
      return fail("identity {} is longer than 20 characters", options.identity);
    return std::unique_ptr<Document>(new Document(options));
  }

  void attach(t30_state_t* t30);
  void hang_up() {
    LogScope scope(log_);
    if (!status_) t30_terminate(t30_);
  }
  FaxProgress progress() const;
  FaxResult result() const;
  bool is_finished() const { return status_.has_value(); }
  // Not while SpanDSP is at work. It does not say its goodbye while it hears a signal: where that never ends (a tone
  // that it takes for V.21), it would wait for ever. So it does where it has no timer: when nobody answers its CTC.
  void check_patience(size_t samples) {
    if (says_goodbye_) goodbye_ += samples;
    waited_ += samples;
    is_stuck_ |= !is_finished() && waited_ > (is_in_page() ? kLongestPage : kLongestWait);
    if ((options_.says_once && repeats_) || goodbye_ > kGoodbye || is_stuck_) hang_up();
  }
  bool is_training_silent() const { return dcs_sent_ > 0 && dcs_sent_ <= options_.silent_trainings; }
  bool is_done() const { return is_finished() || is_done_; }
  const Log& log() const { return log_; }
  const FaxMachineOptions& options() const { return options_; }

 private:
  explicit Document(const FaxMachineOptions& options) : options_(options), log_(options.log_scope) {}

  // Each frame, before SpanDSP reads it.
  static void on_frame(t30_state_t* t30, void* self, int is_received, const uint8_t* octets, int count) noexcept {
    forget_non_standard(t30);
    if (count <= 0) return;
    // It lies in the receiver's buffer.
    if (is_received) make_harmless({const_cast<uint8_t*>(octets), static_cast<size_t>(count)});
    static_cast<Document*>(self)->see(ByteView(octets, static_cast<size_t>(count)), is_received != 0);
  }
  // T.30 phase B: the peer's DIS has been read, and our DCS not yet made.
  static int on_phase_b(t30_state_t* t30, void* self, int /*frame*/) noexcept {
    static_cast<Document*>(self)->begin_no_faster(t30);
    return T30_ERR_OK;
  }
  // T.30 phase E: the call is over.
  static void on_phase_e(t30_state_t*, void* self, int status) noexcept {
    static_cast<Document*>(self)->finish(status);
  }

  void begin_no_faster(t30_state_t* t30);
  void see(ByteView octets, bool is_received);
  void count_command(uint8_t kind);
  void mind_the_end(const T30Frame& frame);
  bool is_in_page() const { return std::string_view(phase_) == "page"; }
  void finish(int status);
  t30_stats_t statistics() const {
    t30_stats_t stats{};
    if (t30_ != nullptr) t30_get_transfer_statistics(t30_, &stats);
    return stats;
  }

  const FaxMachineOptions options_;
  const Log log_;
  t30_state_t* t30_ = nullptr;
  const char* phase_ = "calling";
  bool is_end_asked_ = false;  // the latest command is the end of the procedure
  bool is_done_ = false;
  std::optional<int> status_;
  uint8_t unanswered_ = 0;  // the command that nothing was heard after
  bool repeats_ = false;    // one was said again
  int dcs_sent_ = 0;
  bool says_goodbye_ = false;
  size_t goodbye_ = 0;  // samples since then …
  size_t waited_ = 0;   // … and since the latest frame
  bool is_stuck_ = false;
};

void FaxMachine::Document::attach(t30_state_t* t30) {
  t30_ = t30;
  log_at_debug(t30_get_logging_state(t30));
  t30_set_tx_ident(t30, options_.identity.c_str());
  if (!options_.header_info.empty()) t30_set_tx_page_header_info(t30, options_.header_info.c_str());
  if (!options_.send_file.empty()) t30_set_tx_file(t30, options_.send_file.c_str(), -1, -1);
  if (!options_.receive_file.empty()) t30_set_rx_file(t30, options_.receive_file.c_str(), -1);
  // Debian's libtiff cannot read back some T.4 pages of dithered images.
  t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
  t30_set_ecm_capability(t30, options_.ecm ? TRUE : FALSE);
  t30_set_supported_modems(t30, modems_up_to(options_.max_bit_rate, options_.v17, options_.v29, options_.v27ter));
  t30_set_supported_compressions(t30, (options_.mh ? T30_SUPPORT_T4_1D_COMPRESSION : 0) |
                                          (options_.mr ? T30_SUPPORT_T4_2D_COMPRESSION : 0) |
                                          (options_.mmr ? T30_SUPPORT_T6_COMPRESSION : 0));
  t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION |
                                         T30_SUPPORT_SUPERFINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION |
                                         T30_SUPPORT_R16_RESOLUTION | T30_SUPPORT_300_300_RESOLUTION |
                                         T30_SUPPORT_400_400_RESOLUTION);
  t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_255MM_WIDTH | T30_SUPPORT_303MM_WIDTH |
                                         T30_SUPPORT_UNLIMITED_LENGTH | T30_SUPPORT_A4_LENGTH | T30_SUPPORT_B4_LENGTH |
                                         T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH);
  t30_set_real_time_frame_handler(t30, &Document::on_frame, this);
  if (options_.first_bit_rate > 0) t30_set_phase_b_handler(t30, &Document::on_phase_b, this);
  t30_set_phase_e_handler(t30, &Document::on_phase_e, this);
}

void FaxMachine::Document::begin_no_faster(t30_state_t* t30) {
  auto step = static_cast<size_t>(std::max(t30->current_fallback, 0));
  auto is_slow_enough = [&](const Speed& speed) {
    return speed.bit_rate <= options_.first_bit_rate && (speed.modem & t30->current_permitted_modems) != 0;
  };
  while (step < kSpeeds.size() && !is_slow_enough(kSpeeds[step])) ++step;
  if (step < kSpeeds.size()) t30->current_fallback = static_cast<int>(step);
}

void FaxMachine::Document::see(ByteView octets, bool is_received) {
  auto frame = T30Frame::parse(octets);
  if (!frame) return;
  waited_ = 0;
  if (is_received) {
    unanswered_ = 0;
  } else {
    count_command(frame->kind);
  }
  mind_the_end(*frame);
  switch (frame->kind) {
    case fcf::kDis:
    case fcf::kDtc:
    case fcf::kDcs:
    case fcf::kFtt:
    case fcf::kCtc:
      phase_ = "negotiating";
      break;
    case fcf::kCfr:
    case fcf::kCtr:
    case fcf::kMcf:
    case fcf::kPpr:
      phase_ = "page";
      break;
    case fcf::kPps:
    case fcf::kMps:
    case fcf::kEom:
    case fcf::kEop:
      phase_ = "confirming";
      break;
    default:
      break;
  }
}

void FaxMachine::Document::count_command(uint8_t kind) {
  says_goodbye_ |= kind == fcf::kDcn;
  if (kind != fcf::kDis && kind != fcf::kDtc && kind != fcf::kDcs) return;
  repeats_ |= unanswered_ == kind;
  unanswered_ = kind;
  dcs_sent_ += kind == fcf::kDcs;
}

// T.30 clause 5.3.6.1: EOP ends the procedure, and only DCN follows its confirmation.
void FaxMachine::Document::mind_the_end(const T30Frame& frame) {
  const std::string_view name = frame.name();
  if (name == "DCN" || (name == "MCF" && is_end_asked_)) is_done_ = true;
  if (name == "DCS") is_done_ = false;  // another document
  if (name.ends_with("EOP")) is_end_asked_ = true;
  if (name.ends_with("MPS") || name.ends_with("EOM") || name == "DCS" || name == "PPS-NULL") is_end_asked_ = false;
}

void FaxMachine::Document::finish(int status) {
  // A second one comes when a finished machine is let go of.
  if (status_) return;
  status_ = status;
  phase_ = "finished";
}

FaxProgress FaxMachine::Document::progress() const {
  const t30_stats_t stats = statistics();
  return {.page = stats.pages_tx + stats.pages_rx,
          .bit_rate = stats.bit_rate,
          .ecm = stats.error_correcting_mode != 0,
          .phase = phase_};
}

FaxResult FaxMachine::Document::result() const {
  const t30_stats_t stats = statistics();
  FaxResult result{.success = status_ == T30_ERR_OK,
                   .pages_sent = stats.pages_tx,
                   .pages_received = stats.pages_rx,
                   .bit_rate = stats.bit_rate,
                   .ecm = stats.error_correcting_mode != 0,
                   .compression = compression_name(stats.encoding),
                   .ecm_repeats = stats.error_correcting_mode_retries,
                   .far_identity = {},
                   .status = status_.value_or(-1),
                   .status_text = status_ ? t30_completion_code_to_str(*status_) : "still running"};
  if (is_stuck_) result.status_text = "No frame of T.30 for too long";
  if (const char* identity = t30_get_rx_ident(t30_)) result.far_identity = identity;
  return result;
}

FaxMachine::FaxMachine(std::unique_ptr<Document> document) : document_(std::move(document)) {}
FaxMachine::~FaxMachine() = default;
FaxProgress FaxMachine::progress() const {
  return document_->progress();
}
bool FaxMachine::is_finished() const {
  return document_->is_finished();
}
bool FaxMachine::is_done() const {
  return document_->is_done();
}
FaxResult FaxMachine::result() const {
  return document_->result();
}
void FaxMachine::hang_up() {
  document_->hang_up();
}

struct AudioFaxMachine::State {
  fax_state_t* fax;
  std::vector<int16_t> scratch;  // SpanDSP removes DC in place

  explicit State(bool calling) : fax(fax_init(nullptr, calling ? TRUE : FALSE)) {}
  ~State() {
    forget_non_standard(fax_get_t30_state(fax));
    fax_free(fax);
  }
};

AudioFaxMachine::AudioFaxMachine(std::unique_ptr<Document> document, std::unique_ptr<State> state)
    : FaxMachine(std::move(document)), state_(std::move(state)) {}
AudioFaxMachine::~AudioFaxMachine() = default;

Result<std::unique_ptr<AudioFaxMachine>> AudioFaxMachine::make(const FaxMachineOptions& options) {
  auto document = Document::make(options);
  if (!document) return tl::unexpected(document.error());
  auto state = std::make_unique<State>(options.calling);
  log_at_debug(fax_get_logging_state(state->fax));
  fax_set_transmit_on_idle(state->fax, TRUE);
  (*document)->attach(fax_get_t30_state(state->fax));
  return std::unique_ptr<AudioFaxMachine>(new AudioFaxMachine(std::move(*document), std::move(state)));
}

void AudioFaxMachine::receive(std::span<const int16_t> samples) {
  LogScope scope(document_->log());
  mend_short_training(state_->fax->modems.fast_modems.v17_rx);
  state_->scratch.assign(samples.begin(), samples.end());
  fax_rx(state_->fax, state_->scratch.data(), static_cast<int>(samples.size()));
}

void AudioFaxMachine::transmit(std::span<int16_t> samples) {
  LogScope scope(document_->log());
  const int made = fax_tx(state_->fax, samples.data(), static_cast<int>(samples.size()));
  std::fill(samples.begin() + std::clamp<int>(made, 0, static_cast<int>(samples.size())), samples.end(), int16_t{0});
  const int modem = state_->fax->modems.current_tx_type;
  const bool trains = modem == T30_MODEM_V27TER || modem == T30_MODEM_V29 || modem == T30_MODEM_V17;
  if (trains && document_->is_training_silent()) {
    state_->fax->t30.tcf_test_bits = 0;  // and it is over with the training
    std::ranges::fill(samples, int16_t{0});
  }
  document_->check_patience(samples.size());
}

struct T38FaxMachine::State {
  IfpSink& sink;
  IfpGuard guard;
  uint16_t skipped = 0;
  const Document* document = nullptr;
  t38_terminal_state_t* terminal;

  State(bool calling, int version, IfpSink& to)
      : sink(to),
        guard(version),
        terminal(t38_terminal_init(nullptr, calling ? TRUE : FALSE, &State::on_packet, this)) {}
  ~State() {
    forget_non_standard(t38_terminal_get_t30_state(terminal));
    t38_terminal_free(terminal);
  }

  void send(ByteView ifp, int copies) {
    const bool is_data = (ifp[0] & 0x40) != 0, is_v21 = (ifp[0] & 0x1E) == 0;
    // Of a silent one its announcement is all that goes out.
    const bool is_silent = is_data && !is_v21 && document != nullptr && document->is_training_silent();
    if (!is_silent) sink.on_ifp(ifp, std::max(copies, 1));
  }
  static int on_packet(t38_core_state_t*, void* self, const uint8_t* octets, int count, int copies) noexcept {
    static_cast<State*>(self)->send(ByteView(octets, static_cast<size_t>(count)), copies);
    return 0;
  }
};

T38FaxMachine::T38FaxMachine(std::unique_ptr<Document> document, std::unique_ptr<State> state)
    : FaxMachine(std::move(document)), state_(std::move(state)) {}
T38FaxMachine::~T38FaxMachine() = default;

Result<std::unique_ptr<T38FaxMachine>> T38FaxMachine::make(const FaxMachineOptions& options, const Params& peer,
                                                           IfpSink& sink) {
  auto document = Document::make(options);
  if (!document) return tl::unexpected(document.error());
  auto state = std::make_unique<State>(options.calling, peer.version, sink);
  state->document = document->get();
  log_at_debug(t38_terminal_get_logging_state(state->terminal));
  t38_core_state_t* core = t38_terminal_get_t38_core_state(state->terminal);
  log_at_debug(t38_core_get_logging_state(core));
  t38_set_t38_version(core, peer.version);
  t38_set_sequence_number_handling(core, TRUE);
  t38_set_max_buffer_size(core, peer.max_buffer);
  t38_set_max_datagram_size(core, peer.max_datagram);
  (*document)->attach(t38_terminal_get_t30_state(state->terminal));
  return std::unique_ptr<T38FaxMachine>(new T38FaxMachine(std::move(*document), std::move(state)));
}

bool T38FaxMachine::receive_ifp(ByteView ifp, uint16_t sequence) {
  LogScope scope(document_->log());
  const IfpResult packet = state_->guard.check(ifp);
  if (packet.fault == IfpFault::UnknownType) {
    ++state_->skipped;
    return true;
  }
  if (!packet.ok()) return false;
  t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(state_->terminal), packet.octets.data(),
                         static_cast<int>(packet.octets.size()), static_cast<uint16_t>(sequence - state_->skipped));
  return true;
}

void T38FaxMachine::advance(size_t samples) {
  LogScope scope(document_->log());
  t38_terminal_send_timeout(state_->terminal, static_cast<int>(samples));
  document_->check_patience(samples);
}

}  // namespace sg::t38
