// [media].
#include <charconv>

#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

// "10000-19999", two members in one option.
Option<Media> ports_option() {
  auto read = [](Media& media, const toml::node& node) -> Result<> {
    if (!node.is_string()) return fail("must be \"FIRST-LAST\", not {}", type_of(node));
    const std::string& range = node.as_string()->get();
    const char* end = range.data() + range.size();
    uint16_t first = 0, last = 0;
    auto [dash, bad_first] = std::from_chars(range.data(), end, first);
    if (bad_first != std::errc{} || dash == end || *dash != '-')
      return fail("{} is no \"FIRST-LAST\"", in_quotes(range));
    auto [stop, bad_last] = std::from_chars(dash + 1, end, last);
    if (bad_last != std::errc{} || stop != end) return fail("{} is no \"FIRST-LAST\"", in_quotes(range));
    if (first < 1024 || first % 2 != 0) return fail("the first port must be even, and 1024 or above");
    if (last < first) return fail("{} is above {}: the first port comes first", first, last);
    if (last < first + 3) return fail("at least four ports are wanted: a call takes two a side");
    media.first_port = first;
    media.last_port = last;
    return {};
  };
  return {.name = "ports",
          .range = "\"FIRST-LAST\"",
          .help = "UDP ports for RTP, RTCP and T.38. Each IP side of a call takes two: an even one and the next.",
          .read = read,
          .write = [](const Media& media) { return fmt::format("\"{}-{}\"", media.first_port, media.last_port); }};
}

}  // namespace

const std::vector<Option<Media>>& media_options() {
  static const std::vector<Option<Media>> options = {
      option<Media>("address", &Media::address, host_address(),
                    "Local address of RTP and T.38. Empty: the address that the call's SIP leg uses."),
      ports_option(),
      option<Media>("workers", &Media::workers, integer(0, 256), "Threads that carry media. 0: one a processor."),
      option<Media>("voice_jitter_min", &Media::voice_jitter_min, duration(0ms, 500ms),
                    "Least depth of the adaptive jitter buffer of voice."),
      option<Media>("voice_jitter_start", &Media::voice_jitter_start, duration(0ms, 500ms),
                    "Its depth when a call starts."),
      option<Media>("voice_jitter_max", &Media::voice_jitter_max, duration(20ms, 1s), "Its greatest depth."),
      option<Media>("fax_jitter", &Media::fax_jitter, duration(20ms, 500ms),
                    "Least depth of the jitter buffer of G.711 pass-through. 60 ms suits most networks; up to 200 ms "
                    "on bad links."),
      option<Media>("fax_jitter_max", &Media::fax_jitter_max, duration(20ms, 500ms),
                    "Its depth towards timeslots from the first silence of a fax on, if more: a sender may fall behind "
                    "by so much, less fax_jitter, in mid-page. It delays the machines' answers, which have seconds."),
      option<Media>("rtp_timeout", &Media::rtp_timeout, duration<seconds>(0s, 24h),
                    "A call whose peer sends no RTP for this long is ended. 0s: never."),
      option<Media>("t38_timeout", &Media::t38_timeout, duration<seconds>(0s, 24h),
                    "A call whose peer sends no T.38 for this long is ended. 0s: never."),
      option<Media>("hold_music", &Media::hold_music, text("a path"),
                    "What is played to those on hold: a sound file (WAVE, FLAC, Ogg, MP3 and others), ten minutes at "
                    "most. Empty: "
                    "what the holding side plays itself, else silence."),
  };
  return options;
}

}  // namespace sg::conf
