// Frames, taken apart and put together.
#include "wire/multiplex.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

// Frames of tag t begin with the byte base + t, so that the first frame cannot be taken for text.
constexpr std::uint32_t base = 7;
// Consumed bytes that may stay in front of the stream before they are moved away.
constexpr std::size_t compaction = 256U << 10;

// How long the payload of a tag may be.
struct tag_rule {
  tag kind;
  std::size_t length;  // exact, or the largest one if `text`
  bool text;
  bool may_be_empty;
};
constexpr std::array tag_rules{
    tag_rule{tag::data, max_frame_payload, true, true}, tag_rule{tag::error_xfer, max_text, true, true},
    tag_rule{tag::info, max_text, true, true},          tag_rule{tag::error, max_text, true, true},
    tag_rule{tag::warning, max_text, true, true},       tag_rule{tag::io_error, 4, false, false},
    tag_rule{tag::io_timeout, 4, false, false},         tag_rule{tag::noop, 0, false, true},
    tag_rule{tag::error_exit, 4, false, true},          tag_rule{tag::success, 4, false, false},
    tag_rule{tag::deleted, max_text, true, true},       tag_rule{tag::no_send, 4, false, false},
};

result<void> check(std::uint32_t raw_tag, std::size_t length) {
  auto const* const known = std::find_if(tag_rules.begin(), tag_rules.end(), [&](tag_rule const& one) {
    return static_cast<std::uint32_t>(one.kind) == raw_tag;
  });
  if (known == tag_rules.end()) return wire_errc::unknown_tag;
  if (known->text) return length <= known->length ? result<void>{} : wire_errc::message_too_long;
  bool const allowed = length == known->length || (length == 0 && known->may_be_empty);
  return allowed ? result<void>{} : wire_errc::bad_message_length;
}

std::uint32_t header_word(frame_header h) { return (base + static_cast<std::uint32_t>(h.kind)) << 24 | h.length; }

}  // namespace

std::int32_t message::number() const noexcept {
  assert(payload.size() == 4);
  cursor in{payload};
  return read_int32(in).value_or(0);
}

result<frame_header> read_frame_header(cursor& in) {
  attempt whole{in};
  auto const read = read_int32(in);
  if (!read) return read.error();
  auto const word = static_cast<std::uint32_t>(*read);
  std::uint32_t const length = word & max_frame_payload;
  std::uint32_t const raw_tag = (word >> 24) - base;  // wraps below the base: unknown then
  if (auto const allowed = check(raw_tag, length); !allowed) return allowed.error();
  whole.succeed();
  return frame_header{static_cast<tag>(raw_tag), length};
}

void write_frame_header(writer& out, frame_header h) { write_int32(out, static_cast<std::int32_t>(header_word(h))); }

result<void> demultiplexer::feed(byte_view input) {
  if (failed_) return failed_;
  byte_count_ += static_cast<std::int64_t>(input.size());
  while (!input.empty()) {
    input = frame_ ? take_payload(input) : take_header(input);
    if (failed_) return failed_;
  }
  return {};
}

byte_view demultiplexer::take_header(byte_view input) {
  auto const part = input.first(std::min(input.size(), frame_header_size - header_.size()));
  append(header_, part);
  input = input.subspan(part.size());
  if (header_.size() < frame_header_size) return input;
  cursor in{header_};
  auto const read = read_frame_header(in);
  if (!read) {
    failed_ = read.error();
    return {};
  }
  header_.clear();
  frame_ = *read;
  left_ = read->length;
  if (left_ == 0) end_frame();
  return input;
}

byte_view demultiplexer::take_payload(byte_view input) {
  auto const part = input.first(std::min(input.size(), left_));
  append(frame_->kind == tag::data ? stream_ : payload_, part);
  left_ -= part.size();
  if (left_ == 0) end_frame();
  return input.subspan(part.size());
}

void demultiplexer::end_frame() {
  if (frame_->kind != tag::data) messages_.push_back({frame_->kind, std::exchange(payload_, {})});
  frame_.reset();
}

void demultiplexer::consume(std::size_t count) {
  assert(count <= stream_.size() - consumed_);
  consumed_ += count;
  if (consumed_ == stream_.size()) {
    stream_.clear();
    consumed_ = 0;
  } else if (consumed_ >= compaction && consumed_ >= stream_.size() / 2) {
    stream_.erase(stream_.begin(), stream_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
  }
}

std::optional<message> demultiplexer::next_message() {
  if (messages_.empty()) return std::nullopt;
  message first = std::move(messages_.front());
  messages_.pop_front();
  return first;
}

void multiplexer::put_message(tag kind, byte_view payload) {
  assert(check(static_cast<std::uint32_t>(kind), payload.size()));
  stream_.put_frame(kind, payload);
}

void multiplexer::put_message(tag kind, std::int32_t number) {
  bytes payload;
  writer out{payload};
  write_int32(out, number);
  put_message(kind, payload);
}

bytes multiplexer::take_output() {
  bytes taken = stream_.take();
  taken_ += static_cast<std::int64_t>(taken.size());
  return taken;
}

void multiplexer::frame_writer::end_frame() {
  if (open_) {
    auto const length = static_cast<std::uint32_t>(to_->size() - begin_ - frame_header_size);
    std::uint32_t const word = header_word({tag::data, length});
    for (std::size_t i = 0; i < frame_header_size; ++i) {
      (*to_)[begin_ + i] = static_cast<std::byte>(word >> (8 * i) & 0xff);
    }
  }
  open_ = false;
  limit_ = to_->size();
}

void multiplexer::frame_writer::put_frame(tag kind, byte_view payload) {
  end_frame();
  writer whole{*to_};
  write_frame_header(whole, {kind, static_cast<std::uint32_t>(payload.size())});
  whole.put(payload);
  limit_ = to_->size();
}

void multiplexer::frame_writer::make_room() {
  end_frame();
  if (to_->capacity() == 0) to_->reserve(frame_header_size + frame_payload);
  begin_ = to_->size();
  to_->resize(begin_ + frame_header_size);
  open_ = true;
  limit_ = to_->size() + frame_payload;
}

bytes multiplexer::frame_writer::take() {
  end_frame();
  limit_ = 0;
  return std::exchange(*to_, {});
}

}  // namespace volsync::wire
