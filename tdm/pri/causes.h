#pragma once

// The causes that the D-channel's side gives or looks for by itself (Q.850 table 1).
namespace sg::tdm::pri {

constexpr int kChannelUnacceptable = 6, kNormalClearing = 16, kNoAnswer = 19, kOutOfOrder = 27, kIncompleteNumber = 28,
              kUnspecified = 31, kNoCircuit = 34, kTemporaryFailure = 41, kChannelUnavailable = 44,
              kChannelDoesNotExist = 82, kIncompatibleDestination = 88, kWrongCallState = 101, kRecoveryOnTimer = 102;

// What may go into a message.
constexpr int valid_cause(int cause) {
  return cause > 0 && cause < 128 ? cause : kNormalClearing;
}

}  // namespace sg::tdm::pri
