// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "command.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

// What __values is asked for, or empty.
std::string_view live_kind(ValueKind kind) {
  switch (kind) {
    case ValueKind::kAddress:
    case ValueKind::kPrefix:
      return "addresses";
    case ValueKind::kOwnAddress:
      return "own";
    case ValueKind::kInterface:
      return "interfaces";
    case ValueKind::kNamespace:
      return "namespaces";
    case ValueKind::kLinkAddress:
      return "lladdrs";
    default:
      return {};
  }
}

std::string fixed_values(const OptionSpec& option) {
  std::string values(option.choices);
  if (option.kind == ValueKind::kStates) values += " all";
  if (option.kind == ValueKind::kProtocol) values = "static kernel boot dhcp zebra bird bgp ospf isis ra";
  return values;
}

std::string command_words() {
  std::string words;
  for (const CommandSpec* command : commands()) {
    if (!command->hidden) words += fmt::format("{}{}", words.empty() ? "" : " ", command->name);
  }
  return words;
}

// Whether a value is a list, whose last word is the one to complete.
bool is_list(const OptionSpec& option) { return option.kind == ValueKind::kStates; }

std::string positional_choices(const PositionalSpec& positional) {
  return positional.kind == ValueKind::kCommand ? command_words() : std::string(positional.choices);
}

// Single quotes end a shell's quoted string.
std::string quoted(std::string_view text, std::string_view apostrophe) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += apostrophe;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// Every option of a command: its own first.
std::vector<OptionSpec> all_options(const CommandSpec* command) {
  std::vector<OptionSpec> options;
  if (command != nullptr) options.assign(command->options.begin(), command->options.end());
  for (const OptionSpec& global : global_options()) {
    const auto same = [&](const OptionSpec& o) { return o.name == global.name; };
    bool known = false;
    for (const OptionSpec& o : options) known = known || same(o);
    if (known) continue;
    OptionSpec copy = global;
    for (const OptionSpec& o : options) {
      if (o.letter == copy.letter) copy.letter = '\0';
    }
    options.push_back(copy);
  }
  return options;
}

std::string spellings(const OptionSpec& option) {
  std::string text = fmt::format("--{}", option.name);
  if (option.letter != '\0') text += fmt::format("|-{}", option.letter);
  for_each_word(option.words, [&](std::string_view word) { text += fmt::format("|{}", word); });
  return text;
}

std::string names_pattern(const CommandSpec& command) {
  std::string pattern(command.name);
  for_each_word(command.aliases, [&](std::string_view alias) { pattern += fmt::format("|{}", alias); });
  return pattern;
}

// What follows an option that takes a value.
std::string bash_values(const OptionSpec& option, std::string_view pattern) {
  if (option.kind == ValueKind::kFlag) return {};
  const std::string_view live = live_kind(option.kind);
  std::string action = "COMPREPLY=()";
  if (!live.empty()) {
    action = fmt::format("_neighctl_live {}", live);
  } else if (option.kind == ValueKind::kFile) {
    action = "_neighctl_files";
  } else if (const std::string fixed = fixed_values(option); !fixed.empty()) {
    action = fmt::format("_neighctl_{} '{}'", is_list(option) ? "list" : "words", trimmed(fixed));
  }
  return fmt::format("        {}) {}; return ;;\n", pattern, action);
}

// Options whose value stands behind them, for the search of the command.
std::string valued_globals() {
  std::string pattern;
  for (const OptionSpec& option : global_options()) {
    if (option.kind == ValueKind::kFlag || option.kind == ValueKind::kNamespace || option.name == "color") continue;
    pattern += fmt::format("{}--{}", pattern.empty() ? "" : "|", option.name);
    if (option.letter != '\0') pattern += fmt::format("|-{}", option.letter);
  }
  return pattern;
}

