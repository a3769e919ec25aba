#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t38/params.h"

// T.38 attributes of an SDP image line (T.38 Annex D.2.3) to Params and back.
namespace sg::t38 {

// Attribute names and values: {"T38MaxBitRate", "14400"}; a bare flag has an empty value.
using Attributes = std::vector<std::pair<std::string, std::string>>;

// Reads one attribute, in any dialect: case, spaces, known misspellings, flags bare or with ":0" and ":1". Values that
// make no sense leave the default. False when the attribute is none of T.38's.
// Of several T38FaxUdpEC the last one wins here; read_attributes() prefers redundancy, as it should be.
bool apply_attribute(Params& params, std::string_view name, std::string_view value);

// All attributes of an image line, on top of T.38's defaults. Attributes of others are skipped.
Params read_attributes(const Attributes& attributes);

// Strictly as Annex D.2.3 writes them: flags are present or absent.
Attributes attributes(const Params& params);

}  // namespace sg::t38
