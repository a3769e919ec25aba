#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "tdm/dchannel.h"
#include "tdm/pri/config.h"
#include "tdm/pri/frame.h"
#include "tdm/pri/libpri.h"
#include "tdm/pri/one_way_watch.h"

namespace sg::tdm::pri {

// The one owner of a libpri D-channel controller (struct pri), and of the DChannel under it: carries frames between
// the two, guards libpri from malformed ones, and turns libpri's wall-clock timers into reactor time.
// Owned by an Interface; signalling thread only.
class Link {
 public:
  static constexpr size_t kShortestFrame = 3;  // Q.921: two octets of address, one of control

  Link(const Config& config, std::unique_ptr<DChannel> dchannel, Counters& counters);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  ::pri* get() { return pri_; }
  int fd() const { return dchannel_->fd(); }
  // The D-channel is gone for good.
  bool is_lost() const { return lost_; }

  // Takes one frame from the D-channel, at `now`. `event` is what libpri makes of it, good until the next call into
  // libpri. False: no frame was waiting.
  bool receive(::pri_event*& event, TimePoint now);
  // Layer 2 seems to be up, but the far end does not hear us.
  bool is_one_way() const { return one_way_.is_one_way(); }
  // The next event of libpri's timers; null when none is due.
  ::pri_event* run_timers() { return ::pri_schedule_run(pri_); }
  // How long until libpri wants run_timers().
  std::optional<Duration> until_next_timer() const;

  // Whether libpri still knows this call. It may have freed one that we hung up.
  bool exists(q931_call* call) const;
  // The call reference value, without its flag.
  int call_reference(q931_call* call) const;
  // The frame received last, when it was a DISCONNECT. libpri does not tell whether an announcement plays, nor of the
  // DISCONNECT itself when no message of ours had answered the SETUP yet.
  const std::optional<Disconnect>& last_disconnect() const { return disconnect_; }
  // The frame received last, when it was a RESTART: libpri does not tell which interface is meant.
  const std::optional<Restart>& last_restart() const { return restart_; }
  // The frame received last was a SERVICE, or the acknowledgement of one.
  bool heard_maintenance() const { return maintenance_; }
  // Makes this the D-channel of a call that another D-channel of the NFAS group has: what libpri sends for it from now
  // on goes out here. `ours`: we gave it its call reference.
  void adopt(int call_reference, bool ours);
  // The DISCONNECT that we send for this incoming call is to say that an announcement plays: libpri has no means to.
  void announce_on_disconnect(int call_reference) { announcing_.insert(call_reference | kFromDestination); }
  // Once it has sent DISCONNECT, libpri waits for the far end, or for T305, whatever it is told. It is given one that
  // never came, and so sends RELEASE when it is told to hang up next. `ours`: as for adopt().
  void pretend_disconnect(int call_reference, bool ours, int cause);
  void forget_announcement(int call_reference) { announcing_.erase(call_reference | kFromDestination); }

  DChannelStats dchannel_stats() const { return dchannel_->stats(); }

 private:
  static int read_frame(::pri* pri, void* buffer, int size) noexcept;
  static int write_frame(::pri* pri, void* buffer, int size) noexcept;
  int read(std::span<uint8_t> buffer);
  int write(ByteView frame);

  Log log_;
  const size_t reference_octets_;
  std::unique_ptr<DChannel> dchannel_;
  ::pri* pri_ = nullptr;
  bool lost_ = false;
  bool took_frame_ = false;
  TimePoint now_;  // of receive()
  OneWayWatch one_way_;
  std::optional<Restart> restart_;
  bool maintenance_ = false;
  Bytes injected_;  // read before what the D-channel has
  std::optional<Disconnect> disconnect_;
  std::set<int> announcing_;  // call references with their flag
  Counter& malformed_;
  Counter& not_sent_;
};

}  // namespace sg::tdm::pri