std::string bash_command(const CommandSpec& command) {
  std::string options;
  std::string words;
  std::string values;
  for (const OptionSpec& option : all_options(&command)) {
    options += fmt::format(" --{}", option.name);
    for_each_word(option.words, [&](std::string_view word) { words += fmt::format(" {}", word); });
    values += bash_values(option, spellings(option));
  }
  std::string positional = ":";
  const PositionalSpec& p = command.positional;
  if (p.most > 0) {
    if (const std::string_view live = live_kind(p.kind); !live.empty())
      positional = fmt::format("_neighctl_live {}", live);
    if (p.kind == ValueKind::kFile) positional = "_neighctl_files";
    if (const std::string choices = positional_choices(p); !choices.empty()) {
      positional = fmt::format("_neighctl_words '{}'", choices);
    }
  }
  return fmt::format(
      "    {})\n      case \"$prev\" in\n{}      esac\n"
      "      if [[ $cur == -* ]]; then _neighctl_words '{}'; return; fi\n"
      "      {}\n      _neighctl_words '{}'\n      ;;\n",
      names_pattern(command), values, trimmed(options), positional, trimmed(words));
}

}  // namespace

std::string bash_completion() {
  std::string out =
      "# bash completion for neighctl, generated from its command table\n\n"
      "_neighctl_words() {\n  COMPREPLY+=($(compgen -W \"$1\" -- \"$cur\"))\n}\n\n"
      "# A list: what stands in front of the last comma stays.\n"
      "_neighctl_list() {\n"
      "  local head= word\n"
      "  [[ $cur == *,* ]] && head=${cur%,*},\n"
      "  for word in $1; do [[ $word == \"${cur##*,}\"* ]] && COMPREPLY+=(\"$head$word\"); done\n"
      "}\n\n"
      "# Addresses have colons in them, at which bash splits words: only the rest behind the last one is replaced.\n"
      "_neighctl_live() {\n"
      "  local word=$cur head=\n"
      "  if [[ $COMP_WORDBREAKS == *:* ]]; then\n"
      "    word=${COMP_LINE:0:COMP_POINT}; word=${word##*[[:space:]]}\n"
      "    [[ $word == --*=* ]] && word=${word#*=}\n"
      "    head=${word%\"${word##*:}\"}\n"
      "  fi\n"
      "  word=${word//\\\\/}\n"
      "  local value quoted\n"
      "  while IFS= read -r value; do\n"
      "    [[ $value == \"$word\"* ]] || continue\n"
      "    printf -v quoted %q \"${value#\"$head\"}\"  # names are anybody's choice\n"
      "    COMPREPLY+=(\"$quoted\")\n"
      "  done < <(neighctl ${_neighctl_where[@]+\"${_neighctl_where[@]}\"} __values \"$1\" 2>/dev/null)\n"
      "}\n\n"
      "# Directories get their slash and blanks their backslash from readline.\n"
      "_neighctl_files() {\n"
      "  local word=${cur//\\\\/} file\n"
      "  word=${word#[\\\"\\']}\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  while IFS= read -r file; do COMPREPLY+=(\"$file\"); done < <(compgen -f -- \"$word\")\n"
      "}\n\n"
      "_neighctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      "  # --option=value is three words.\n"
      "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  local -a _neighctl_where=()\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      --netns|-N) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++))\n"
      "        _neighctl_where=(--netns \"${COMP_WORDS[i+1]}\"); ((i++)) ;;\n"
      "      -n) [[ -z $command ]] && _neighctl_where=(--netns \"${COMP_WORDS[i+1]}\") && ((i++)) ;;\n"
      "      " +
      valued_globals() +
      ") [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)) ;;\n"
      "      -*|=|:) ;;\n"
      "      neigh|neighbor|neighbour) ;;\n"
      "      *) [[ -z $command ]] && command=${COMP_WORDS[i]} ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$prev\" in\n    --netns|-N) _neighctl_live namespaces; return ;;\n"
      "    -n) [[ -z $command ]] && { _neighctl_live namespaces; return; } ;;\n  esac\n"
      "  case \"$command\" in\n";
  for (const CommandSpec* command : commands()) {
    if (!command->hidden) out += bash_command(*command);
  }
  std::string globals;
  std::string values;
  for (const OptionSpec& option : global_options()) {
    globals += fmt::format(" --{}", option.name);
    const std::string letter = option.letter == '\0' ? std::string() : fmt::format("|-{}", option.letter);
    values += bash_values(option, fmt::format("--{}{}", option.name, letter));
  }
  out += fmt::format(
      "    '')\n      case \"$prev\" in\n{}      esac\n      if [[ $cur == -* ]]; then _neighctl_words '{}'; else "
      "_neighctl_words '{}'; fi\n      ;;\n",
      values, trimmed(globals), command_words());
  out += "  esac\n}\n\ncomplete -F _neighctl neighctl\n";
  return out;
}

