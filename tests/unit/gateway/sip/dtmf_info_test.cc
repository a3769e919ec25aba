#include "gateway/sip/dtmf_info.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/sip/message.h"

namespace sg::sip {
namespace {

using namespace std::string_literals;

TEST(Digits, ByInfoAsCharactersOrAsEvents) {
  using Kind = InfoDigit::Kind;
  struct Row {
    const char *type, *body;
    Kind kind;
    char digit = 0;
  };
  const Row kRows[] = {
      {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Kind::Digit, '5'},
      {"application/dtmf-relay", "signal = *\r\nduration = 100\r\n", Kind::Digit, '*'},
      {"application/dtmf-relay", "Duration=100\r\nSignal= #", Kind::Digit, '#'},
      {"application/dtmf-relay", "Signal=b\r\n", Kind::Digit, 'B'},
      {"application/dtmf-relay", "Signal=10\r\n", Kind::Digit, '*'},
      {"application/dtmf-relay", "Signal=11\r\nDuration=160\r\n", Kind::Digit, '#'},
      {"application/dtmf-relay", "Signal=12\r\n", Kind::Digit, 'A'},
      {"application/dtmf-relay", "Signal=15\r\n", Kind::Digit, 'D'},
      {"application/dtmf-relay", "Signal=16\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=17\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=-1\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=1x\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=12345678901234567890123\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=hookflash\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Signal=\r\n1\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "OtherSignal=1\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "Duration=160\r\n", Kind::Unsupported},
      {"application/dtmf-relay", "", Kind::Unsupported},
      {"application/dtmf", "#", Kind::Digit, '#'},
      {"application/dtmf", "7\r\n", Kind::Digit, '7'},
      {"application/dtmf", "11", Kind::Unsupported},
      {"application/dtmf", "?", Kind::Unsupported},
      {"application/dtmf", "123", Kind::Unsupported},
      {"text/plain", "Signal=5\r\n", Kind::None},
  };
  for (const auto& row : kRows) {
    Message info(
        "INFO sip:1@gw SIP/2.0\r\nFrom: <sip:2@peer>;tag=1\r\nTo: <sip:1@gw>;tag=2\r\nCall-ID: 1\r\n"
        "CSeq: 2 INFO\r\nContent-Type: "s +
        row.type + "\r\nContent-Length: " + std::to_string(std::string(row.body).size()) + "\r\n\r\n" + row.body);
    auto told = read_dtmf(*info);
    EXPECT_EQ(told.kind, row.kind) << row.body;
    EXPECT_EQ(told.digit, row.digit) << row.body;
  }
}

}  // namespace
}  // namespace sg::sip
