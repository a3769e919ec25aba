#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "media/codec/g711.h"
#include "media/jitter/jitter_stats.h"
#include "media/jitter/octet_window.h"

namespace sg::media {

// The octets of a jitter buffer by their positions, and the place up to which they were played. Owned by a
// JitterBuffer.
struct PlayLine {
  explicit PlayLine(tdm::Law octets_law) : law(octets_law) {}

  tdm::Law law;
  OctetWindow ring;
  JitterStats stats;
  int64_t play = 0;         // position of the octet that is played next
  int64_t end = 0;          // position after the latest octet that came
  int64_t lead = 0;         // octets by which the newest packet came before its turn
  bool has_played = false;  // the first octet of the first packet

  static constexpr auto kCapacity = static_cast<int64_t>(OctetWindow::kOctets);

  int64_t waiting() const { return std::max<int64_t>(0, end - play); }
  int16_t sample_at(int64_t position) const { return g711::decode(law, ring.at(position)); }

  // Delays play-out. The positions that are walked a second time were played and are empty.
  void insert(int64_t octets) {
    octets = std::min(octets, kCapacity - waiting());
    play -= octets;
    stats.inserted_samples += static_cast<uint64_t>(octets);
  }
  // Hurries play-out.
  void leave_out(int64_t octets) {
    ring.forget(play, static_cast<size_t>(octets));
    play += octets;
    stats.removed_samples += static_cast<uint64_t>(octets);
  }

  // Plays a block: each run of octets that came is copied, and shown to on_signal(run); fill_gap(run) makes up what did
  // not.
  template <class OnSignal, class FillGap>
  void play_block(std::span<uint8_t> block, OnSignal on_signal, FillGap fill_gap) {
    for (size_t done = 0; done < block.size();) {
      const size_t octets = ring.run_length(play, block.size() - done);
      const auto run = block.subspan(done, octets);
      if (ring.has(play)) {
        has_played = true;
        ring.read(play, run);
        ring.forget(play, octets);
        on_signal(run);
      } else {
        fill_gap(run);
      }
      play += static_cast<int64_t>(octets);
      done += octets;
    }
  }
};

}  // namespace sg::media
