#include "tdm/pri/translate.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "party/number.h"

namespace sg::tdm::pri {

namespace {

// What libpri's calls hold of a number, though its interface takes 63: it cuts off the rest. Of names too.
constexpr size_t kLongestNumber = 31;
// EN 300 196-1 annex D: a PartyNumber, as which EuroISDN and QSIG tell who diverted a call.
constexpr size_t kLongestPartyNumber = 20;
constexpr size_t kLongestName = 63;
// Q.931 4.5.9: an NSAP address.
constexpr size_t kLongestSubaddress = 20;
constexpr int kNsap = 0, kUserSpecified = 2;
// The one protocol of user-user information that libpri carries: Q.931 table 4-26, IA5 characters.
constexpr uint8_t kIa5 = 4;

struct SwitchFacts {
  SwitchType type;
  int libpri;
  bool sending_complete;
  bool service;
};
constexpr std::array kSwitches{
    SwitchFacts{SwitchType::EuroIsdnE1, PRI_SWITCH_EUROISDN_E1, true, false},
    SwitchFacts{SwitchType::EuroIsdnT1, PRI_SWITCH_EUROISDN_T1, true, false},
    SwitchFacts{SwitchType::Ni1, PRI_SWITCH_NI1, false, true},
    SwitchFacts{SwitchType::Ni2, PRI_SWITCH_NI2, false, true},
    SwitchFacts{SwitchType::Dms100, PRI_SWITCH_DMS100, false, true},
    SwitchFacts{SwitchType::Lucent5e, PRI_SWITCH_LUCENT5E, false, true},
    SwitchFacts{SwitchType::Att4ess, PRI_SWITCH_ATT4ESS, false, true},
    SwitchFacts{SwitchType::Qsig, PRI_SWITCH_QSIG, true, false},
};
const SwitchFacts& entry_of(SwitchType type) {
  return *std::ranges::find(kSwitches, type, &SwitchFacts::type);
}

template <size_t N>
void copy(char (&to)[N], const std::string& from) {
  auto length = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), length);
  to[length] = 0;
}

// What cannot be told whole is not told: cut short it would be somebody else's. Octet 3a says so then, as where a call
// comes from a network without numbers (Q.931 4.5.10); a restriction goes before that.
void fill(::pri_party_number& to, const party::Number& number, Presentation presentation, ScreeningIndicator screening,
          size_t longest = kLongestNumber) {
  to.valid = 1;
  bool is_told = is_dialable(number.digits) && number.digits.size() <= longest;
  if (is_told) copy(to.str, number.digits);
  to.plan = plan_of(is_told ? number : party::Number{"", TypeOfNumber::Unknown, NumberingPlan::Unknown});
  bool is_lost = !is_told && presentation != Presentation::Restricted;
  to.presentation = is_lost ? presentation_of(Presentation::Unavailable, ScreeningIndicator::Network)
                            : presentation_of(presentation, screening);
}

std::optional<party::Subaddress> subaddress_of(const ::pri_party_subaddress& from) {
  if (!from.valid || from.length <= 0) return std::nullopt;
  auto length = std::min(static_cast<size_t>(from.length), sizeof(from.data));
  return party::Subaddress{from.type == kNsap, std::string(from.data, from.data + length),
                           from.odd_even_indicator != 0};
}

::pri_party_subaddress to_libpri(const party::Subaddress& from) {
  ::pri_party_subaddress to{};
  auto length = std::min(from.octets.size(), kLongestSubaddress);
  to.valid = 1;
  to.type = from.is_nsap ? kNsap : kUserSpecified;
  to.odd_even_indicator = from.is_odd;
  to.length = static_cast<int>(length);
  std::memcpy(to.data, from.octets.data(), length);
  return to;
}

}  // namespace

int libpri_switch(SwitchType type) {
  return entry_of(type).libpri;
}
bool speaks_sending_complete(SwitchType type) {
  return entry_of(type).sending_complete;
}
bool speaks_service(SwitchType type) {
  return entry_of(type).service;
}

int plan_of(const party::Number& number) {
  return static_cast<int>(number.type) << 4 | static_cast<int>(number.plan);
}

party::Number number_of(const char* digits, int plan) {
  return {digits, static_cast<TypeOfNumber>(plan >> 4 & 7), static_cast<NumberingPlan>(plan & 15)};
}

int presentation_of(Presentation presentation, ScreeningIndicator screening) {
  return static_cast<int>(presentation) << 5 | static_cast<int>(screening);
}

Presentation presentation_of(int octet_3a) {
  switch (octet_3a & PRI_PRES_RESTRICTION) {
    case PRI_PRES_ALLOWED:
      return Presentation::Allowed;
    case PRI_PRES_RESTRICTED:
      return Presentation::Restricted;
    default:
      return Presentation::Unavailable;
  }
}

ScreeningIndicator screening_of(int octet_3a) {
  return static_cast<ScreeningIndicator>(octet_3a & PRI_PRES_NUMBER_TYPE);
}

Progress progress_of(int mask) {
  return {.inband_available = (mask & PRI_PROG_INBAND_AVAILABLE) != 0,
          .not_end_to_end_isdn = (mask & PRI_PROG_CALL_NOT_E2E_ISDN) != 0};
}

BearerCapability bearer_of(int transfer_capability) {
  switch (transfer_capability) {
    case PRI_TRANS_CAP_SPEECH:
      return BearerCapability::Speech;
    case PRI_TRANS_CAP_3_1K_AUDIO:
      return BearerCapability::Audio31k;
    default:
      return BearerCapability::Unrestricted;
  }
}

int libpri_layer1(const Setup& setup, Law law) {
  if (setup.bearer == BearerCapability::Unrestricted) return 0;
  return law == Law::A ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW;
}

