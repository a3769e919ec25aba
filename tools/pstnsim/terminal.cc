#include "tools/pstnsim/terminal.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numbers>

#include "media/tone/sound_file.h"
#include "tools/pstnsim/wav_writer.h"

namespace sg::pstnsim {

namespace {

constexpr double kSampleRate = 8000;

class Tone final : public Terminal {
 public:
  Tone(double frequency, double level_dbm0, std::chrono::milliseconds on, std::chrono::milliseconds off)
      : step_(2 * std::numbers::pi * frequency / kSampleRate),
        // A sine of full scale is +3.14 dBm0 (G.711).
        amplitude_(32767 * std::pow(10, (level_dbm0 - 3.14) / 20)),
        on_(static_cast<uint64_t>(on.count()) * 8),
        cycle_(on_ + static_cast<uint64_t>(off.count()) * 8) {}

  void receive(std::span<const int16_t>) override {}
  void transmit(std::span<int16_t> samples) override {
    for (int16_t& sample : samples) {
      bool sounds = cycle_ == on_ || at_ % cycle_ < on_;
      sample = sounds ? static_cast<int16_t>(amplitude_ * std::sin(step_ * static_cast<double>(at_))) : int16_t{0};
      ++at_;
    }
  }

 private:
  double step_, amplitude_;
  uint64_t on_, cycle_;
  uint64_t at_ = 0;
};

class Echo final : public Terminal {
 public:
  void receive(std::span<const int16_t> samples) override {
    heard_.insert(heard_.end(), samples.begin(), samples.end());
    // A second at most: what nobody fetches is stale.
    if (heard_.size() > 8000) heard_.erase(heard_.begin(), heard_.end() - 8000);
  }
  void transmit(std::span<int16_t> samples) override {
    for (int16_t& sample : samples) {
      sample = heard_.empty() ? int16_t{0} : heard_.front();
      if (!heard_.empty()) heard_.pop_front();
    }
  }

 private:
  std::deque<int16_t> heard_;
};

class Voice final : public Terminal {
 public:
  Voice(std::vector<int16_t> words, std::unique_ptr<WavWriter> recorder)
      : words_(std::move(words)), recorder_(std::move(recorder)) {}

  void receive(std::span<const int16_t> samples) override {
    if (recorder_) recorder_->write(samples);
  }
  void transmit(std::span<int16_t> samples) override {
    size_t count = std::min(samples.size(), words_.size() - said_);
    std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(said_), count, samples.begin());
    std::fill(samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end(), int16_t{0});
    said_ += count;
  }

 private:
  std::vector<int16_t> words_;
  size_t said_ = 0;
  std::unique_ptr<WavWriter> recorder_;
};

class Fax final : public Terminal {
 public:
  explicit Fax(std::unique_ptr<t38::AudioFaxMachine> machine) : machine_(std::move(machine)) {}

  void receive(std::span<const int16_t> samples) override { machine_->receive(samples); }
  void transmit(std::span<int16_t> samples) override { machine_->transmit(samples); }
  const t38::AudioFaxMachine* fax() const override { return machine_.get(); }
  void hang_up() override {
    if (!machine_->is_finished()) machine_->hang_up();
  }

 private:
  std::unique_ptr<t38::AudioFaxMachine> machine_;
};

}  // namespace

std::unique_ptr<Terminal> make_tone(double frequency, double level_dbm0, std::chrono::milliseconds on,
                                    std::chrono::milliseconds off) {
  return std::make_unique<Tone>(frequency, level_dbm0, on, off);
}

std::unique_ptr<Terminal> make_ringback() {
  return make_tone(425, -13, std::chrono::seconds(1), std::chrono::seconds(4));
}

std::unique_ptr<Terminal> make_echo() {
  return std::make_unique<Echo>();
}

Result<std::unique_ptr<Terminal>> make_voice(const std::filesystem::path& play, const std::filesystem::path& record) {
  std::vector<int16_t> words;
  if (!play.empty()) {
    auto read = media::read_sound(play);
    if (!read) return tl::unexpected(read.error());
    words = std::move(*read);
  }
  std::unique_ptr<WavWriter> recorder;
  if (!record.empty()) {
    auto made = WavWriter::make(record);
    if (!made) return tl::unexpected(made.error());
    recorder = std::move(*made);
  }
  return std::make_unique<Voice>(std::move(words), std::move(recorder));
}

Result<std::unique_ptr<Terminal>> make_fax(const Subscriber& subscriber, bool calling,
                                           const std::filesystem::path& send, const std::filesystem::path& receive) {
  t38::FaxMachineOptions options;
  options.calling = calling;
  options.identity = subscriber.identity.empty() ? subscriber.number : subscriber.identity;
  options.send_file = send;
  options.receive_file = receive;
  options.ecm = subscriber.ecm;
  options.max_bit_rate = subscriber.max_bit_rate;
  options.log_scope = "fax=" + subscriber.number;
  auto machine = t38::AudioFaxMachine::make(options);
  if (!machine) return tl::unexpected(machine.error());
  return std::make_unique<Fax>(std::move(*machine));
}

}  // namespace sg::pstnsim
