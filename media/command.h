#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "media/port_pair.h"
#include "media/service.h"

// What the signalling thread asks of a media worker: values, by session id, by mailbox.
namespace sg::media {

struct OpenSession {};
struct GivePorts {
  Side side;
  PortPair ports;
};
struct GiveTimeslot {
  Side side;
  tdm::Timeslot slot;
  const tdm::ToneZone* busy_tones;
};
struct TakeTimeslot {
  Side side;
};
struct UseRtp {
  Side side;
  RtpSettings settings;
};
struct UseT38 {
  Side side;
  T38Settings settings;
};
struct SetBridging {
  Bridging bridging;
};
struct SetProfile {
  Profile profile;
};
struct PlayTone {
  Side side;
  Tone tone;
  const tdm::ToneZone* zone;
};
struct SendDigit {
  Side side;
  char digit;
  std::chrono::milliseconds length;
};
struct AskStats {
  std::function<void(std::optional<SessionStats>)> answer;  // called on the signalling reactor
};
struct CloseSession {};
struct StopWorker {};

struct Command {
  SessionId session;
  std::variant<OpenSession, GivePorts, GiveTimeslot, TakeTimeslot, UseRtp, UseT38, SetBridging, SetProfile, PlayTone,
               SendDigit, AskStats, CloseSession, StopWorker>
      what;
};

// Where a worker and its sessions send their events. Called on the worker's thread. Events are rare (tones, digits, fax
// frames), so that sending one may allocate.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void send(SessionId session, Event event) = 0;
  // The bearer that a session had on this timeslot is closed, or could not be opened.
  virtual void send_slot_free(tdm::Timeslot slot) = 0;
  virtual void send_stats(std::function<void(std::optional<SessionStats>)> answer,
                          std::optional<SessionStats> stats) = 0;
};

}  // namespace sg::media
