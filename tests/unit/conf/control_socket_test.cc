#include "conf/control_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/unix_socket.h"

namespace sg::conf {
namespace {

constexpr uid_t kSomebody = 4711;

// A machine whose /run/spangate is a directory of the test's.
struct Places : testing::Test {
  Places() {
    if (!::mkdtemp(folder.data())) ADD_FAILURE() << "no folder " << folder;
    machine = folder + "/run/control.sock";
    own = folder + "/user/spangate/control.sock";
    std::filesystem::create_directories(folder + "/user/spangate");
  }
  ~Places() override { std::filesystem::remove_all(folder); }

  ControlSocket of(uid_t user) const { return ControlSocket(user, (folder + "/user").c_str(), machine); }
  // What a gateway that was killed leaves behind.
  static void make(const std::string& file) { listen(file); }
  static UniqueFd listen(const std::string& file) {
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    return listen_on_unix(file, 0600).value();
  }

  std::string folder = testing::TempDir() + "socket-XXXXXX";
  std::string machine, own;
};

TEST_F(Places, OfRootAreTheMachines) {
  make(own);

  EXPECT_EQ(of(0).to_make(), machine);
  EXPECT_EQ(of(0).to_ask(), machine);
}

TEST_F(Places, OfAnOrdinaryUserAreHisOwnWhereTheMachinesCannotBeMade) {
  EXPECT_EQ(of(kSomebody).to_make(), own);
  EXPECT_EQ(of(kSomebody).to_ask(), own);
  EXPECT_EQ(ControlSocket(kSomebody, nullptr, machine).to_make(), "/tmp/spangate-4711/control.sock");
  EXPECT_EQ(ControlSocket(kSomebody, "", machine).to_ask(), "/tmp/spangate-4711/control.sock");
}

TEST_F(Places, AreTheMachinesWhereAServiceManagerMadeThem) {
  std::filesystem::create_directories(folder + "/run");

  EXPECT_EQ(of(kSomebody).to_make(), machine) << "its directory can be written to";
}

TEST_F(Places, ToAskAreWhereAGatewayIs) {
  make(machine);
  EXPECT_EQ(of(kSomebody).to_ask(), machine);

  make(own);
  const uid_t owner = ::geteuid() == 0 ? kSomebody : ::geteuid();
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((folder + "/user/spangate").c_str(), owner, owner), 0);
  }
  EXPECT_EQ(of(owner).to_ask(), machine) << "nobody answers on the user's own";
  const UniqueFd gateway = listen(own);
  EXPECT_EQ(of(owner).to_ask(), own);
  EXPECT_EQ(of(kSomebody + 1).to_ask(), machine) << "a directory of another user's is not trusted";
}

}  // namespace
}  // namespace sg::conf
