// The client's letters.
#include "wire/features.hpp"

namespace volsync::wire {

// The order is that of common clients; the point stands for a released version.
std::string capability_letters(bool incremental) { return incremental ? ".iLsfxCIvu" : ".LsfxCIvu"; }

}  // namespace volsync::wire
