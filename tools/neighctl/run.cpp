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

// A free word that nobody understands is an interface without its 'dev', if there is one of that name.
Failure with_interface_hint(Context& context, Failure failure) {
  if (failure.word.empty()) return failure;
  const auto known = context.interfaces();
  if (known && std::any_of(known->begin(), known->end(), [&](const Interface& i) { return i.name == failure.word; })) {
    failure.hint = fmt::format("an interface is written 'dev {}'", printable(failure.word));
  }
  return failure;
}

Style style_of(int descriptor, std::size_t width, ColorChoice choice) {
  if (descriptor >= 0) return detect_style(descriptor, choice);
  return {.color = choice == ColorChoice::kAlways, .terminal = width > 0, .width = width};
}

}  // namespace

int run_neighctl(std::span<const std::string_view> words, const Streams& streams, const OpenTable& open) {
  auto parsed = parse_command_line(words);
  const ColorChoice color = parsed ? color_choice(*parsed) : ColorChoice::kAuto;
  Args args = parsed ? *parsed : Args{};
  if (!parsed && wants_json(words)) args.add("json", "");
  Context context(std::move(args), streams.out, streams.err, style_of(streams.out_descriptor, streams.width, color),
                  style_of(streams.err_descriptor, streams.width, color), open);
  if (!parsed) return context.fail(with_interface_hint(context, parsed.failure()));
  if (context.args.has("version")) {
    if (context.machine()) {
      json_line(context.out, [](JsonWriter& writer) { writer.member("version", kVersion); });
    } else {
      context.out.line(fmt::format("neighctl {}", kVersion));
    }
    return kDone;
  }
  if (context.args.has("overview")) return show_help(context, nullptr);
  if (context.args.has("help")) return show_help(context, context.args.command);
  return context.args.command->run(context);
}

}  // namespace neigh::ctl
