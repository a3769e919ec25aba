#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"
#include "tdm/signalling.h"

namespace sg::route {

// How one trunk gives and takes numbers. Signalling with types of number (ISDN) needs no prefixes.
struct Numbering {
  conf::NumberStyle in, out;
  bool has_types = false;  // ISDN; on SIP only a leading + is a type (International)
  conf::TonOut ton_out = {};
  bool is_analog = false;  // calling numbers are shown on telephones, and dialled from there
};

Numbering numbering_of(const conf::Settings& settings, std::string_view trunk);

// Turns numbers as trunks give them into the plan's one form, "+442079460999" or as dialled ("112", "4711"), and back.
// A value made from [site], [plan] and [[line]]; asking it changes nothing. Any thread.
class Normaliser {
 public:
  // Error: a block of [plan] or a line that cannot be used, by file and line.
  static Result<Normaliser> make(const conf::Settings& settings);

  std::string to_plan(const tdm::Number& number, const Numbering& from) const;
  // What somebody here dials, or writes with +.
  std::string dialled(std::string_view number) const;
  // The called number as the trunk wants it. `received`: what the caller sent; its type is kept where the number was
  // not touched. Error: why the trunk's form cannot carry it.
  Result<tdm::Number> to_trunk(std::string_view number, const Numbering& to, const tdm::Number& received) const;
  // A calling number, which may be from anywhere: where the form cannot carry it, it goes as +E.164; to a
  // telephone as it would dial it.
  tdm::Number calling_to_trunk(std::string_view number, const Numbering& to, const tdm::Number& received) const;
  // Whether it is a +E.164 number of another country than [site]'s.
  bool is_abroad(std::string_view number) const;

  bool is_emergency(std::string_view number) const;
  // Whether [plan] or a line knows any extension. Where not, extension:N is simply the last N digits.
  bool has_extensions() const { return !blocks_.empty() || !did_of_.empty(); }
  // The line with this extension or public number; null where there is none.
  const conf::Line* line(std::string_view number) const;

 private:
  struct Block {
    std::string ext, e164;
  };
  Result<tdm::Number> in_form(std::string_view number, const Numbering& to, const tdm::Number& received) const;
  std::optional<std::string> e164_of(std::string_view ext) const;
  std::optional<std::string> ext_of(std::string_view e164) const;
  std::string dialled_to_plan(std::string_view digits) const;
  bool is_ours(std::string_view number) const { return number.substr(1).starts_with(site_.country); }

  conf::Site site_;
  std::vector<Block> blocks_;
  std::vector<conf::Line> lines_;
  std::unordered_map<std::string, size_t> did_of_, ext_of_;  // ext -> line, did -> line
};

// "+442079460999" for an international number, else its digits.
std::string text_of(const tdm::Number& number);
// The other way round, for numbers typed by people.
tdm::Number number_of(std::string_view text, tdm::TypeOfNumber type = tdm::TypeOfNumber::Unknown);

}  // namespace sg::route
