#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/call/media_policy.h"
#include "gateway/call/record.h"
#include "gateway/fax/rule_id.h"

namespace sg::fax {

// What is known of a far number of a trunk from its faxes. A value; knows no database.
//
// What a fax teaches is decided by the rule of its verdict (FaxDiagnosis::rule): only what the peer or its
// machine did tells anything of the next call; who hung up, our own lines and the network do not.
struct FaxExperience {
  using WallTime = call::WallTime;

  // How a fax went, and who asked for that.
  enum class Transport : uint8_t { Unknown, G711, T38 };
  enum class AskedBy : uint8_t { Nobody, Us, Peer };
  // How T.38 is used with the number.
  enum class T38Use : uint8_t {
    Usual,            // as the trunk's options have it
    AskEarlier,       // at CED where it is usually at the preamble
    EarlyOffersOnly,  // the peer may ask, within kEarly of the answer; we do not
    DoNotAsk,         // the peer may ask; we do not
    Without,          // G.711
  };

  static constexpr std::chrono::days kForgottenAfter{90};
  // What is held back is tried again after this time,
  static constexpr std::chrono::days kTriedAgainAfter{30};
  // and slow modems or no ECM also after so many faxes in a row; twice as many each time that the trial failed.
  static constexpr int kDeliveredForATrial = 5;
  static constexpr int kMostSetbacks = 6;
  static constexpr int kFailuresForAStep = 2;  // in a row: once is chance
  static constexpr Duration kEarly = 4s;       // before the answering machine's DIS is answered
  static constexpr Duration kHeadStart = 1s;   // of a peer that is known to ask: the length of a preamble

  std::string trunk, number;
  // Of the last fax that was delivered.
  Transport transport = Transport::Unknown;
  AskedBy asked_by = AskedBy::Nobody;  // for T.38
  int bit_rate = 0;                    // bit/s
  bool ecm = false;

  int delivered = 0, failed = 0;  // those that taught something
  int failed_in_a_row = 0, delivered_in_a_row = 0;

  T38Use t38_use = T38Use::Usual;
  std::string because{};  // why it is so: "refused with 488"
  WallTime t38_use_since{};
  // What the machines may use across T.38.
  int top_speed = 0;  // bit/s: 9600 (no V.17), 4800 (no V.29 either); 0: no limit
  bool without_ecm = false;
  WallTime held_since{};
  bool is_trial = false;  // the last step was taken back, and it is not known yet whether that is good
  int setbacks = 0;       // trials that failed

  WallTime last{};  // fax that taught something

  // `side`: which of the call's sides the leg was; `rule`: of the verdict. False: this fax says nothing of the number.
  bool learn(const call::Record& record, const call::LegRecord& leg, media::Side side, RuleId rule, WallTime now);
  bool is_forgotten(WallTime now) const { return now - last > kForgottenAfter; }
  // For the next call with this number. Takes away from what the trunk's options allow, and adds nothing to it.
  void apply(call::MediaPolicy& policy, WallTime now) const;
  // The same in words: "at most 9600 bit/s, no ECM"; empty: nothing is held back.
  std::string held_back(WallTime now) const;

 private:
  void settle(WallTime now);
  bool learn_refusal(const call::LegRecord& leg, WallTime now);
  bool learn_verdict(const call::Record& record, const call::LegRecord& leg, media::Side side, RuleId rule,
                     WallTime now);
  void learn_delivered(const call::Record& record, const call::LegRecord& leg, WallTime now);
  bool learn_failed(RuleId rule, bool in_t38, WallTime now);
  void hold_back(RuleId rule, WallTime now);
  void use_t38(T38Use use, std::string why, WallTime now);
  void lift();
  bool is_slowed() const { return top_speed != 0 || without_ecm; }
};

// The one form in which a number is remembered: the digits as the trunk has them, without + and without what is only
// for the eye, "+49 (30) 123-45" as "493012345".
std::string remembered_form(std::string_view number);

// As files have them: "do-not-ask", "t38", "peer". Null: there is none of that name.
std::string_view name_of(FaxExperience::T38Use use);
std::string_view name_of(FaxExperience::Transport transport);
std::string_view name_of(FaxExperience::AskedBy who);
std::optional<FaxExperience::T38Use> t38_use_named(std::string_view name);
std::optional<FaxExperience::Transport> transport_named(std::string_view name);
std::optional<FaxExperience::AskedBy> asked_by_named(std::string_view name);

// As a line of JSON without its end, for exports; held_back() stands in it for people.
std::string to_json(const FaxExperience& known, call::WallTime now);
// Of a line that to_json() wrote, or a shorter one: all but trunk and number has a default. Error: what is wrong and
// why.
Result<FaxExperience> experience_of(std::string_view line, call::WallTime now);

}  // namespace sg::fax
