// Who answers questions while a connection is being made: yes or no for a host key, pass phrases, passwords.
//
// Secrets live in `secret`, which is wiped when it goes; they are never put into a log, a state or an error text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace volsync::transport {

// A short text wiped on destruction. Moves wipe what they leave.
class secret {
 public:
  secret() { text_.reserve(capacity); }
  explicit secret(std::string_view text);
  secret(secret&& other);
  secret& operator=(secret&& other);
  ~secret() { wipe(); }
  // Appends one byte; longer texts than `capacity` are cut (nothing is ever reallocated, so no copy stays behind).
  void push_back(char byte) {
    if (text_.size() < capacity) text_.push_back(byte);
  }
  void wipe() noexcept;
  [[nodiscard]] char const* c_str() const noexcept { return text_.c_str(); }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

  static constexpr std::size_t capacity = 1024;  // bytes

 private:
  std::string text_;
};

// Called on the connection's thread, one call at a time. Texts given are printable (parts that came from the peer are
// escaped). `cancel_fd` becomes readable when the answer is no longer wanted: return "no" then, at once.
class prompter {
 public:
  prompter() = default;
  prompter(prompter const&) = delete;
  prompter& operator=(prompter const&) = delete;
  virtual ~prompter() = default;

  // True only if the answer was "yes".
  virtual bool confirm(std::string const& question, int cancel_fd) = 0;
  // A line typed by the user, without its newline; shown while typed only if `echo`. Empty: none given, do not ask
  // again.
  virtual std::optional<secret> ask(std::string const& prompt, bool echo, int cancel_fd) = 0;
};

}  // namespace volsync::transport
