#include <gtest/gtest.h>

#include "tdm/cas/em_port.h"
#include "tdm/cas/fxo_port.h"
#include "tdm/cas/fxs_port.h"

namespace sg::tdm::cas {
namespace {

// Every state can be left, and every one that is open ends when the card is pulled.
template <class Table, class State>
void check(const Table& table, State closed) {
  for (const auto& row : table.rows) {
    EXPECT_FALSE(row.events.empty()) << table.machine << " " << name_of(row.state);
    EXPECT_FALSE(row.successors.empty()) << table.machine << " " << name_of(row.state);
    EXPECT_TRUE(row.state == closed || table.leads(row.state, closed)) << table.machine << " " << name_of(row.state);
    for (auto next : row.successors) EXPECT_NE(table.row(next), nullptr) << table.machine << " " << name_of(next);
  }
}

TEST(PortTables, LeaveNoStateWithoutAWayOut) {
  check(FxsPort::table(), FxsState::Closed);
  check(FxoPort::table(), FxoState::Closed);
  check(EmPort::table(), EmState::Closed);
}

}  // namespace
}  // namespace sg::tdm::cas
