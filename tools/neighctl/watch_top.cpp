// SPDX-License-Identifier: Apache-2.0
#include "watch_top.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>

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

// The other screen, no echo, no cursor; everything as it was when the object is gone.
class Screen {
 public:
  explicit Screen(Output& out) : out_(out) {
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      raw.c_cc[VMIN] = 0;
      raw.c_cc[VTIME] = 0;
      changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    out_.write("\x1b[?1049h\x1b[?25l");
    out_.flush();
  }
  ~Screen() {
    out_.write("\x1b[?25h\x1b[?1049l");
    out_.flush();
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

 private:
  Output& out_;
  termios before_{};
  bool changed_ = false;
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

}  // namespace

int run_top(Context& context, Watch& watch, const WatchFilter& filter,
            std::optional<std::chrono::milliseconds> duration) {
  const auto begun = Clock::now();
  TopModel model(begun);
  std::optional<Failure> failure;
  bool paused = false;
  bool quit = false;
  bool audit = false;
  std::vector<std::string> frozen;
  {
    const Screen screen(context.out);
    auto next_audit = begun + kBetweenAudits;
    auto next_frame = begun;
    while (!quit && !stop_requested() && context.out.error() == 0) {
      const auto now = Clock::now();
      if (duration && now - begun >= *duration) break;
      if (now >= next_audit) {
        watch.request_resync();
        audit = true;
        next_audit = now + kBetweenAudits;
      }
      const auto processed = watch.process([&](const WatchEvent& event) {
        const bool gap = event.kind == WatchEvent::Kind::kGapBegan || event.kind == WatchEvent::Kind::kGapHealed;
        if (gap && audit) {
          if (event.kind == WatchEvent::Kind::kGapHealed) audit = false;
          return;
        }
        const auto told = filter.apply(event);
        if (!told) return;
        if (!gap && context.interface(told->neighbor.interface) == nullptr) context.refresh_interfaces();
        const std::string clock = iso_time(std::chrono::system_clock::now()).substr(11, 8);
        model.on_event(*told, Clock::now(), context.style.paint(Tone::kDim, clock), event_text(context, *told));
      });
      if (!processed) {
        failure = explain(processed.error(), {.verb = "watch"});
        break;
      }
      if (now >= next_frame || take_resize()) {
        const Size size = terminal_size(context.out.descriptor());
        if (!paused || frozen.empty()) {
          frozen = model.render(
              now, size.width, size.height, context.style,
              [&](InterfaceIndex index) { return printable(context.interface_name(index)); }, false);
        } else {
          frozen.front() = context.style.paint(Tone::kWarn, "PAUSED (space goes on)");
        }
        context.out.write("\x1b[H");
        for (std::size_t i = 0; i < frozen.size(); ++i) {
          context.out.write(frozen[i]);
          context.out.write(i + 1 < frozen.size() ? "\x1b[K\n" : "\x1b[K");
        }
        context.out.flush();
        next_frame = now + kBetweenFrames;
      }
      std::array<pollfd, 3> ready{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signal_descriptor(), POLLIN, 0},
                                  pollfd{watch.fd(), POLLIN, 0}};
      ::poll(ready.data(), ready.size(), static_cast<int>(kBetweenFrames.count()));
      if (ready[1].revents != 0) drain_signals();
      if ((ready[0].revents & POLLIN) == 0) continue;
      std::array<char, 32> keys{};
      const ssize_t got = ::read(STDIN_FILENO, keys.data(), keys.size());
      for (ssize_t i = 0; i < got; ++i) {
        const char key = keys[static_cast<std::size_t>(i)];
        if (key == 'q' || key == 'Q' || key == '\x03') quit = true;
        if (key == ' ') paused = !paused;
        if (key == 's') model.cycle_order();
        next_frame = now;
      }
    }
  }
  if (failure) return context.fail(*failure);
  return kDone;
}

}  // namespace neigh::ctl
