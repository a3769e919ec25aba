#include "t38/gateway_mend.h"

#include <spandsp/expose.h>

#include <utility>

namespace sg::t38 {
namespace {

constexpr int kTimedModeIdle = 1;  // of SpanDSP's modes: no training is expected at a certain time
constexpr uint8_t kXBit = 0x80;

// As SpanDSP does it at a carrier's end. Without a frame in progress that has no other effect.
void restart_receivers(t38_gateway_state_t& gateway) {
  fsk_rx_state_t& v21 = gateway.audio.modems.v21_rx;
  hdlc_rx_state_t& frames = gateway.audio.modems.hdlc_rx;
  const auto was_announced = std::exchange(frames.framing_ok_announced, 0);
  v21.put_bit(v21.put_bit_user_data, SIG_STATUS_CARRIER_DOWN);
  frames.framing_ok_announced = was_announced;
}

void expect_no_training(t38_gateway_state_t& gateway) {
  gateway.core.timed_mode = kTimedModeIdle;
  gateway.core.samples_to_timeout = 0;
}

}  // namespace

void heed_frame(t38_gateway_state_t& gateway, const T30Frame& frame, bool from_modem) {
  auto& core = gateway.core;
  if (frame.kind == fcf::kDtc) {
    core.fast_rx_modem = FAX_MODEM_NONE;
    expect_no_training(gateway);
    return;
  }
  if ((frame.control & kXBit) == 0) return;
  switch (frame.kind) {
    case fcf::kCfr:
      core.image_data_mode = TRUE;
      core.short_train = TRUE;
      if (!from_modem) restart_receivers(gateway);
      break;
    case fcf::kRtn:
    case fcf::kRtp:
      core.image_data_mode = FALSE;
      core.short_train = FALSE;
      break;
    case fcf::kCtr:
      core.short_train = FALSE;
      break;
    default:
      break;
  }
}

void end_tone(t38_gateway_state_t& gateway) {
  const int indicator = gateway.t38x.in_progress_rx_indicator;
  if (indicator != T38_IND_CNG && indicator != T38_IND_CED) return;
  const auto& queue = gateway.core.hdlc_to_modem;
  if (queue.in == queue.out) return;
  // No more of silence, after which the next in the queue has its turn.
  fax_modems_state_t& modems = gateway.audio.modems;
  silence_gen_set(&modems.silence_gen, 0);
  modems.tx_handler = reinterpret_cast<span_tx_handler_t*>(&silence_gen);
  modems.tx_user_data = &modems.silence_gen;
  modems.next_tx_handler = nullptr;
}

void take_back_training(t38_gateway_state_t& gateway) {
  t38_core_state_t* core = t38_gateway_get_t38_core_state(&gateway);
  const bool is_of_frames = gateway.core.image_data_mode && gateway.core.ecm_mode;
  constexpr uint8_t kOnes = 0xFF;
  const int field = is_of_frames ? T38_FIELD_HDLC_SIG_END : T38_FIELD_T4_NON_ECM_SIG_END;
  t38_core_send_data(core, gateway.t38x.current_tx_data_type, field, &kOnes, is_of_frames ? 0 : 1,
                     T38_PACKET_CATEGORY_IMAGE_DATA_END);
  t38_core_send_indicator(core, T38_IND_NO_SIGNAL);
  expect_no_training(gateway);
  // What is heard next is V.21, until another training begins.
  gateway.t38x.current_tx_data_type = T38_DATA_V21;
  gateway.core.to_t38.octets_per_data_packet = 1;
}

}  // namespace sg::t38
