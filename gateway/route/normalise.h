#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"
#include "party/party.h"

namespace sg::route {

// How one trunk gives and takes numbers. Signalling with types of number (ISDN) needs no prefixes.
struct Numbering {
  conf::NumberStyle in, out;
  bool has_types = false;  // ISDN; on SIP only a leading + is a type (International)
  conf::TonOut ton_out = {};
  bool is_analog = false;  // calling numbers are shown on telephones, and dialled from there
  size_t site = 0;         // among conf::Settings::all_sites()
};

Numbering numbering_of(const conf::Settings& settings, std::string_view trunk);

// Turns numbers as trunks give them into the plan's one form, "+442079460999" or as dialled ("112", "4711"), and back.
// A value made from [site], [plan] and [[line]]; asking it changes nothing. A `site` is one of
// conf::Settings::all_sites(), the place where somebody dials. Any thread.
class Normaliser {
 public:
  // Error: a block of [plan] or a line that cannot be used, by file and line.
  static Result<Normaliser> make(const conf::Settings& settings);

  std::string to_plan(const party::Number& number, const Numbering& from) const;
  // What somebody here dials, or writes with +.
  std::string dialled(std::string_view number, size_t site) const;
  // The called number as the trunk wants it. `received`: what the caller sent; its type is kept where the number was
  // not touched. Error: why the trunk's form cannot carry it.
  Result<party::Number> to_trunk(std::string_view number, const Numbering& to, const party::Number& received) const;
  // A calling number, which may be from anywhere: where the form cannot carry it, it goes as +E.164; to a
  // telephone as it would dial it.
  party::Number calling_to_trunk(std::string_view number, const Numbering& to, const party::Number& received) const;
  // Whether it is a +E.164 number of another country than the site's.
  bool is_abroad(std::string_view number, size_t site) const;

  bool is_emergency(std::string_view number, size_t site) const;
  // At any site.
  bool is_emergency_somewhere(std::string_view number) const;
  // Whether [plan] or a line knows any extension. Where not, extension:N is simply the last N digits.
  bool has_extensions() const { return !blocks_.empty() || !lines_.empty(); }
  // The line with this public number, or this extension: at the site, else elsewhere. Null where there is none.
  const conf::Line* line(std::string_view number, size_t site = 0) const;
  // The line that calls from a trunk with this number, in the plan's form. Lines behind the trunk are that trunk's
  // alone: where there is one, every call from there is its.
  const conf::Line* calling_line(std::string_view number, const std::string& trunk, size_t site) const;
  // Where a line dials.
  size_t site_of(const conf::Line& line) const;

 private:
  struct Block {
    std::string ext, e164;
  };
  Result<party::Number> in_form(std::string_view number, const Numbering& to, const party::Number& received) const;
  std::optional<std::string> e164_of(std::string_view ext, size_t site) const;
  std::optional<std::string> ext_of(std::string_view e164) const;
  std::string dialled_to_plan(std::string_view digits, size_t site) const;

  std::vector<conf::Site> sites_;
  std::vector<Block> blocks_;
  std::vector<conf::Line> lines_;
  std::vector<size_t> line_sites_;                               // of each of them
  std::vector<std::unordered_map<std::string, size_t>> ext_at_;  // by site: extension -> line
  std::unordered_map<std::string, size_t> ext_, did_;            // -> line
  std::unordered_map<std::string, std::vector<size_t>> behind_;  // a SIP trunk -> its lines
};

// "+442079460999" for an international number, else its digits.
std::string text_of(const party::Number& number);
// The other way round, for numbers typed by people.
party::Number number_of(std::string_view text, TypeOfNumber type = TypeOfNumber::Unknown);

}  // namespace sg::route
