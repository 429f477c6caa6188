// Frames: one continuous stream of bytes and messages beside it, in one direction of a connection.
//
// The stream has no boundaries: peers cut frames anywhere, in the middle of an integer too, and messages may stand
// between any two frames. Source: lib/wire/FORMAT.md, multiplexing and messages.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

enum class tag : std::uint8_t {
  data = 0,         // the stream; an empty frame is a sign of life
  error_xfer = 1,   // text; the run ends with 23
  info = 2,         // text for standard output
  error = 3,        // text
  warning = 4,      // text
  io_error = 22,    // int32: bits for the I/O error word
  io_timeout = 33,  // int32: seconds
  noop = 42,        // empty
  error_exit = 86,  // int32: exit code, or empty
  success = 100,    // int32: index of a file that arrived (--remove-source-files)
  deleted = 101,    // name; a directory's name ends in one NUL
  no_send = 102,    // int32: index of a requested file that will not be sent
};

struct message {
  tag kind{};
  bytes payload;
  // The payload of a message with exactly four bytes of payload.
  [[nodiscard]] std::int32_t number() const noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return as_text(payload); }
  friend bool operator==(message const&, message const&) = default;
};

inline constexpr std::size_t frame_header_size = 4;
inline constexpr std::size_t max_frame_payload = 0xffffff;  // bytes that a header can express
inline constexpr std::size_t max_text = 5119;               // bytes of a message text

struct frame_header {
  tag kind{};
  std::uint32_t length = 0;  // bytes of payload
  friend bool operator==(frame_header const&, frame_header const&) = default;
};
// Errors: truncated, unknown_tag, bad_message_length, message_too_long (the last two by the rules of the tag).
[[nodiscard]] result<frame_header> read_frame_header(cursor& in);
void write_frame_header(writer& out, frame_header h);

// Takes frames apart. Holds what was fed and not consumed; the caller stops feeding to bound it. One thread at a time.
class demultiplexer {
 public:
  // All of `input` is taken, in any split. Errors: those of read_frame_header; what came before the bad frame stays
  // readable, and every further call gives the same error.
  [[nodiscard]] result<void> feed(byte_view input);

  // The stream's bytes that were not consumed yet; valid until the next feed or consume.
  [[nodiscard]] byte_view data() const noexcept { return byte_view{stream_}.subspan(consumed_); }
  // Requires count <= data().size().
  void consume(std::size_t count);
  // Messages in the order of arrival. Take them after each feed, before the data: then none is handled later than data
  // that came after it.
  [[nodiscard]] std::optional<message> next_message();

  // Between frames: an end of the connection here cuts nothing in two.
  [[nodiscard]] bool between_frames() const noexcept { return header_.empty() && !frame_; }
  // Bytes fed, headers and messages included.
  [[nodiscard]] std::int64_t byte_count() const noexcept { return byte_count_; }

 private:
  [[nodiscard]] byte_view take_header(byte_view input);
  [[nodiscard]] byte_view take_payload(byte_view input);
  void end_frame();

  bytes stream_;
  std::size_t consumed_ = 0;
  std::deque<message> messages_;
  bytes header_;                       // begun header
  std::optional<frame_header> frame_;  // frame under way
  std::size_t left_ = 0;               // bytes of it to come
  bytes payload_;                      // of a message under way
  error_code failed_;
  std::int64_t byte_count_ = 0;
};

// Makes frames. The stream is written in place, behind a header that is filled in when its frame ends: no copy.
// One thread at a time; not movable.
class multiplexer {
 public:
  multiplexer() noexcept : stream_{out_} {}

  // Sink of the stream: valid as long as the multiplexer.
  [[nodiscard]] writer& stream() noexcept { return stream_; }
  // A frame of its own, after all that was written to the stream so far. Requires a payload that the tag allows.
  void put_message(tag kind, byte_view payload = {});
  void put_message(tag kind, std::int32_t number);
  // An empty data frame.
  void keep_alive() { put_message(tag::data); }

  // All complete frames; ends the one under way.
  [[nodiscard]] bytes take_output();
  // Bytes that take_output would give.
  [[nodiscard]] std::size_t backlog() const noexcept { return stream_.backlog(); }
  // Bytes written so far, taken or not, headers and messages included.
  [[nodiscard]] std::int64_t byte_count() const noexcept { return taken_ + static_cast<std::int64_t>(backlog()); }

 private:
  // Payload of a frame that we make: what common peers make at most.
  static constexpr std::size_t frame_payload = (64U << 10) - frame_header_size;

  class frame_writer final : public writer {
   public:
    // limit_ is the size of the bytes while no frame is under way.
    explicit frame_writer(bytes& to) noexcept : writer{to} { limit_ = 0; }
    void end_frame();
    void put_frame(tag kind, byte_view payload);
    [[nodiscard]] bytes take();
    [[nodiscard]] std::size_t backlog() const noexcept { return to_->size(); }

   private:
    void make_room() override;
    std::size_t begin_ = 0;  // of the header of the frame under way
    bool open_ = false;
  };

  bytes out_;
  frame_writer stream_;
  std::int64_t taken_ = 0;
};

}  // namespace volsync::wire
