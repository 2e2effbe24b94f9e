// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "help.hpp"
#include "version.hpp"

namespace neigh::ctl {

namespace {

ColorChoice color_choice(const Args& args) {
  const auto text = args.one("color").value_or("auto");
  return text == "always" ? ColorChoice::kAlways : text == "never" ? ColorChoice::kNever : ColorChoice::kAuto;
}

// A line that was not understood may still say that its reader is a program.
bool wants_json(std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [](std::string_view w) {
    return w == "--json" || w == "--jsonl" || w == "-j" || w == "-J" || w == "-json";
  });
}

Style style_of(int descriptor, ColorChoice choice) {
  return descriptor < 0 ? Style{.color = choice == ColorChoice::kAlways} : detect_style(descriptor, choice);
}

}  // namespace

int run_neighctl(std::span<const std::string_view> words, const Streams& streams, const OpenTable& open) {
  auto parsed = parse_command_line(words);
  const ColorChoice color = parsed ? color_choice(*parsed) : ColorChoice::kAuto;
  Args args = parsed ? *parsed : Args{};
  if (!parsed && wants_json(words)) args.add("json", "");
  Context context(std::move(args), streams.out, streams.err, style_of(streams.out_descriptor, color),
                  style_of(streams.err_descriptor, color), open);
  if (!parsed) return context.fail(parsed.failure());
  if (context.args.has("version")) {
    if (context.machine()) {
      json_line(context.out, [](JsonWriter& writer) { writer.member("version", kVersion); });
    } else {
      context.out.line(fmt::format("neighctl {}", kVersion));
    }
    return kDone;
  }
  if (context.args.has("overview")) {
    print_overview(context.out, context.style);
    return kDone;
  }
  if (context.args.has("help")) {
    print_help(context.out, context.style, *context.args.command);
    return kDone;
  }
  return context.args.command->run(context);
}

}  // namespace neigh::ctl
