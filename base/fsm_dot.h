#pragma once

#include <string>

#include "base/fsm.h"

namespace sg {

// The table as a graph for Graphviz: a box for each state with the events that it takes, an arrow to each successor.
template <class State, class Event>
std::string to_dot(const FsmTable<State, Event>& table) {
  std::string dot = fmt::format("digraph {} {{\n  node [shape=box];\n", table.machine);
  for (const auto& row : table.rows) {
    dot += fmt::format("  {0} [label=\"{0}", name_of(row.state));
    for (Event event : row.events) dot += fmt::format("\\n{}", name_of(event));
    dot += "\"];\n";
    for (State next : row.successors) dot += fmt::format("  {} -> {};\n", name_of(row.state), name_of(next));
  }
  return dot + "}\n";
}

}  // namespace sg
