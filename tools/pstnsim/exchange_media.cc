#include <sys/epoll.h>

#include "media/codec/g711.h"
#include "tools/pstnsim/exchange_impl.h"

// Who is on the line, and the blocks that go to and fro.
namespace sg::pstnsim {
namespace {

// Whether the call's bearer is behind this TickSource.
bool ticks_with(const auto& call, int fd) {
  return call.bearer && call.bearer->ticks().fd() == fd;
}

}  // namespace

Result<std::unique_ptr<Terminal>> Exchange::make_terminal(Call& call, bool calling,
                                                          const std::filesystem::path& document) {
  const Subscriber& subscriber = *call.subscriber;
  switch (subscriber.kind) {
    case Kind::Fax: {
      std::error_code ignored;
      std::filesystem::create_directories(subscriber.directory, ignored);
      call.received = subscriber.directory / fmt::format("{}-{}.tif", subscriber.number, call.id);
      return make_fax(subscriber, calling, document, calling ? std::filesystem::path{} : call.received);
    }
    case Kind::Voice:
      return make_voice(subscriber.play, subscriber.record);
    case Kind::Echo:
      return make_echo();
    default:
      return make_tone(subscriber.frequency, subscriber.level);
  }
}

// False: it cannot be had, and the call is released.
bool Exchange::connect_terminal(Call& call, bool calling) {
  if (call.is_data()) {
    call.tester.emplace();
    return true;
  }
  auto terminal = make_terminal(call, calling, calling ? call.document : std::filesystem::path{});
  if (!terminal) {
    events_({{"event", "error"}, {"call", call.id}, {"message", terminal.error().message}});
    call.trunk.interface->release(call.signalling, 27);
    return false;
  }
  call.terminal = std::move(*terminal);
  return true;
}

void Exchange::open_bearer(Call& call) {
  auto bearer = call.trunk.backend->open_bearer(call.slot, {.block_octets = kBlock, .group = 0});
  if (!bearer) {
    events_({{"event", "error"}, {"call", call.id}, {"message", bearer.error().message}});
    return call.trunk.interface->release(call.signalling, 41);
  }
  int fd = (*bearer)->ticks().fd();
  bool is_first = std::ranges::none_of(calls_, [&](const auto& entry) { return ticks_with(*entry.second, fd); });
  call.bearer = std::move(*bearer);
  if (is_first && !reactor_.watch(fd, EPOLLIN, [this, fd](uint32_t) { tick(fd); })) call.bearer.reset();
}

void Exchange::close_bearer(Call& call) {
  if (!call.bearer) return;
  int fd = call.bearer->ticks().fd();
  bool is_last = std::ranges::none_of(
      calls_, [&](const auto& entry) { return entry.second.get() != &call && ticks_with(*entry.second, fd); });
  if (is_last) reactor_.unwatch(fd);
  call.bearer.reset();
}

void Exchange::tick(int fd) {
  auto first = std::ranges::find_if(calls_, [&](const auto& entry) { return ticks_with(*entry.second, fd); });
  if (first == calls_.end()) return;
  first->second->bearer->ticks().acknowledge();
  for (auto& [id, call] : calls_) {
    if (ticks_with(*call, fd)) exchange_blocks(*call);
  }
}

void Exchange::exchange_blocks(Call& call) {
  std::array<uint8_t, kBlock> octets;
  std::array<int16_t, kBlock> samples;
  auto law = call.bearer->law();
  while (true) {
    auto read = call.bearer->read(octets);
    // The timeslot is gone; that the call is over, its signalling will tell.
    if (!read) return close_bearer(call);
    if (!*read) return;
    if (call.tester) {
      call.tester->receive(octets);
      call.tester->transmit(octets);
    } else if (call.terminal) {
      media::g711::decode(law, octets, samples);
      call.terminal->receive(samples);
      call.terminal->transmit(samples);
      media::g711::encode(law, samples, octets);
    } else {
      octets.fill(tdm::idle_octet(law));
    }
    // A full buffer is a slip of the line's, and the backend counts it.
    [[maybe_unused]] auto written = call.bearer->write(octets);
    if (call.terminal && call.terminal->fax() && call.terminal->fax()->is_finished() && !call.reported) {
      report_fax(call);
      // What was said last is still on its way.
      call.timer.arm(1s, [&call] { call.trunk.interface->release(call.signalling, 16); });
    }
  }
}

void Exchange::report_fax(Call& call) {
  if (!call.terminal || !call.terminal->fax() || std::exchange(call.reported, true)) return;
  auto result = call.terminal->fax()->result();
  call.fax = {{"success", result.success},
              {"pages_sent", result.pages_sent},
              {"pages_received", result.pages_received},
              {"bit_rate", result.bit_rate},
              {"ecm", result.ecm},
              {"ecm_repeats", result.ecm_repeats},
              {"far_identity", result.far_identity},
              {"status", result.status},
              {"status_text", result.status_text},
              {"file", call.outgoing ? call.document.string() : call.received.string()}};
  Json event = {{"event", "fax_finished"}, {"call", call.id}, {"number", call.local}, {"outgoing", call.outgoing}};
  event.update(call.fax);
  events_(event);
}

}  // namespace sg::pstnsim
