#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/kinds/fax.h"
#include "gateway/call/media_description.h"
#include "media/service.h"

namespace sg::call {

// How a trunk's media is negotiated. A value, from the settings.
struct MediaPolicy {
  // Local address that RTP and UDPTL of this trunk's legs are bound to.
  std::string local_host = "127.0.0.1";
  // How far the peer's media may come from elsewhere than it tells, and where its signalling comes from.
  Latch latch = Latch::Careful;
  SocketAddress signalling = {};
  // Most liked first.
  std::vector<AudioCodec> codecs{media::static_codec(CodecId::Pcma), media::static_codec(CodecId::Pcmu)};
  std::optional<uint8_t> telephone_event = 101;
  bool digits_by_info = false;  // the peer is told of digits by SIP INFO, and in no other way
  VoiceBandData vbd = VoiceBandData::Offer;
  // After T.38 came to nothing the peer may have a description of its own to send: ours does not cross it.
  Duration vbd_offer_delay = 1s;
  // RFC 2198 for fax in G.711: how many earlier packets go along in each. 0: not offered, and declined.
  int redundant_copies = 2;
  std::chrono::milliseconds ptime{20};
  // Whose ringback and dial tone its callers hear.
  const tdm::ToneZone* tone_zone = &tdm::default_tone_zone();
  // Whether the gateway plays ringback to a caller on a timeslot while the called SIP side rings and sends no media.
  bool plays_ringback = true;
  T38Ask t38 = T38Ask::Preamble;
  t38::Params t38_params;
  t38::PeerFaults t38_peer_faults;
  // How long our T.38 offer may stay without an answer before the fax goes on in G.711.
  Duration t38_answer_timeout = 5s;
  // A preamble heard from the peer itself: it should ask first; how long it has to.
  Duration t38_peer_head_start = 300ms;
  // How long after the answer the peer's own offer is taken; zero: at any time. Later the machines are in the middle of
  // T.30, and a change of transport tears it.
  Duration t38_offer_window{};
  // Super G3 machines (V.8, V.34) are brought down to G3: T.38, whose gateway lets no V.8 pass, is asked for at ANSam.
  bool lowers_super_g3 = true;
  bool ecm = true;            // let the machines use it across T.38, where [fax] ecm does not forbid it
  bool is_known_fax = false;  // a fax machine is known to be there
  bool is_data = false;       // a call of unrestricted data: CLEARMODE (RFC 4040), and nothing else
};

}  // namespace sg::call
