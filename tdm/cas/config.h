#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tdm/call_tones.h"
#include "tdm/cas/caller_id.h"
#include "tdm/inventory.h"
#include "tdm/line.h"

namespace sg::tdm::cas {

struct PortConfig {
  Timeslot slot;
  // Fxs: which called number this port is; also who calls from it. Others: what a call from it is said to be for.
  std::string number = {};
  std::string name = {};     // Fxs: the calling name of its calls
  int messages_waiting = 0;  // Fxs: the lamp, and stutter dial tone
  bool is_fax = false;       // Fxs: a break of the line is no flash
};

struct Config {
  std::string name;  // for logs and operators
  LineKind kind = LineKind::Fxs;
  const ToneZone* zone = nullptr;
  CallerIdStandard caller_id = CallerIdStandard::Bell202;
  HuntOrder hunt = HuntOrder::RoundRobin;  // among ports that are alike (Fxo, EAndM)
  AnswerBy answer_by = AnswerBy::Dialled;
  DialStart dial_start = DialStart::DialTone;
  Dialling dialling = Dialling::Tone;
  HookFlash flash = HookFlash::Services;  // Fxs
  bool polarity_on_answer = false;        // Fxs: reverse the battery when the far end answers
  bool polarity_ends_call = false;        // Fxo: a reversal after the answer is a hang-up
  std::chrono::milliseconds first_digit{10000}, inter_digit{4000};
  std::chrono::milliseconds dial_tone{5000};     // Fxo: at most until dial tone; by Time: the pause before dialling
  std::chrono::milliseconds ring_limit{180000};  // outgoing: until the answer
  std::chrono::milliseconds ring_gap{8000};      // Fxo: no ringing for so long: the caller gave up
  std::chrono::milliseconds busy_tone{30000}, howler{30000};  // Fxs: after the far end has hung up
  std::chrono::milliseconds guard{1000};                      // Fxo, EAndM: on-hook between two calls
  std::chrono::milliseconds wink{5000};                       // EAndM: at most until the far end winks
  std::vector<PortConfig> ports;
  unsigned bearer_group = 0;  // see BearerOptions
};

}  // namespace sg::tdm::cas
