#pragma once

#include <chrono>
#include <optional>

#include "media/audio_block.h"
#include "media/datagrams.h"
#include "media/redundancy_depth.h"

namespace sg::media {

// What stands on one side of a Session: a far end that says blocks of audio and is told blocks of audio.
// Owned by its SessionSide. Media-worker thread only; only what is called between ticks allocates.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  // False: what it says is no audio (T.38), and is bridged in another way.
  virtual bool is_audio() const { return true; }
  // Fills the next block of what the far end says, in the step at `now`. False: it says nothing.
  virtual bool hear(AudioBlock& block, TimePoint now) = 0;
  // A block for the far end.
  virtual void say(AudioBlock& block) = 0;

  // Whether the far end is told of digits in another way than by their tones.
  virtual bool has_own_digits() const { return false; }
  // Tells it of a digit in that way. False: there is none, and the digit is to be heard.
  virtual bool send_digit(char, std::chrono::milliseconds) { return false; }
};

// One that speaks in packets, at the ports of its side.
class PacketEndpoint : public Endpoint {
 public:
  // From the media port. A digit, when this packet is the first to tell it.
  virtual std::optional<char> on_media(const Datagram& datagram) = 0;
  // From the control port (RTCP).
  virtual void on_control(const Datagram&) {}

  // Once a step. `line` counts blocks, and so runs as fast as the line does.
  virtual void poll(TimePoint) {}
  // Now and then: sends the peer the reports that are due.
  virtual void report(TimePoint) {}
  // Now and then, in a fax: where packets are lost, more is repeated of the earlier ones from now on. What has changed
  // since this was last asked.
  virtual std::optional<RedundancyDepth::Rise> follow_loss() = 0;
  // Nothing has come from the peer for longer than Config allows.
  virtual bool has_timed_out(TimePoint now) const = 0;
};

}  // namespace sg::media