std::string latin1_of(const std::string& utf8) {
  std::string latin1;
  for (size_t i = 0; i < utf8.size(); ++i) {
    auto octet = static_cast<uint8_t>(utf8[i]);
    bool two = (octet == 0xc2 || octet == 0xc3) && i + 1 < utf8.size();
    if (octet < 0x80) {
      latin1 += utf8[i];
    } else if (two) {
      latin1 += static_cast<char>((octet & 3) << 6 | (static_cast<uint8_t>(utf8[++i]) & 0x3f));
    } else if (octet >= 0xc0) {
      latin1 += '?';
    }
  }
  return latin1;
}

std::string utf8_of(const char* latin1) {
  std::string utf8;
  for (; *latin1; ++latin1) {
    auto octet = static_cast<uint8_t>(*latin1);
    if (octet < 0x80) {
      utf8 += *latin1;
    } else {
      utf8 += static_cast<char>(0xc0 | octet >> 6);
      utf8 += static_cast<char>(0x80 | (octet & 0x3f));
    }
  }
  return utf8;
}

Setup setup_of(const ::pri_event& event, bool overlap) {
  const auto& ring = event.ring;
  Setup setup;
  setup.called = number_of(ring.callednum, ring.calledplan);
  setup.called_complete = !overlap || ring.complete;
  setup.calling.number = number_of(ring.callingnum, ring.callingplan);
  // callingpres is that of the name, where the name has more to tell than the number.
  const auto& caller = ring.calling.number;
  const int octet_3a = caller.valid ? caller.presentation : PRES_NUMBER_NOT_AVAILABLE;
  setup.calling.presentation = presentation_of(octet_3a);
  setup.calling.screening = screening_of(octet_3a);
  setup.calling.name = utf8_of(ring.callingname);
  setup.bearer = bearer_of(ring.ctype);
  setup.called_subaddress = subaddress_of(ring.called_subaddress);
  setup.calling_subaddress = subaddress_of(ring.calling.subaddress);
  if (ring.useruserinfo[0]) setup.user_user = party::UserUser{kIa5, ring.useruserinfo};
  if (ring.redirectingnum[0]) {
    setup.redirection = party::Redirection{.from = number_of(ring.redirectingnum, ring.callingplanrdnis),
                                           .reason = static_cast<uint8_t>(ring.redirectingreason)};
  }
  // The same more precisely: presentation and count come as a subcommand only.
  for (int i = 0; ring.subcmds && i < ring.subcmds->counter_subcmd; ++i) {
    const auto& command = ring.subcmds->subcmd[i];
    if (command.cmd != PRI_SUBCMD_REDIRECTING) continue;
    const auto& redirecting = command.u.redirecting;
    if (!redirecting.from.number.valid) continue;
    setup.redirection = party::Redirection{.from = number_of(redirecting.from.number.str, redirecting.from.number.plan),
                                           .presentation = presentation_of(redirecting.from.number.presentation),
                                           .reason = static_cast<uint8_t>(redirecting.reason),
                                           .count = static_cast<uint8_t>(std::clamp(redirecting.count, 1, 255))};
  }
  return setup;
}

SetupRecord record_of(const Setup& setup, Law law) {
  SetupRecord record(::pri_sr_new());
  if (!record) return record;
  ::pri_sr_set_bearer(record.get(), static_cast<int>(setup.bearer), libpri_layer1(setup, law));
  std::string called = setup.called.digits;
  ::pri_sr_set_called(record.get(), called.data(), plan_of(setup.called), setup.called_complete);

  ::pri_party_id calling{};
  const auto& party = setup.calling;
  // libpri sends a name only of a party that has a number, be it one that is not available.
  if (!party.number.digits.empty() || party.presentation != Presentation::Allowed || !party.name.empty()) {
    fill(calling.number, party.number, party.presentation, party.screening);
  }
  if (!party.name.empty()) {
    calling.name.valid = 1;
    const bool is_restricted = party.presentation == Presentation::Restricted;
    calling.name.presentation = presentation_of(is_restricted ? party.presentation : Presentation::Allowed, {});
    calling.name.char_set = PRI_CHAR_SET_ISO8859_1;
    copy(calling.name.str, latin1_of(without_controls(party.name)).substr(0, kLongestName));
  }
  ::pri_sr_set_caller_party(record.get(), &calling);
  if (setup.calling_subaddress) {
    auto subaddress = to_libpri(*setup.calling_subaddress);
    ::pri_sr_set_caller_subaddress(record.get(), &subaddress);
  }
  if (setup.called_subaddress) {
    auto subaddress = to_libpri(*setup.called_subaddress);
    ::pri_sr_set_called_subaddress(record.get(), &subaddress);
  }

  // libpri keeps the pointer: `setup` outlives the record. It sends 35 characters at most.
  if (setup.user_user && setup.user_user->protocol == kIa5) {
    ::pri_sr_set_useruser(record.get(), setup.user_user->octets.c_str());
  }

  if (setup.redirection) {
    ::pri_party_redirecting redirecting{};
    fill(redirecting.from.number, setup.redirection->from, setup.redirection->presentation,
         ScreeningIndicator::UserNotScreened, kLongestPartyNumber);
    redirecting.reason = setup.redirection->reason;
    redirecting.count = setup.redirection->count;
    ::pri_sr_set_redirecting_parties(record.get(), &redirecting);
  }
  return record;
}

bool is_dialable(std::string_view digits) {
  auto number = digits.substr(digits.starts_with('+') ? 1 : 0);
  return party::is_number(number) && digits.size() <= kLongestNumber;
}

}  // namespace sg::tdm::pri
