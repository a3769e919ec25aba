#pragma once

#include <memory>
#include <optional>
#include <span>

#include "t38/fax_machine.h"
#include "tools/pstnsim/config.h"

namespace sg::pstnsim {

// What speaks and listens on a bearer: 8 kHz, 16 bits. The exchange's thread only.
class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void receive(std::span<const int16_t> samples) = 0;
  // Fills all of `samples`.
  virtual void transmit(std::span<int16_t> samples) = 0;
  // The result of a fax: none on other terminals.
  virtual const t38::AudioFaxMachine* fax() const { return nullptr; }
  // The bearer is gone.
  virtual void hang_up() {}
};

// A tone with a cadence: `on` then `off`; off 0 is a tone without end.
std::unique_ptr<Terminal> make_tone(double frequency, double level_dbm0, std::chrono::milliseconds on = {},
                                    std::chrono::milliseconds off = {});
std::unique_ptr<Terminal> make_ringback();  // 425 Hz, 1 s on, 4 s off
std::unique_ptr<Terminal> make_echo();
// Error: the file to play is no sound, or the one to record cannot be written.
Result<std::unique_ptr<Terminal>> make_voice(const std::filesystem::path& play, const std::filesystem::path& record);
// `send`: the document; empty: none. `receive`: where one that comes is written.
Result<std::unique_ptr<Terminal>> make_fax(const Subscriber& subscriber, bool calling,
                                           const std::filesystem::path& send, const std::filesystem::path& receive);

}  // namespace sg::pstnsim
