#include "tdm/cas/caller_id.h"

#include <spandsp.h>

#include <algorithm>
#include <array>
#include <new>

#include "party/number.h"

namespace sg::tdm::cas {
namespace {

// GR-30: silence after the burst of ringing, 300 ms at least.
constexpr int kLeadSamples = 8 * 400;
// GR-30 has 21 digits at most and 15 characters of a name; EN 300 659-3 takes 20 and 50.
constexpr size_t kMostDigits = 20, kMostName = 15;
// What an exchange's modem may deliver at most.
constexpr int kMostOctets = 256;

struct FreeTx {
  void operator()(adsi_tx_state_t* tx) const { adsi_tx_free(tx); }
};
struct FreeRx {
  void operator()(adsi_rx_state_t* rx) const { adsi_rx_free(rx); }
};

int spandsp_standard(CallerIdStandard standard) {
  switch (standard) {
    case CallerIdStandard::V23:
      return ADSI_STANDARD_CLIP;
    case CallerIdStandard::None:
    case CallerIdStandard::Bell202:
    case CallerIdStandard::Sdmf:
      return ADSI_STANDARD_CLASS;
  }
  return ADSI_STANDARD_CLASS;
}

// The characters that the message knows: ASCII (T.50). Others are replaced, each whole.
std::string ascii(const std::string& utf8, size_t most) {
  std::string out;
  for (char c : utf8) {
    auto octet = static_cast<unsigned char>(c);
    if ((octet & 0xC0) == 0x80) continue;
    out += octet >= 0x20 && octet < 0x7F ? c : '?';
  }
  return out.substr(0, most);
}

std::string date_time(const std::tm& at) {
  return fmt::format("{:02}{:02}{:02}{:02}", at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min);
}

// Numbers without +, as telephones show them. Empty: it is none, or has more digits than the message holds, and cut
// short would be somebody else's.
std::string digits_of(std::string_view number) {
  if (number.starts_with('+')) number.remove_prefix(1);
  return party::is_number(number) && number.size() <= kMostDigits ? std::string(number) : std::string{};
}

// "O", or whatever is no number, is as good as none.
void take_number(const std::string& told, CallerId& caller) {
  caller.number = digits_of(told).empty() ? std::string{} : told;
  caller.presentation = caller.number.empty() ? Presentation::Unavailable : Presentation::Allowed;
}

char absence_of(Presentation presentation) {
  return presentation == Presentation::Restricted ? 'P' : 'O';
}

class Message {
 public:
  Message(adsi_tx_state_t* tx, uint8_t type) : tx_(tx) {
    length_ = adsi_add_field(tx_, octets_.data(), -1, type, nullptr, 0);
  }
  void add(uint8_t field, const std::string& body) {
    length_ = adsi_add_field(tx_, octets_.data(), length_, field, reinterpret_cast<const uint8_t*>(body.data()),
                             static_cast<int>(body.size()));
  }
  void send() { adsi_tx_put_message(tx_, octets_.data(), length_); }

