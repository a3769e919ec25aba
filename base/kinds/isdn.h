#pragma once

#include <cstdint>

#include "base/names.h"

// Kinds of ISDN, with the values that Q.931 gives them.
namespace sg {

// Which side of the interface we are. User: the far end is the exchange; Network: we are.
enum class IsdnRole : uint8_t { User, Network };
template <>
inline constexpr auto kNames<IsdnRole> = named<IsdnRole>({{IsdnRole::User, "user"}, {IsdnRole::Network, "network"}});

enum class SwitchType : uint8_t { EuroIsdnE1, EuroIsdnT1, Ni1, Ni2, Dms100, Lucent5e, Att4ess, Qsig };
template <>
inline constexpr auto kNames<SwitchType> = named<SwitchType>({{SwitchType::EuroIsdnE1, "euroisdn-e1"},
                                                              {SwitchType::EuroIsdnT1, "euroisdn-t1"},
                                                              {SwitchType::Ni1, "ni1"},
                                                              {SwitchType::Ni2, "ni2"},
                                                              {SwitchType::Dms100, "dms100"},
                                                              {SwitchType::Lucent5e, "5ess"},
                                                              {SwitchType::Att4ess, "4ess"},
                                                              {SwitchType::Qsig, "qsig"}});

// Q.931 4.5.5, information transfer capability. Fax travels as Audio31k.
enum class BearerCapability : uint8_t { Speech = 0x00, Unrestricted = 0x08, Audio31k = 0x10 };
template <>
inline constexpr auto kNames<BearerCapability> = named<BearerCapability>({{BearerCapability::Audio31k, "audio31k"},
                                                                          {BearerCapability::Speech, "speech"},
                                                                          {BearerCapability::Unrestricted,
                                                                           "unrestricted"}});

// Q.931 4.5.10: type of number and numbering plan, as the octet's fields.
enum class TypeOfNumber : uint8_t {
  Unknown = 0,
  International = 1,
  National = 2,
  NetworkSpecific = 3,
  Subscriber = 4,
  Abbreviated = 6
};
template <>
inline constexpr auto kNames<TypeOfNumber> = named<TypeOfNumber>({{TypeOfNumber::Unknown, "unknown"},
                                                                  {TypeOfNumber::International, "international"},
                                                                  {TypeOfNumber::National, "national"},
                                                                  {TypeOfNumber::NetworkSpecific, "network-specific"},
                                                                  {TypeOfNumber::Subscriber, "subscriber"},
                                                                  {TypeOfNumber::Abbreviated, "abbreviated"}});

enum class NumberingPlan : uint8_t { Unknown = 0, Isdn = 1, Data = 3, Telex = 4, National = 8, Private = 9 };
template <>
inline constexpr auto kNames<NumberingPlan> = named<NumberingPlan>({{NumberingPlan::Unknown, "unknown"},
                                                                    {NumberingPlan::Isdn, "isdn"},
                                                                    {NumberingPlan::Data, "data"},
                                                                    {NumberingPlan::Telex, "telex"},
                                                                    {NumberingPlan::National, "national"},
                                                                    {NumberingPlan::Private, "private"}});

// Q.931 4.5.10, octet 3a: whether the called party may see the number, and who vouches for it.
enum class Presentation : uint8_t { Allowed = 0, Restricted = 1, Unavailable = 2 };
enum class ScreeningIndicator : uint8_t { UserNotScreened = 0, UserPassed = 1, UserFailed = 2, Network = 3 };

}  // namespace sg
