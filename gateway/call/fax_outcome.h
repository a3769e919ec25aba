#pragma once

#include <cstdint>
#include <string_view>

namespace sg::call {

// What became of a fax, judged by the T.30 frames that passed (T.30 clause 5.3.6). Pure.
class FaxOutcome {
 public:
  enum class Verdict : uint8_t {
    Unknown,    // no frame was seen: it was no fax, or one that nobody can follow (V.34)
    Delivered,  // the last page was confirmed and the machines said goodbye
    InDoubt,    // the last page was sent, but its confirmation or the goodbye was not seen
    Failed,     // the document did not end
  };

  // `frame`: as t38::FaxEvent names it: "DCS", "PPS-EOP", "MCF".
  void on_frame(std::string_view frame);
  Verdict verdict() const;
  bool is_confirmed() const { return last_page_ == LastPage::Confirmed; }
  // The last page was sent, and refused (T.30 clause 5.3.6.1.8: RTN; Annex A: ERR).
  bool is_refused() const { return last_page_ == LastPage::Refused; }

 private:
  enum class LastPage : uint8_t { NotYet, Sent, Confirmed, Refused };
  LastPage last_page_ = LastPage::NotYet;
  bool is_seen_ = false;
  bool is_disconnected_ = false;
};

std::string_view name(FaxOutcome::Verdict verdict);

}  // namespace sg::call