 private:
  adsi_tx_state_t* tx_;
  std::array<uint8_t, kMostOctets + 16> octets_{};
  int length_ = 0;
};

}  // namespace

struct CallerIdSender::State {
  std::unique_ptr<adsi_tx_state_t, FreeTx> tx;
  int lead = kLeadSamples;
};

CallerIdSender::CallerIdSender(CallerIdStandard standard, const CallerId& caller, const std::tm& at)
    : state_(std::make_unique<State>()) {
  state_->tx.reset(adsi_tx_init(nullptr, spandsp_standard(standard)));
  if (!state_->tx) throw std::bad_alloc();
  std::string number = digits_of(caller.number);
  bool shows = caller.presentation == Presentation::Allowed && !number.empty();
  if (standard == CallerIdStandard::Sdmf) {
    Message message(state_->tx.get(), CLASS_SDMF_CALLERID);
    message.add(0, date_time(at) + (shows ? number : std::string(1, absence_of(caller.presentation))));
    message.send();
    return;
  }
  // CLASS and CLIP number these fields alike.
  Message message(state_->tx.get(), CLASS_MDMF_CALLERID);
  message.add(MCLASS_DATETIME, date_time(at));
  if (shows) {
    message.add(MCLASS_CALLER_NUMBER, number);
  } else {
    message.add(MCLASS_ABSENCE1, std::string(1, absence_of(caller.presentation)));
  }
  if (caller.presentation != Presentation::Restricted && !caller.name.empty()) {
    message.add(MCLASS_CALLER_NAME, ascii(caller.name, kMostName));
  }
  message.send();
}

CallerIdSender::~CallerIdSender() = default;

bool CallerIdSender::generate(std::span<int16_t> linear) {
  size_t silence = std::min(linear.size(), static_cast<size_t>(state_->lead));
  std::fill_n(linear.begin(), silence, int16_t{0});
  state_->lead -= static_cast<int>(silence);
  auto rest = linear.subspan(silence);
  if (rest.empty()) return true;
  auto made = static_cast<size_t>(adsi_tx(state_->tx.get(), rest.data(), static_cast<int>(rest.size())));
  std::fill(rest.begin() + static_cast<std::ptrdiff_t>(made), rest.end(), int16_t{0});
  return made == rest.size();
}

struct CallerIdReceiver::State {
  // One of SpanDSP's receivers. Bell 202 and V.23 lie so near each other that either hears both, more or less well.
  struct Receiver {
    std::unique_ptr<adsi_rx_state_t, FreeRx> rx;
    std::optional<CallerId> heard;

    void start(int standard) {
      rx.reset(adsi_rx_init(nullptr, standard, on_message, this));
      if (!rx) throw std::bad_alloc();
    }
    static void on_message(void* user, const uint8_t* message, int length) noexcept {
      static_cast<Receiver*>(user)->take(message, length);
    }
    void take(const uint8_t* message, int length);
    static bool take_sdmf(const std::string& body, CallerId& caller);
  };
  std::array<Receiver, 2> receivers;
};

bool CallerIdReceiver::State::Receiver::take_sdmf(const std::string& body, CallerId& caller) {
  constexpr size_t kDateTime = 8;
  if (body.size() <= kDateTime) return false;
  caller.number = body.substr(kDateTime);
  if (caller.number == "P") {
    caller = {"", "", Presentation::Restricted};
  } else {
    take_number(caller.number, caller);
  }
  return true;
}

void CallerIdReceiver::State::Receiver::take(const uint8_t* message, int length) {
  if (length < 2 || length > kMostOctets) return;
  bool is_sdmf = message[0] == CLASS_SDMF_CALLERID;
  if (!is_sdmf && message[0] != CLASS_MDMF_CALLERID) return;
  CallerId caller;
  caller.presentation = Presentation::Unavailable;
  if (is_sdmf) {
    auto body_length = std::min<size_t>(message[1], static_cast<size_t>(length - 2));
    if (take_sdmf(std::string(message + 2, message + 2 + body_length), caller)) heard = caller;
    return;
  }
  // Fields by hand: each has a type, a length and a body, and may be cut off by a bad exchange.
  for (int at = 2; at + 2 <= length;) {
    uint8_t field = message[at];
    int body_length = message[at + 1];
    if (at + 2 + body_length > length) break;
    std::string body(message + at + 2, message + at + 2 + body_length);
    at += 2 + body_length;
    if (field == MCLASS_CALLER_NUMBER) {
      take_number(body, caller);
    } else if (field == MCLASS_ABSENCE1 && body == "P") {
      caller.presentation = Presentation::Restricted;
    } else if (field == MCLASS_CALLER_NAME) {
      caller.name = ascii(body, 50);
    }
  }
  heard = caller;
}

CallerIdReceiver::CallerIdReceiver() : state_(std::make_unique<State>()) {
  state_->receivers[0].start(ADSI_STANDARD_CLASS);
  state_->receivers[1].start(ADSI_STANDARD_CLIP);
}
CallerIdReceiver::~CallerIdReceiver() = default;

std::optional<CallerId> CallerIdReceiver::feed(std::span<const int16_t> linear) {
  for (auto& receiver : state_->receivers) {
    adsi_rx(receiver.rx.get(), linear.data(), static_cast<int>(linear.size()));
  }
  for (auto& receiver : state_->receivers) {
    if (receiver.heard) return std::exchange(receiver.heard, std::nullopt);
  }
  return std::nullopt;
}

}  // namespace sg::tdm::cas
