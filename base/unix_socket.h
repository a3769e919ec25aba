#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// Unix stream sockets in the file system, on which programs of one machine talk (unix(7)).
namespace sg {

// Whether a process listens on the socket at `path`. One that we may not connect to, or whose queue is full, does.
bool is_answered(const std::string& path);

// Listens at `path`, with this mode from the first client on. The file of a process that is gone is replaced; never
// that of one that answers, nor a file that is no socket. Error: why not, without the path.
Result<UniqueFd> listen_on_unix(const std::string& path, mode_t mode);

// A connection to who listens at `path`; ask_on() waits for an answer for as long as `patience`.
Result<UniqueFd> connect_to_unix(const std::string& path, std::chrono::seconds patience);

// Sends a line to the other end and gives the line that it answers, both without their ends.
Result<std::string> ask_on(const UniqueFd& connection, const std::string& line);

}  // namespace sg