std::string zsh_completion() {
  std::string out =
      "#compdef neighctl\n# zsh completion for neighctl, generated from its command table\n\n"
      "_neighctl_live() {\n  local -a values\n"
      "  values=(${(f)\"$(neighctl $_neighctl_where __values $1 2>/dev/null)\"})\n"
      "  compadd -a values\n}\n\n"
      "_neighctl() {\n  local curcontext=\"$curcontext\" state line\n  local -a _neighctl_where commands words_here\n"
      "  local i command=\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n    case $words[i] in\n"
      "      --netns|-N) _neighctl_where=(--netns $words[i+1]); ((i++)) ;;\n"
      "      -n) [[ -z $command ]] && _neighctl_where=(--netns $words[i+1]) && ((i++)) ;;\n"
      "      " +
      valued_globals() +
      ") ((i++)) ;;\n      -*|neigh|neighbor|neighbour) ;;\n"
      "      *) [[ -z $command ]] && command=$words[i] ;;\n    esac\n  done\n"
      "  local previous=$words[CURRENT-1]\n"
      "  if [[ $PREFIX == --*=* ]]; then previous=${PREFIX%%=*}; compset -P '*='; fi\n"
      "  if [[ -z $command ]]; then\n    commands=(\n";
  for (const CommandSpec* command : commands()) {
    if (!command->hidden) out += fmt::format("      '{}:{}'\n", command->name, quoted(command->summary, "'\\''"));
  }
  out += "    )\n    if [[ $PREFIX == -* ]]; then\n      compadd --";
  for (const OptionSpec& option : global_options()) out += fmt::format(" --{}", option.name);
  for (const OptionSpec& option : global_options()) {
    const std::string fixed(trimmed(fixed_values(option)));
    if (option.kind == ValueKind::kFlag || fixed.empty()) continue;
    out += fmt::format("\n    elif [[ $previous == --{} ]]; then\n      compadd -- {}", option.name, fixed);
  }
  out +=
      "\n    elif [[ $previous == --table ]]; then\n      _files"
      "\n    elif [[ $previous == (--netns|-N|-n) ]]; then\n      _neighctl_live namespaces\n"
      "    else\n      _describe command commands\n    fi\n    return\n  fi\n  case $command in\n";
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    out += fmt::format("    {})\n      case $previous in\n", names_pattern(*command));
    std::string options;
    std::string words;
    for (const OptionSpec& option : all_options(command)) {
      options += fmt::format(" '--{}:{}'", option.name, quoted(option.help, "'\\''"));
      for_each_word(option.words, [&](std::string_view word) { words += fmt::format(" {}", word); });
      if (option.kind == ValueKind::kFlag) continue;
      std::string action = "return";
      if (const std::string_view live = live_kind(option.kind); !live.empty()) {
        action = fmt::format("_neighctl_live {}; return", live);
      } else if (option.kind == ValueKind::kFile) {
        action = "_files; return";
      } else if (const std::string fixed = fixed_values(option); !fixed.empty()) {
        action = fmt::format("{}compadd -- {}; return", is_list(option) ? "compset -P '*,'; " : "", trimmed(fixed));
      }
      out += fmt::format("        {}) {} ;;\n", spellings(option), action);
    }
    out += fmt::format(
        "      esac\n      if [[ $PREFIX == -* ]]; then\n        words_here=({})\n"
        "        _describe option words_here\n        return\n      fi\n",
        trimmed(options));
    const PositionalSpec& p = command->positional;
    if (p.most > 0) {
      if (const std::string_view live = live_kind(p.kind); !live.empty())
        out += fmt::format("      _neighctl_live {}\n", live);
      if (p.kind == ValueKind::kFile) out += "      _files\n";
      if (const std::string choices = positional_choices(p); !choices.empty()) {
        out += fmt::format("      compadd -- {}\n", choices);
      }
    }
    if (!words.empty()) out += fmt::format("      compadd -- {}\n", trimmed(words));
    out += "      ;;\n";
  }
  out +=
      "  esac\n}\n\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  _neighctl \"$@\"\nelse\n"
      "  compdef _neighctl neighctl\nfi\n";
  return out;
}

namespace {

std::string fish_values(const OptionSpec& option) {
  const std::string fixed(trimmed(fixed_values(option)));
  return is_list(option) && !fixed.empty() ? fmt::format("(__neighctl_list {})", fixed) : fixed;
}

}  // namespace

