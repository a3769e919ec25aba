#include "gateway/route/pattern_tree.h"

#include <algorithm>

namespace sg::route {

PatternTree::Code PatternTree::code_of(SignSet set) {
  auto [found, is_new] = code_of_.emplace(set, static_cast<Code>(sets_.size()));
  if (is_new) sets_.push_back(set);
  return found->second;
}

void PatternTree::add(const Pattern& pattern, Value value) {
  Spelling spelling;
  spelling.reserve(pattern.places.size());
  for (SignSet set : pattern.places) spelling += code_of(set);
  added_.push_back({std::move(spelling), {value, pattern.is_open}});
}

void PatternTree::build() {
  if (added_.empty()) return;
  std::sort(added_.begin(), added_.end(), [](const Added& a, const Added& b) { return a.spelling < b.spelling; });
  items_.reserve(added_.size());
  nodes_.emplace_back();
  grow(0, 0, added_.size(), 0);
  std::vector<Added>().swap(added_);
  nodes_.shrink_to_fit();
  codes_.shrink_to_fit();
}

// Fills `node` from the sorted patterns [first, last), which agree in their first `depth` codes.
void PatternTree::grow(uint32_t node, size_t first, size_t last, size_t depth) {
  const Spelling& least = added_[first].spelling;
  const Spelling& greatest = added_[last - 1].spelling;
  size_t end = depth;
  while (end < least.size() && end < greatest.size() && least[end] == greatest[end]) ++end;
  nodes_[node].spelled = static_cast<uint32_t>(codes_.size());
  nodes_[node].length = static_cast<uint16_t>(end - depth);
  codes_.insert(codes_.end(), least.begin() + static_cast<std::ptrdiff_t>(depth),
                least.begin() + static_cast<std::ptrdiff_t>(end));

  nodes_[node].first_item = static_cast<uint32_t>(items_.size());
  for (; first < last && added_[first].spelling.size() == end; ++first) items_.push_back(added_[first].item);
  nodes_[node].items = static_cast<uint32_t>(items_.size()) - nodes_[node].first_item;

  std::vector<size_t> starts;
  for (size_t i = first; i < last; ++i) {
    if (i == first || added_[i].spelling[end] != added_[i - 1].spelling[end]) starts.push_back(i);
  }
  auto first_child = static_cast<uint32_t>(nodes_.size());
  nodes_[node].first_child = first_child;
  nodes_[node].children = static_cast<uint16_t>(starts.size());
  nodes_.resize(nodes_.size() + starts.size());
  starts.push_back(last);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    grow(first_child + static_cast<uint32_t>(i), starts[i], starts[i + 1], end);
  }
}

}  // namespace sg::route
