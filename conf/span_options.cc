// [span.N].
#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

// Read first, by the loader, since the other options follow from it.
Option<Span> span_backend() {
  return option<Span>("backend", &Span::backend,
                      choice<SpanBackend>({{"cesop", SpanBackend::Cesop}, {"dahdi", SpanBackend::Dahdi}}),
                      "What brings the span. cesop: a pseudowire over UDP (RFC 5086). dahdi: a card in this machine, "
                      "by the DAHDI driver.");
}

}  // namespace

const std::vector<Option<Span>>& cesop_span_options() {
  static const std::vector<Option<Span>> options = {
      span_backend().shown("\"cesop\""),
      option<Span>("type", &Span::type, choice({SpanType::E1, SpanType::T1}),
                   "E1: 31 timeslots, A-law. T1: 24 timeslots, mu-law.")
          .shown("\"E1\""),
      option<Span>("local", &Span::local, socket_address(), "Local UDP address and port of the pseudowire.")
          .needed("\"127.0.0.1:7001\""),
      option<Span>("remote", &Span::remote, socket_address(), "The far end's UDP address and port.")
          .needed("\"127.0.0.1:7000\""),
      option<Span>("frames_per_packet", &Span::frames_per_packet, integer(1, 160),
                   "Frames of 125 us in each packet; both ends must agree. 40 is 5 ms. On an Ethernet of 1 500 octets "
                   "an E1 takes 45 at most."),
      option<Span>("rtp_header", &Span::rtp_header, boolean(),
                   "Packets carry an RTP header (RFC 5086 section 4.2); both ends must agree."),
      option<Span>("clock", &Span::clock, choice<ClockSource>(),
                   "recovered: follow the far end's clock, as it arrives; given: this machine's clock leads."),
      option<Span>("ppm", &Span::ppm, real(-200, 200),
                   "How far a given clock runs fast (or slow, below 0), in parts per million. For tests."),
      option<Span>("jitter_packets", &Span::jitter_packets, integer(0, 64),
                   "Depth of the receive buffer, in packets. 0: as deep as the clock wants it."),
      option<Span>("transmit_margin", &Span::transmit_margin, duration(0ms, 500ms),
                   "What waits in a timeslot's send buffer beyond one block of 20 ms: delay, against the slips that a "
                   "busy machine would make. A fax page survives no slip; where only voice is carried, 20 ms will do."),
  };
  return options;
}

const std::vector<Option<Span>>& dahdi_span_options() {
  static const std::vector<Option<Span>> options = {
      span_backend().needed("\"dahdi\""),
      option<Span>("driver_span", &Span::driver_span, integer(0, 1000),
                   "The driver's number of the span: the N of /proc/dahdi/N. 0: the same as here. Type, law and "
                   "timeslots come from the driver, and so from /etc/dahdi/system.conf."),
  };
  return options;
}

}  // namespace sg::conf
