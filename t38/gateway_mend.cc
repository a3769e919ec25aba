#include "t38/gateway_mend.h"

#include <spandsp/expose.h>

#include <utility>

namespace sg::t38 {
namespace {

constexpr int kTimedModeIdle = 1;  // of SpanDSP's modes: no training is expected at a certain time
constexpr uint8_t kXBit = 0x80;
constexpr int kIsIndicator = 0x100;  // of what waits in the queue to the line

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

// No more of silence, after which the next in the queue has its turn.
void end_tone(fax_modems_state_t& modems) {
  silence_gen_set(&modems.silence_gen, 0);
  modems.tx_handler = reinterpret_cast<span_tx_handler_t*>(&silence_gen);
  modems.tx_user_data = &modems.silence_gen;
  modems.next_tx_handler = nullptr;
}

// Where the modem of this training takes its bits from.
const void* source_of(const fax_modems_state_t& modems, int training) {
  if (training >= T38_IND_V17_7200_SHORT_TRAINING) return modems.fast_modems.v17_tx.get_bit_user_data;
  if (training >= T38_IND_V29_7200_TRAINING) return modems.fast_modems.v29_tx.get_bit_user_data;
  return modems.fast_modems.v27ter_tx.get_bit_user_data;
}

void end_carrier(t38_gateway_state_t& gateway, int indicator) {
  t38_non_ecm_buffer_state_t& image = gateway.core.non_ecm_to_modem;
  const bool is_of_frames = indicator == T38_IND_V21_PREAMBLE || source_of(gateway.audio.modems, indicator) != &image;
  if (is_of_frames) {
    hdlc_tx_frame(&gateway.audio.modems.hdlc_tx, nullptr, 0);
  } else if (!image.data_finished) {
    t38_non_ecm_buffer_push(&image);
  }
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

void end_replaced_signal(t38_gateway_state_t& gateway) {
  const auto& queue = gateway.core.hdlc_to_modem;
  const bool is_replaced = queue.in != queue.out && (queue.buf[queue.out].contents & kIsIndicator) != 0;
  if (!is_replaced) return;
  const int indicator = gateway.t38x.in_progress_rx_indicator;
  if (indicator == T38_IND_CNG || indicator == T38_IND_CED) {
    end_tone(gateway.audio.modems);
  } else if (indicator >= T38_IND_V21_PREAMBLE && indicator <= T38_IND_V17_14400_LONG_TRAINING) {
    end_carrier(gateway, indicator);
  }
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
