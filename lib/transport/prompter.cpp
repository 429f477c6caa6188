#include "transport/prompter.hpp"

#include <string.h>

namespace volsync::transport {

secret::secret(std::string_view text) : secret{} {
  for (char const c : text) push_back(c);
}

secret::secret(secret&& other) : secret{other.view()} { other.wipe(); }

secret& secret::operator=(secret&& other) {
  if (this == &other) return *this;
  wipe();
  for (char const c : other.view()) push_back(c);
  other.wipe();
  return *this;
}

void secret::wipe() noexcept {
  ::explicit_bzero(text_.data(), text_.size());
  text_.clear();
}

}  // namespace volsync::transport