std::string fish_completion() {
  std::string out =
      "# fish completion for neighctl, generated from its command table\n\n"
      "# What is there at the moment, in the network namespace that the line names.\n"
      "function __neighctl_live\n"
      "  set -l where\n  set -l take 0\n"
      "  for word in (commandline -opc)\n"
      "    if test $take = 1\n      set where --netns $word\n      set take 0\n"
      "    else if contains -- $word --netns -N -n\n      set take 1\n    end\n  end\n"
      "  neighctl $where __values $argv[1] 2>/dev/null\nend\n\n"
      "# A list: what stands in front of the last comma stays.\n"
      "function __neighctl_list\n"
      "  set -l head ''\n"
      "  if string match -q '*,*' -- (commandline -ct)\n"
      "    set head (string replace -r '[^,]*$' '' -- (commandline -ct))\n  end\n"
      "  for word in $argv\n    echo $head$word\n  end\nend\n\n"
      "complete -c neighctl -f\n";
  std::string all;
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    all += fmt::format(" {}", command->name);
    for_each_word(command->aliases, [&](std::string_view alias) { all += fmt::format(" {}", alias); });
  }
  const std::string none = fmt::format("'not __fish_seen_subcommand_from{}'", all);
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    out +=
        fmt::format("complete -c neighctl -n {} -a {} -d '{}'\n", none, command->name, quoted(command->summary, "\\'"));
  }
  const auto option_line = [](const std::string& condition, const OptionSpec& option) {
    std::string line = fmt::format("complete -c neighctl{} -l {}", condition, option.name);
    if (option.letter != '\0') line += fmt::format(" -s {}", option.letter);
    line += fmt::format(" -d '{}'", quoted(option.help, "\\'"));
    if (option.kind == ValueKind::kFlag) return line + "\n";
    if (option.name != "color") line += " -x";
    if (const std::string_view live = live_kind(option.kind); !live.empty()) {
      line += fmt::format(" -a '(__neighctl_live {})'", live);
    } else if (const std::string fixed = fish_values(option); !fixed.empty()) {
      line += fmt::format(" -a '{}'", fixed);
    }
    return line + "\n";
  };
  for (const OptionSpec& option : global_options()) out += option_line("", option);
  out += fmt::format("complete -c neighctl -n {} -s n -x -d 'as --netns' -a '(__neighctl_live namespaces)'\n", none);
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    std::string names(command->name);
    if (!command->aliases.empty()) names += fmt::format(" {}", command->aliases);
    const std::string seen = fmt::format(" -n '__fish_seen_subcommand_from {}'", names);
    const std::string free = fmt::format(" -n '__fish_seen_subcommand_from {}; and not __fish_prev_arg_in", names);
    std::string valued;
    for (const OptionSpec& option : command->options) {
      out += option_line(seen, option);
      if (option.kind == ValueKind::kFlag) continue;
      for_each_word(option.words, [&](std::string_view word) {
        valued += fmt::format(" {}", word);
        const std::string_view live = live_kind(option.kind);
        const std::string values = live.empty() ? fish_values(option) : fmt::format("(__neighctl_live {})", live);
        if (values.empty()) return;
        out +=
            fmt::format("complete -c neighctl -n '__fish_seen_subcommand_from {}; and __fish_prev_arg_in {}' -a '{}'\n",
                        names, word, values);
      });
    }
    const std::string free_condition = valued.empty() ? seen : free + valued + "'";
    for (const OptionSpec& option : command->options) {
      for_each_word(option.words, [&](std::string_view word) {
        out += fmt::format("complete -c neighctl{} -a {} -d '{}'\n", free_condition, word, quoted(option.help, "\\'"));
      });
    }
    const PositionalSpec& p = command->positional;
    if (p.most == 0) continue;
    if (const std::string_view live = live_kind(p.kind); !live.empty()) {
      out += fmt::format("complete -c neighctl{} -a '(__neighctl_live {})'\n", free_condition, live);
    }
    if (p.kind == ValueKind::kFile) out += fmt::format("complete -c neighctl{} -F\n", free_condition);
    if (const std::string choices = positional_choices(p); !choices.empty()) {
      out += fmt::format("complete -c neighctl{} -a '{}'\n", free_condition, choices);
    }
  }
  return out;
}

}  // namespace neigh::ctl
