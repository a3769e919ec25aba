#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/counters.h"
#include "media/audio_block.h"
#include "media/service.h"
#include "t38/fax_event.h"
#include "t38/gateway.h"
#include "t38/udptl.h"

namespace sg::media {

// How a fax gets from one side of a session to the other. Where one of them speaks T.38 and the other audio, by the
// T.38 gateway; where both speak T.38, by a relay that checks each IFP and repairs what it can; where neither does the
// audio goes another way, and is listened in on. All three tell what the machines say, and count pages.
// Owned by the Session. Media-worker thread only; allocates only where sides change.
class FaxBridge {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `from`: the side of the machine that said it.
    virtual void on_fax_event(const t38::FaxEvent& event, Side from, bool in_audio) = 0;
  };

  // `refused` counts IFPs that do not add up.
  FaxBridge(const Config& config, Counter& refused, Listener& listener);
  ~FaxBridge();

  // Side A or B speaks T.38 from now on. `peer` takes IFPs for its far end, until end_t38().
  void begin_t38(Side side, t38::IfpSink& peer, const T38Settings& settings);
  // A new negotiation in mid-fax.
  void change_t38(Side side, const T38Settings& settings);
  // It speaks audio, or nothing.
  void end_t38(Side side);
  bool has_t38() const { return gateway_ || relay_; }

  // What gets the IFPs that come from a side's peer.
  t38::UdptlReceiver::Listener& entry(Side side) { return entries_[static_cast<size_t>(side)]; }
  uint64_t refused(Side side) const { return entries_[static_cast<size_t>(side)].refused; }

  // The side whose T.38 the gateway turns into audio of the other. None: there is no gateway.
  std::optional<Side> t38_side() const;
  // A block of the gateway's: what the audio side's machine says, which is spoilt, and what it is to hear, which is in
  // this law where it is silence.
  void pass(AudioBlock& heard, AudioBlock& said, tdm::Law law);

  // From now on what hear() gets is listened in on: the call has turned out to be a fax, in G.711.
  void begin_to_listen();
  void hear(Side from, AudioBlock& block);

  // Of all faxes since the beginning.
  FaxStats stats() const;

 private:
  struct Gateway;
  class Relay;
  class Listening;
  struct Entry final : t38::UdptlReceiver::Listener {
    Entry(FaxBridge& owner, Side from) : bridge(owner), side(from) {}
    void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { bridge.take(*this, sequence, ifp); }

    FaxBridge& bridge;
    const Side side;
    uint64_t refused = 0;
  };
  // A side that speaks T.38.
  struct T38Side {
    t38::IfpSink* peer;
    T38Settings settings;
  };

  void take(Entry& from, uint16_t sequence, ByteView ifp);
  const std::optional<T38Side>& t38(Side side) const { return t38_[static_cast<size_t>(side)]; }
  void choose_relay();
  void choose_gateway();
  void end_listening();
  t38::GatewayOptions gateway_options(const T38Settings& settings) const;

  const Config& config_;
  Counter& refused_;
  Listener& listener_;
  std::array<Entry, 2> entries_;
  std::array<std::optional<T38Side>, 2> t38_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Listening> listening_;
  FaxStats earlier_;
};

}  // namespace sg::media
