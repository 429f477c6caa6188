// The two ends of every coding: a place in received bytes, and a sink for bytes to send.
//
// A decoder that fails leaves the cursor where it was, so that the caller can try again when more bytes have come.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/bytes.hpp"

namespace volsync::wire {

// Reads forward in bytes that it does not own. A value; the bytes must outlive it.
class cursor {
 public:
  explicit cursor(byte_view data) noexcept : data_{data} {}

  [[nodiscard]] std::size_t remaining() const noexcept { return data_.size() - at_; }
  // Bytes consumed so far.
  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  // Back (or forth) to what position() gave.
  void rewind(std::size_t position) noexcept {
    assert(position <= data_.size());
    at_ = position;
  }
  // Both require remaining() >= 1.
  [[nodiscard]] std::uint8_t peek_u8() const noexcept { return std::to_integer<std::uint8_t>(data_[at_]); }
  std::uint8_t take_u8() noexcept { return std::to_integer<std::uint8_t>(data_[at_++]); }
  // The next n bytes, a view into the input. Requires remaining() >= n.
  byte_view take(std::size_t n) noexcept {
    assert(n <= remaining());
    auto const view = data_.subspan(at_, n);
    at_ += n;
    return view;
  }

 private:
  byte_view data_;
  std::size_t at_ = 0;
};

// Undoes what a decoder consumed unless the decoder says that it succeeded.
class attempt {
 public:
  explicit attempt(cursor& in) noexcept : in_{in}, start_{in.position()} {}
  attempt(attempt const&) = delete;
  attempt& operator=(attempt const&) = delete;
  ~attempt() {
    if (!succeeded_) in_.rewind(start_);
  }
  void succeed() noexcept { succeeded_ = true; }

 private:
  cursor& in_;
  std::size_t start_;
  bool succeeded_ = false;
};

// Appends to bytes that it does not own. A multiplexer's writer cuts what is written into frames. One thread at a time.
class writer {
 public:
  explicit writer(bytes& to) noexcept : to_{&to} {}
  writer(writer const&) = delete;
  writer& operator=(writer const&) = delete;
  virtual ~writer() = default;

  void u8(std::uint8_t value) {
    if (to_->size() >= limit_) make_room();
    to_->push_back(std::byte{value});
  }
  void put(byte_view data) {
    while (data.size() > limit_ - to_->size()) {
      auto const part = data.first(limit_ - to_->size());
      append(*to_, part);
      data = data.subspan(part.size());
      make_room();
    }
    append(*to_, data);
  }

 protected:
  bytes* to_;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();  // size of *to_ at which make_room is called

 private:
  // Makes limit_ larger than the size of *to_. Never called without a limit.
  virtual void make_room() {}
};

}  // namespace volsync::wire
