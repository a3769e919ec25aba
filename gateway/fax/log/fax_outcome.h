#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "t38/t30_frame.h"

namespace sg::fax {

// What became of a fax, judged by the T.30 frames that passed and by when they did (T.30 clauses 5.3.6, 5.4.3). Pure.
class FaxOutcome {
 public:
  using Milliseconds = std::chrono::milliseconds;

  enum class Verdict : uint8_t {
    Unknown,    // no frame was seen: it was no fax, or one that nobody can follow (V.34)
    Delivered,  // the last page was confirmed and the machines said goodbye
    InDoubt,    // the last page was sent, but its confirmation or the goodbye was not seen, or not heard by its sender
    Failed,     // the document did not end
  };

  // `at`: when it ended, by any clock.
  void on_frame(Milliseconds at, t38::FrameCode frame);
  Verdict verdict() const;
  bool is_confirmed() const { return last_page_ == LastPage::Confirmed; }
  // The last page was sent, and refused (T.30 clause 5.3.6.1.8: RTN; Annex A: ERR).
  bool is_refused() const { return last_page_ == LastPage::Refused; }
  // The last page was confirmed, and yet its sender asked again to the end, or said goodbye only when it would have.
  bool is_unheard() const;
  // How often the last page's command (EOP, PPS-EOP; RR) was sent because nothing was heard in answer.
  int commands() const { return commands_; }

 private:
  void on_command(Milliseconds at);
  void on_goodbye(Milliseconds at);

  enum class LastPage : uint8_t { NotYet, Sent, Confirmed, Refused };
  LastPage last_page_ = LastPage::NotYet;
  bool is_seen_ = false;
  bool is_disconnected_ = false;
  bool is_given_up_ = false;
  bool was_confirmed_ = false;  // the last page, in answer to one of its commands
  int commands_ = 0;
  Milliseconds command_at_{0};
  Milliseconds patience_{0};  // from one command to the next, the shortest seen; 0: none was repeated
};

std::string_view name_of(FaxOutcome::Verdict verdict);

}  // namespace sg::fax
