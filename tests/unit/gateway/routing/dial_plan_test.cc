#include "gateway/routing/dial_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/event_loop.h"

namespace sg::routing {
namespace {

constexpr const char* kFile = R"([sip]
listen = "udp:127.0.0.1:5060"
[trunk.a]
kind = "sip"
peer = "sip:127.0.0.1:5070"
[[route]]
name = "all"
called = "+*"
to = "a"
)";

// A file in a folder of its own, and a loader whose answers come by a real loop.
class PlanLoaderTest : public ::testing::Test {
 protected:
  PlanLoaderTest() {
    char folder[] = "/tmp/sg-plan-XXXXXX";
    folder_ = ::mkdtemp(folder);
  }
  ~PlanLoaderTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    std::ofstream(folder_ / "a.toml") << text;
    return folder_ / "a.toml";
  }
  Result<std::shared_ptr<const DialPlan>> load(const std::string& file) {
    Result<std::shared_ptr<const DialPlan>> answer = fail("no answer");
    PlanLoader loader(loop);
    loader.load(file, [&](auto loaded) {
      answer = std::move(loaded);
      loop.stop();
    });
    loop.run();
    return answer;
  }

  EventLoop loop;
  std::filesystem::path folder_;
};

TEST_F(PlanLoaderTest, BringsAPlanThatOutlivesTheLoaderAndTheFile) {
  auto plan = load(write(kFile));

  ASSERT_TRUE(plan) << plan.error().message;
  route::Query query;
  query.from_trunk = "a";
  query.called = {"4930", TypeOfNumber::International};
  EXPECT_EQ((*plan)->plan.decide(query).outcome(), "a");
  EXPECT_EQ((*plan)->settings->routes.size(), 1u);
}

TEST_F(PlanLoaderTest, TellsWhatIsWrongWithItsLine) {
  auto unknown_trunk = load(write(std::string(kFile) + "[[route]]\nname = \"b\"\ncalled = \"1\"\nto = \"nobody\"\n"));
  auto failing_test =
      load(write(std::string(kFile) + "[test]\ncases = [\n{ from = 'a', dial = '+1', want = 'b' } ]\n"));
  auto no_toml = load(write("[sip\n"));

  EXPECT_THAT(unknown_trunk.error().message, testing::HasSubstr("a.toml:13: [[route]] \"b\" to: there is no [trunk."));
  EXPECT_THAT(failing_test.error().message, testing::HasSubstr("a.toml:12: [test]: +1 from a should have want"));
  EXPECT_THAT(no_toml.error().message, testing::HasSubstr("a.toml:1:"));
  EXPECT_THAT(load(folder_ / "none.toml").error().message, testing::HasSubstr("none.toml: cannot be read"));
}

TEST_F(PlanLoaderTest, AnswersNobodyOnceItIsGone) {
  auto file = write(kFile);
  bool is_answered = false;
  {
    PlanLoader loader(loop);
    loader.load(file, [&](auto) { is_answered = true; });
  }

  loop.post([&] { loop.stop(); });
  loop.run();

  EXPECT_FALSE(is_answered);
}

TEST_F(PlanLoaderTest, TakesOldPlansApartOnItsOwnThread) {
  auto plan = load(write(kFile));
  ASSERT_TRUE(plan);
  std::weak_ptr<const DialPlan> watched = *plan;
  PlanLoader loader(loop);

  loader.dispose(std::move(*plan));
  // What is queued after it is done after it.
  loader.load(folder_ / "a.toml", [&](auto) { loop.stop(); });
  loop.run();

  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace sg::routing
