// Worker threads: an Asio thread pool, seen by nobody else.
#include "engine/workers.hpp"

#include <new>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace volsync::engine {

struct workers::pool {
  pool(std::size_t count, mailbox& to) : threads{count}, results{to}, asio{count} {}
  std::size_t threads;
  mailbox& results;
  boost::asio::thread_pool asio;
};

workers::workers(std::size_t threads, mailbox& results) : pool_{std::make_unique<pool>(threads, results)} {}

workers::~workers() {
  pool_->asio.stop();
  pool_->asio.join();
}

std::size_t workers::threads() const noexcept { return pool_->threads; }

void workers::post(roles::job_ptr what) {
  boost::asio::post(pool_->asio, [held = std::move(what), to = &pool_->results]() mutable {
    try {
      held->step();
      to->put(std::move(held));
    } catch (std::bad_alloc const&) {
      to->put_out_of_memory();
    }
  });
}

}  // namespace volsync::engine
