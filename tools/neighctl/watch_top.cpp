// SPDX-License-Identifier: Apache-2.0
#include "watch_top.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <set>
#include <utility>

#include "neighbor_view.hpp"
#include "signals.hpp"
#include "top_model.hpp"
#include "watch_view.hpp"

namespace neigh::ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenFrames{250};
// Some changes of state (stale to delay) have no notification: the table is compared from time to time.
constexpr std::chrono::seconds kBetweenAudits{5};

// The other screen, no echo, no cursor; everything as it was after `leave`, at the latest when the object is gone.
class Screen {
 public:
  explicit Screen(Output& out) : out_(out) { enter(); }
  ~Screen() { leave(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void enter() {
    // What the terminal was like is asked once: later the answer could be our own doing.
    if (!known_) known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (known_) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      raw.c_cc[VMIN] = 0;
      raw.c_cc[VTIME] = 0;
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    out_.write("\x1b[?1049h\x1b[?25l\x1b[2J");
    out_.flush();
    entered_ = true;
  }
  void leave() {
    if (!std::exchange(entered_, false)) return;
    out_.write("\x1b[?25h\x1b[?1049l");
    out_.flush();
    if (known_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

 private:
  Output& out_;
  termios before_{};
  bool known_ = false;
  bool entered_ = false;
};

struct Size {
  std::size_t width = 80;
  std::size_t height = 24;
};

Size terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::string event_text(Context& context, const WatchEvent& event) {
  const Style& style = context.style;
  switch (event.kind) {
    case WatchEvent::Kind::kAdded:
      return fmt::format("{} {}", style.paint(Tone::kGood, "+"), entry_line(event.neighbor, context));
    case WatchEvent::Kind::kChanged:
      return fmt::format("{} {}", style.paint(Tone::kWarn, "~"), entry_line(event.neighbor, context));
    case WatchEvent::Kind::kRemoved:
      return fmt::format("{} {}", style.paint(Tone::kBad, "-"), entry_line(event.neighbor, context));
    case WatchEvent::Kind::kGapBegan:
      return style.paint(Tone::kBad, "! GAP: notifications were lost; the table is read again");
    case WatchEvent::Kind::kGapHealed:
      return style.paint(Tone::kBad, "! GAP healed");
    case WatchEvent::Kind::kSynced:
      break;
  }
  return {};
}

class TopView {
 public:
  TopView(Context& context, Watch& watch, const WatchFilter& filter)
      : context_(context), watch_(watch), filter_(filter), screen_(context.out) {}

  std::optional<Failure> run(std::optional<std::chrono::milliseconds> duration) {
    hold_suspend();
    draw(begun_);  // reading a large table takes a moment
    while (!quit_ && !stop_requested() && context_.out.error() == 0) {
      const auto now = Clock::now();
      if (duration && now - begun_ >= *duration) break;
      if (take_suspend()) {
        screen_.leave();
        suspend_now();
      }
      if (take_continue()) {
        screen_.enter();
        next_frame_ = now;
      }
      if (auto failure = follow(now)) return failure;
      if (take_resize() || now >= next_frame_) draw(now);
      wait();
    }
    return std::nullopt;
  }

 private:
  std::optional<Failure> follow(Clock::time_point now) {
    if (now >= next_audit_) {
      watch_.request_resync();
      audit_ = true;
      context_.refresh_interfaces();  // one may have another name by now
      next_audit_ = now + kBetweenAudits;
    }
    renewed_.clear();
    const auto processed = watch_.process([&](const WatchEvent& event) { on_event(event); });
    if (processed) return std::nullopt;
    return explain(processed.error(), {.verb = "watch"});
  }

  void on_event(const WatchEvent& event) {
    const bool gap = event.kind == WatchEvent::Kind::kGapBegan || event.kind == WatchEvent::Kind::kGapHealed;
    if (gap && audit_) {
      if (event.kind == WatchEvent::Kind::kGapHealed) audit_ = false;
      return;
    }
    const auto told = filter_.apply(event);
    if (!told) return;
    const bool entry = !gap && event.kind != WatchEvent::Kind::kSynced;
    if (entry && renewed_.insert(told->neighbor.interface).second) context_.renew_interface(told->neighbor.interface);
    const std::string clock = iso_time(std::chrono::system_clock::now()).substr(11, 8);
    model_.on_event(*told, Clock::now(), context_.style.paint(Tone::kDim, clock), event_text(context_, *told));
  }

  void draw(Clock::time_point now) {
    const Size size = terminal_size(context_.out.descriptor());
    const auto name = [&](InterfaceIndex index) { return printable(context_.interface_name(index)); };
    const auto lines = paused_ ? paused_->render(paused_at_, size.width, size.height, context_.style, name, true)
                               : model_.render(now, size.width, size.height, context_.style, name, false);
    context_.out.write("\x1b[H");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      context_.out.write(lines[i]);
      context_.out.write(i + 1 < lines.size() ? "\x1b[K\n" : "\x1b[K");
    }
    context_.out.flush();
    next_frame_ = now + kBetweenFrames;
  }

  void wait() {
    std::array<pollfd, 3> ready{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signal_descriptor(), POLLIN, 0},
                                pollfd{watch_.fd(), POLLIN, 0}};
    ::poll(ready.data(), ready.size(), static_cast<int>(kBetweenFrames.count()));
    if (ready[1].revents != 0) drain_signals();
    if ((ready[0].revents & POLLIN) == 0) return;
    std::array<char, 32> keys{};
    const ssize_t got = ::read(STDIN_FILENO, keys.data(), keys.size());
    for (ssize_t i = 0; i < got; ++i) on_key(keys[static_cast<std::size_t>(i)]);
  }

  void on_key(char key) {
    if (key == 'q' || key == 'Q' || key == '\x03') quit_ = true;
    if (key == ' ') {
      // What stands still is a copy: it can be drawn again in another size while the model goes on.
      paused_ = paused_ ? std::nullopt : std::optional(model_);
      paused_at_ = Clock::now();
    }
    if (key == 's') {
      model_.cycle_order();
      if (paused_) paused_->cycle_order();
    }
    next_frame_ = Clock::now();
  }

  Context& context_;
  Watch& watch_;
  const WatchFilter& filter_;
  Screen screen_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point next_audit_ = begun_ + kBetweenAudits;
  Clock::time_point next_frame_ = begun_;
  TopModel model_{begun_};
  std::optional<TopModel> paused_ = {};
  Clock::time_point paused_at_ = begun_;
  bool quit_ = false;
  bool audit_ = false;
  std::set<InterfaceIndex> renewed_ = {};  // read again in this batch of events
};

}  // namespace

int run_top(Context& context, Watch& watch, const WatchFilter& filter,
            std::optional<std::chrono::milliseconds> duration) {
  std::optional<Failure> failure;
  {
    TopView view(context, watch, filter);
    failure = view.run(duration);
  }
  return failure ? context.fail(*failure) : static_cast<int>(kDone);
}

}  // namespace neigh::ctl
