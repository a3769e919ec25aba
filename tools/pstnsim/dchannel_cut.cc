#include "tools/pstnsim/dchannel_cut.h"

namespace sg::pstnsim {
namespace {

class Cuttable final : public tdm::DChannel {
 public:
  Cuttable(std::unique_ptr<tdm::DChannel> channel, const bool& is_cut)
      : channel_(std::move(channel)), is_cut_(is_cut) {}

  int fd() const override { return channel_->fd(); }
  Result<size_t> read(std::span<uint8_t> frame) override {
    auto octets = channel_->read(frame);
    while (is_cut_ && octets && *octets > 0) octets = channel_->read(frame);
    return octets;
  }
  Result<> write(ByteView frame) override { return is_cut_ ? Result<>{} : channel_->write(frame); }
  tdm::DChannelStats stats() const override { return channel_->stats(); }

 private:
  const std::unique_ptr<tdm::DChannel> channel_;
  const bool& is_cut_;
};

}  // namespace

std::unique_ptr<tdm::DChannel> make_dchannel_that_can_be_cut(std::unique_ptr<tdm::DChannel> channel,
                                                             const bool& is_cut) {
  return std::make_unique<Cuttable>(std::move(channel), is_cut);
}

}  // namespace sg::pstnsim
