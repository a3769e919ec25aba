#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/route/pattern.h"

namespace sg::route {

// Finds all patterns that match a number, out of a million. A radix tree whose edges are sets of signs: patterns are
// added, the tree is built once, and from then on only asked. Any thread.
class PatternTree {
 public:
  using Value = uint32_t;

  void add(const Pattern& pattern, Value value);
  void build();

  // All that match, in no order of note. `visit(value)`.
  template <class Visit>
  void match(std::string_view number, Visit visit) const {
    if (!nodes_.empty()) walk(0, 0, number, visit);
  }
  // Whether some pattern begins with this number and goes on: `accept(value)` says whether it counts.
  template <class Accept>
  bool goes_on(std::string_view number, Accept accept) const {
    return !nodes_.empty() && longer(0, 0, number, accept);
  }
  // All patterns of the same length and openness that share a number with this one.
  template <class Visit>
  void overlapping(const Pattern& pattern, Visit visit) const {
    if (!nodes_.empty()) cross(0, 0, pattern, visit);
  }

  // Each group of patterns that are spelled alike, open ones and others apart: `visit(std::span<const Value>)`.
  template <class Visit>
  void same(Visit visit) const {
    std::vector<Value> group;
    for (const Node& node : nodes_) {
      for (bool is_open : {false, true}) {
        group.clear();
        for (uint32_t i = 0; i < node.items; ++i) {
          const Item& item = items_[node.first_item + i];
          if (item.is_open == is_open) group.push_back(item.value);
        }
        if (group.size() > 1) visit(std::span<const Value>(group));
      }
    }
  }

 private:
  // A pattern is spelled in codes, one a set of signs.
  using Code = uint16_t;
  using Spelling = std::basic_string<Code>;

  struct Item {
    Value value;
    bool is_open;
  };
  struct Node {
    uint32_t spelled = 0;  // the codes on the edge that leads here
    uint32_t first_child = 0;
    uint32_t first_item = 0;  // patterns that end here
    uint16_t children = 0;
    uint16_t length = 0;
    uint32_t items = 0;
  };
  struct Added {
    Spelling spelling;
    Item item;
  };

  Code code_of(SignSet set);
  void grow(uint32_t node, size_t first, size_t last, size_t depth);

  template <class Visit>
  void walk(uint32_t at, size_t position, std::string_view number, Visit& visit) const {
    const Node& node = nodes_[at];
    if (number.size() - position < node.length) return;
    for (size_t i = 0; i < node.length; ++i, ++position) {
      if (!(sets_[codes_[node.spelled + i]] & sign(number[position]))) return;
    }
    for (uint32_t i = 0; i < node.items; ++i) {
      const Item& item = items_[node.first_item + i];
      if (item.is_open || position == number.size()) visit(item.value);
    }
    if (position == number.size()) return;
    for (uint32_t i = 0; i < node.children; ++i) walk(node.first_child + i, position, number, visit);
  }

  template <class Accept>
  bool longer(uint32_t at, size_t position, std::string_view number, Accept& accept) const {
    const Node& node = nodes_[at];
    for (size_t i = 0; i < node.length; ++i, ++position) {
      if (position < number.size() && !(sets_[codes_[node.spelled + i]] & sign(number[position]))) return false;
    }
    for (uint32_t i = 0; i < node.items; ++i) {
      const Item& item = items_[node.first_item + i];
      if ((item.is_open || position > number.size()) && accept(item.value)) return true;
    }
    for (uint32_t i = 0; i < node.children; ++i) {
      if (longer(node.first_child + i, position, number, accept)) return true;
    }
    return false;
  }

  template <class Visit>
  void cross(uint32_t at, size_t position, const Pattern& pattern, Visit& visit) const {
    const Node& node = nodes_[at];
    if (pattern.places.size() - position < node.length) return;
    for (size_t i = 0; i < node.length; ++i, ++position) {
      if (!(sets_[codes_[node.spelled + i]] & pattern.places[position])) return;
    }
    if (position == pattern.places.size()) {
      for (uint32_t i = 0; i < node.items; ++i) {
        const Item& item = items_[node.first_item + i];
        if (item.is_open == pattern.is_open) visit(item.value);
      }
      return;
    }
    for (uint32_t i = 0; i < node.children; ++i) cross(node.first_child + i, position, pattern, visit);
  }

  std::vector<SignSet> sets_;  // by code
  std::unordered_map<SignSet, Code> code_of_;
  std::vector<Added> added_;  // until the tree is built
  std::vector<Node> nodes_;
  std::vector<Code> codes_;
  std::vector<Item> items_;
};

}  // namespace sg::route
