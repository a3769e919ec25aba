#include "base/names.h"

#include <gtest/gtest.h>

#include <set>

#include "base/kinds/fax.h"
#include "base/kinds/isdn.h"
#include "base/kinds/line.h"
#include "base/kinds/media.h"
#include "base/kinds/sip.h"
#include "base/kinds/span.h"

namespace sg {
namespace {

enum class Colour : uint8_t { Red, Green = 4 };

TEST(Names, EnumeratorsAreToldFromOtherValues) {
  EXPECT_TRUE(is_enumerator<Colour::Red>());
  EXPECT_TRUE(is_enumerator<static_cast<Colour>(4)>());
  EXPECT_FALSE(is_enumerator<static_cast<Colour>(1)>());
}

TEST(Names, ValueHasItsNameAndNameItsValue) {
  EXPECT_EQ(name_of(SwitchType::Lucent5e), "5ess");
  EXPECT_EQ(value_named<SwitchType>("5ess"), SwitchType::Lucent5e);
}

TEST(Names, WhatIsNoEnumeratorIsUnknown) {
  EXPECT_EQ(name_of(static_cast<TypeOfNumber>(5)), "unknown");
  EXPECT_EQ(value_named<Transport>("sctp"), std::nullopt);
}

template <class E>
class KindNames : public testing::Test {};
using Kinds =
    testing::Types<AnswerBy, BearerCapability, CallMedia, CallerIdStandard, ClockSource, CodecId, DialStart, Dialling,
                   DiversionStyle, ErrorCorrection, HookFlash, HuntOrder, IdentityStyle, IsdnRole, Latch, LineKind,
                   NumberingPlan, SpanType, SwitchType, T38Ask, Transport, TypeOfNumber, VoiceBandData>;
TYPED_TEST_SUITE(KindNames, Kinds);

TYPED_TEST(KindNames, AreOneForEachValue) {
  std::set<std::string_view> names;
  std::set<TypeParam> values;

  for (const auto& [value, name] : kNames<TypeParam>) {
    names.insert(name);
    values.insert(value);
  }

  EXPECT_EQ(names.size(), kNames<TypeParam>.size());
  EXPECT_EQ(values.size(), kNames<TypeParam>.size());
}

}  // namespace
}  // namespace sg
