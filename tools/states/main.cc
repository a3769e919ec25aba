// The state tables of the gateway as graphs for Graphviz, one file each: docs/states.
//
//   sg_states DIRECTORY          writes them
//   sg_states --check DIRECTORY  tells which of them are not there as they should be
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/fsm_dot.h"
#include "gateway/call/call_state.h"
#include "gateway/call/media_mode.h"
#include "gateway/sip/dialog_state.h"
#include "gateway/sip/offer_exchange.h"
#include "tdm/cas/em_port.h"
#include "tdm/cas/fxo_port.h"
#include "tdm/cas/fxs_port.h"
#include "tdm/pri/call_table.h"

namespace sg {
namespace {

struct Graph {
  std::string file;
  std::string dot;
};

template <class Table>
Graph graph_of(const Table& table) {
  return {fmt::format("{}.dot", table.machine), to_dot(table)};
}

std::vector<Graph> all_graphs() {
  return {
      graph_of(call::call_table()),          graph_of(call::MediaMode::table()),  graph_of(sip::dialog_table()),
      graph_of(sip::OfferExchange::table()), graph_of(tdm::pri::Call::table()),   graph_of(tdm::cas::FxsPort::table()),
      graph_of(tdm::cas::FxoPort::table()),  graph_of(tdm::cas::EmPort::table()),
  };
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> write_all(const std::filesystem::path& directory) {
  std::vector<std::string> faults;
  for (const auto& graph : all_graphs()) {
    const auto path = directory / graph.file;
    if (!(std::ofstream(path, std::ios::binary) << graph.dot << std::flush))
      faults.push_back(path.string() + " cannot be written");
  }
  return faults;
}

std::vector<std::string> check(const std::filesystem::path& directory) {
  std::vector<std::string> faults;
  std::set<std::string> files;
  for (const auto& graph : all_graphs()) {
    files.insert(graph.file);
    const auto path = directory / graph.file;
    if (read(path) != graph.dot) faults.push_back(path.string() + " is not as its table: run sg_states docs/states");
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const auto& path = entry.path();
    if (path.extension() == ".dot" && !files.contains(path.filename()))
      faults.push_back(path.string() + " has no table");
  }
  return faults;
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool is_check = words.size() == 2 && words.front() == "--check";
  if (words.size() != 1 && !is_check) {
    std::cerr << "sg_states [--check] DIRECTORY\n";
    return 2;
  }
  const std::filesystem::path directory = words.back();
  const auto faults = is_check ? sg::check(directory) : sg::write_all(directory);
  for (const auto& fault : faults) std::cerr << fault << '\n';
  return faults.empty() ? 0 : 1;
}
