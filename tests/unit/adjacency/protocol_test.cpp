// SPDX-License-Identifier: Apache-2.0
// Every order of a writer's stores and a reader's loads, by the readers' own code: no value is ever seen that the key
// did not have at some instant of the lookup, and no key that was there all the time is ever missed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "adjacency/long_addresses.hpp"
#include "keys.hpp"

namespace neigh::adjacency::test {
namespace {

/// Memory that writes down what a writer stores, and that lets it happen anew between any two loads of a reader.
class Script {
 public:
  struct Store {
    std::vector<Word*> words;
    std::vector<std::uint64_t> before;
    std::vector<std::uint64_t> after;
  };

  // --- Writing it down ---
  void store(std::vector<Word*> words, std::vector<std::uint64_t> values) {
    Store event{.words = std::move(words), .before = {}, .after = std::move(values)};
    for (const Word* word : event.words) event.before.push_back(word->load());
    if (recording_) {
      for (const Word* word : event.words) after_stores_to_[word].push_back(stores_.size() + 1);
      stores_.push_back(event);
    }
    put(event.words, event.after);
  }
  std::size_t record(const std::function<void()>& operation) {
    recording_ = true;
    operation();
    recording_ = false;
    return stores_.size();
  }
  [[nodiscard]] std::size_t size() const { return stores_.size(); }

  // --- Playing it ---
  void go_to(std::size_t position) {
    while (at_ < position) put(stores_[at_].words, stores_[at_].after), ++at_;
    while (at_ > position) --at_, put(stores_[at_].words, stores_[at_].before);
  }
  void rewind_recorded() {
    at_ = stores_.size();
    go_to(0);
  }
  [[nodiscard]] std::size_t at() const { return at_; }

  /// Before a load of `words`: nothing happens, or everything up to one of the stores to them. What stores elsewhere do
  /// is not seen by this load, so that they may as well happen later.
  void before_load(const std::vector<const Word*>& words) {
    if (!reading_) return;
    std::vector<std::size_t> options = {at_};
    for (const Word* word : words) {
      const auto known = after_stores_to_.find(word);
      if (known == after_stores_to_.end()) continue;
      const auto& positions = known->second;
      options.insert(options.end(), std::upper_bound(positions.begin(), positions.end(), at_), positions.end());
    }
    if (words.size() > 1) {
      std::sort(options.begin(), options.end());
      options.erase(std::unique(options.begin(), options.end()), options.end());
    }
    if (depth_ == choices_.size()) choices_.push_back({0, options.size()});
    choices_[depth_].second = options.size();
    go_to(options[choices_[depth_].first]);
    ++depth_;
  }

  /// Runs `read` for every order in which it begins after `begin` stores; `judge` sees each result.
  template <class Result>
  std::size_t explore(std::size_t begin, const std::function<Result()>& read,
                      const std::function<void(const Result&)>& judge) {
    std::size_t runs = 0;
    choices_.clear();
    do {
      go_to(begin);
      depth_ = 0;
      reading_ = true;
      const Result result = read();
      reading_ = false;
      ++runs;
      judge(result);
      choices_.resize(depth_);
      while (!choices_.empty() && choices_.back().first + 1 == choices_.back().second) choices_.pop_back();
      if (!choices_.empty()) ++choices_.back().first;
    } while (!choices_.empty());
    go_to(0);
    return runs;
  }

  static Script*& current() {
    static Script* script = nullptr;
    return script;
  }

 private:
  static void put(const std::vector<Word*>& words, const std::vector<std::uint64_t>& values) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i]->store(values[i]);
  }

  std::vector<Store> stores_;
  std::unordered_map<const Word*, std::vector<std::size_t>> after_stores_to_;  // positions after each
  bool recording_ = false;
  std::size_t at_ = 0;
  bool reading_ = false;
  std::vector<std::pair<std::size_t, std::size_t>> choices_;  // which of how many
  std::size_t depth_ = 0;
};

struct Scripted {
  static std::uint64_t load(const Word& word) {
    Script::current()->before_load({&word});
    return word.load();
  }
  static void store(Word& word, std::uint64_t value) { Script::current()->store({&word}, {value}); }
  static void store_pair(Word* slot, Pair pair) {
    Script::current()->store({&slot[0], &slot[1]}, {pair.key, pair.value});
  }
  static FourPairs find_in_four(const Line& line, std::uint64_t key) {
    FourPairs found;
    for (std::size_t slot = 0; slot < 4; ++slot) {
      Script::current()->before_load({&line.words[2 * slot], &line.words[2 * slot + 1]});
      const Pair pair{.key = line.words[2 * slot].load(), .value = line.words[2 * slot + 1].load()};
      if (slot == 0) found.first_value = pair.value;
      if (pair.key == key && found.value == 0) found.value = pair.value;
    }
    return found;
  }
};

/// The other way of looking at four pairs: one look at the keys tells where, and the pair there is read as one.
struct ScriptedWide : Scripted {
  static FourPairs find_in_four(const Line& line, std::uint64_t key) {
    FourPairs found{.first_value = load(line.words[1]), .value = 0};
    std::size_t candidate = 4;
    for (std::size_t slot = 4; slot-- > 0;) {
      if (load(line.words[2 * slot]) == key) candidate = slot;
    }
    if (candidate == 4) return found;
    const Word* const words = &line.words[2 * candidate];
    Script::current()->before_load({&words[0], &words[1]});
    found.value = words[0].load() == key ? words[1].load() : Scripted::find_in_four(line, key).value;
    return found;
  }
};

/// The ways that look at a line's keys at once, which tells where, and then at that pair; whatever it is, it was there.
struct ScriptedPick : Scripted {
  static Pair pick(const Line& line, std::uint64_t key) {
    std::size_t candidate = 3;
    for (std::size_t slot = 4; slot-- > 0;) {
      if (load(line.words[2 * slot]) == key) candidate = slot;
    }
    const Word* const words = &line.words[2 * candidate];
    Script::current()->before_load({&words[0], &words[1]});
    return {.key = words[0].load(), .value = words[1].load()};
  }
  static bool shows(const Line& line, std::uint64_t key) {
    bool there = false;
    for (std::size_t slot = 4; slot-- > 0;) there = load(line.words[2 * slot]) == key || there;
    return there;
  }
  static std::uint64_t value_in(const Line& line, std::uint64_t key) {
    const Pair seen = pick(line, key);
    return seen.key == key ? seen.value : 0;
  }

  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kFew = 8;
  struct Question {
    const Line* lines;
    HashKey hash_key;
    std::uint64_t home_lines;
    const void* keys;
    std::size_t count;
    void* values;
  };
  struct Work {
    std::array<const Line*, kMost> homes;
    std::array<std::uint64_t, 1> open;
  };
  static void pick_many(const Question& question, Work& work) {
    work.open[0] = 0;
    for (std::size_t i = 0; i < question.count; ++i) {
      const std::uint64_t key = static_cast<const std::uint64_t*>(question.keys)[i];
      work.homes[i] = question.lines + scale32(question.hash_key.of(key), question.home_lines);
      const std::uint64_t value = value_in(*work.homes[i], key) & ~kHintMask;
      static_cast<std::uint64_t*>(question.values)[i] = value;
      work.open[0] |= static_cast<std::uint64_t>(value == kNothing) << i;
    }
  }
};

/// `kMany`: the key is one of eight that are looked for at once.
template <class Slots, class Memory, bool kMany = false>
class Model {
 public:
  using Table = HopTable<Slots, Memory>;
  using Key = typename Table::Key;

  Model() {
    Script::current() = &script_;
    auto made = Table::make(/*capacity=*/40, /*seed=*/11, /*huge=*/false);
    table_.emplace(std::move(*made));
    keys_ = keys_at(*table_, 0, 12);
    others_ = keys_at(*table_, 16, 7);  // in lines in which nothing happens
  }
  ~Model() { Script::current() = nullptr; }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Before the reader begins.
  void have(std::size_t key, std::uint64_t value) { (void)table_->put(keys_[key], value_number(value), old_); }

  // While it reads.
  void put(std::size_t key, std::uint64_t value) {
    step(key, value_number(value), [&] {
      if (table_->add_at_home(keys_[key], value_number(value))) return;
      EXPECT_NE(table_->put(keys_[key], value_number(value), old_), Put::kFull);
    });
  }
  void remove(std::size_t key) {
    step(key, kNothing, [&] { EXPECT_NE(table_->remove(keys_[key]), kNothing); });
  }

  /// Looks for `key` in every order of events. @return Number of orders; `violations` counts those with wrong answers.
  std::size_t explore(std::size_t key, std::size_t& violations, std::set<std::uint64_t>* seen = nullptr) {
    script_.rewind_recorded();
    std::uint64_t value = initial_.contains(key) ? initial_.at(key) : table_->find(keys_[key]);
    // allowed[i]: what the key may be after i stores.
    std::vector<std::set<std::uint64_t>> allowed(script_.size() + 1);
    std::size_t begin = 0;
    for (const Step& step : steps_) {
      const std::uint64_t after = step.key == key ? step.value : value;
      for (std::size_t i = begin; i < step.end; ++i) allowed[i].insert(value);
      for (std::size_t i = begin + 1; i <= step.end; ++i) allowed[i].insert(after);
      value = after;
      begin = step.end;
    }
    if (steps_.empty()) allowed[0].insert(value);
    std::size_t runs = 0;
    for (std::size_t start = 0; start <= script_.size(); ++start) {
      const std::function<std::uint64_t()> read = [&] { return find(keys_[key]); };
      const std::function<void(const std::uint64_t&)> judge = [&](const std::uint64_t& result) {
        bool fits = false;
        for (std::size_t i = start; i <= script_.at(); ++i) fits = fits || allowed[i].contains(result);
        violations += static_cast<std::size_t>(!fits);
        if (seen != nullptr) seen->insert(result);
      };
      runs += script_.template explore<std::uint64_t>(start, read, judge);
    }
    script_.go_to(script_.size());
    return runs;
  }
  [[nodiscard]] bool sound() const { return table_->audit().sound; }

 private:
  struct Step {
    std::size_t key;
    std::uint64_t value;  // after it
    std::size_t end;      // stores up to here
  };
  std::uint64_t find(const Key& key) {
    if constexpr (kMany) {
      std::array<Key, 8> keys;
      std::copy(others_.begin(), others_.end(), keys.begin());
      keys[7] = key;
      std::array<std::uint64_t, 8> values{};
      const std::size_t found = table_->template find_many<Memory>(keys.data(), keys.size(), values.data());
      EXPECT_EQ(found, static_cast<std::size_t>(values[7] != kNothing));
      return values[7];
    } else {
      return table_->find(key);
    }
  }
  void step(std::size_t key, std::uint64_t value, const std::function<void()>& operation) {
    if (!initial_.contains(key)) initial_.emplace(key, table_->find(keys_[key]));
    steps_.push_back({.key = key, .value = value, .end = script_.record(operation)});
  }

  Script script_;
  std::optional<Table> table_;
  std::vector<Key> keys_;
  std::vector<Key> others_;
  std::vector<Step> steps_;
  std::map<std::size_t, std::uint64_t> initial_;
  std::uint64_t old_ = 0;
};

template <class Slots_, class Memory_, bool kMany_ = false>
struct Form {
  using Slots = Slots_;
  using Memory = Memory_;
  static constexpr bool kMany = kMany_;
};
using Forms = ::testing::Types<Form<SlotsV4<Scripted, true>, Scripted>, Form<SlotsV4<ScriptedWide, true>, ScriptedWide>,
                               Form<SlotsV4<ScriptedPick, true>, ScriptedPick>,
                               Form<SlotsV4<ScriptedPick, true>, ScriptedPick, /*kMany=*/true>,
                               Form<SlotsV4<Scripted, false>, Scripted>, Form<SlotsV6<Scripted>, Scripted>>;

template <class F>
class Protocol : public ::testing::Test {
 protected:
  static constexpr std::size_t kSlots = F::Slots::kSlots;
  using M = Model<typename F::Slots, typename F::Memory, F::kMany>;

  static void expect_right(M& model, const std::vector<std::size_t>& keys, std::size_t least) {
    std::size_t runs = 0;
    std::size_t violations = 0;
    for (const std::size_t key : keys) runs += model.explore(key, violations);
    EXPECT_EQ(violations, 0U);
    EXPECT_GE(runs, least) << "too few orders to mean anything";
    EXPECT_TRUE(model.sound());
  }
};
TYPED_TEST_SUITE(Protocol, Forms);

TYPED_TEST(Protocol, ChangedValues) {
  typename TestFixture::M model;
  model.have(0, 1);
  model.have(1, 2);
  model.put(0, 3);
  model.put(1, 4);
  model.put(0, 5);
  this->expect_right(model, {0, 1, 2}, 12);
}

TYPED_TEST(Protocol, ComesAndGoes) {
  typename TestFixture::M model;
  model.put(0, 1);
  model.remove(0);
  model.put(0, 2);
  this->expect_right(model, {0, 1}, 20);
}

TYPED_TEST(Protocol, ASlotThatChangesHandsAndComesBack) {
  typename TestFixture::M model;
  model.have(0, 1);
  model.remove(0);
  model.put(1, 2);  // into the same slot
  model.remove(1);
  model.put(0, 3);
  model.remove(0);
  model.put(2, 4);
  this->expect_right(model, {0, 1, 2}, 60);
}

TYPED_TEST(Protocol, TakenOutOfOneSlotAndPutIntoAnother) {
  typename TestFixture::M model;
  model.have(0, 1);
  model.have(1, 2);
  model.remove(1);
  model.remove(0);
  model.put(1, 3);  // the first slot now
  model.put(0, 4);
  this->expect_right(model, {0, 1}, 40);
}

TYPED_TEST(Protocol, FindsWhatMovesWhileItLooks) {
  typename TestFixture::M model;
  for (std::size_t i = 0; i < TestFixture::kSlots + 1; ++i) model.have(i, 10 + i);
  const std::size_t moves = TestFixture::kSlots;  // it did not fit into the home line
  model.remove(0);                                // it takes the place of this one
  this->expect_right(model, {0, 1, moves}, 20);
}

TYPED_TEST(Protocol, FindsWhatMovesTwice) {
  typename TestFixture::M model;
  for (std::size_t i = 0; i < 2 * TestFixture::kSlots + 1; ++i) model.have(i, 10 + i);
  const std::size_t last = 2 * TestFixture::kSlots;  // two lines further on
  model.remove(0);                                   // the hole goes on from line to line
  this->expect_right(model, {0, TestFixture::kSlots, last}, 40);
}

TYPED_TEST(Protocol, GrowsOverTheEdgeOfItsLine) {
  typename TestFixture::M model;
  for (std::size_t i = 0; i < TestFixture::kSlots - 1; ++i) model.have(i, 10 + i);
  model.put(6, 1);
  model.put(7, 2);  // the next line
  model.put(7, 3);
  model.remove(6);  // 7 comes home
  model.remove(7);
  this->expect_right(model, {6, 7, 0}, 40);
}

/// Entries whose link-layer address is in the side table, by the writer's and the reader's steps of AdjacencyTable.
/// Round by round the content is another one, of which every byte and bit tells the round.
class LongModel {
 public:
  using Table = HopTable<SlotsV6<Scripted>, Scripted>;
  using Long = LongAddressesIn<Scripted>;

  LongModel() {
    Script::current() = &script_;
    auto table = Table::make(/*capacity=*/40, /*seed=*/11, /*huge=*/false);
    table_.emplace(std::move(*table));
    auto lines = Long::make(1);
    long_.emplace(std::move(*lines));
  }
  ~LongModel() { Script::current() = nullptr; }
  LongModel(const LongModel&) = delete;
  LongModel& operator=(const LongModel&) = delete;

  void set(unsigned round) {
    std::array<std::uint8_t, 20> bytes;
    bytes.fill(static_cast<std::uint8_t>(round));
    std::uint64_t old = kNothing;
    const bool replaces = table_->find(key_) != kNothing;
    const auto value = long_->add(owner_, about(round), *LinkAddress::from_bytes(bytes), replaces);
    ASSERT_TRUE(value);
    (void)table_->put(key_, *value, old);
    if (old != kNothing) long_->remove(old);
  }
  /// While the reader reads.
  void change(unsigned round) {
    changed_.push_back(script_.record([&] { set(round); }));
  }

  /// What a reader that begins before everything else can find, in every order. `first` is the round before.
  std::size_t explore(unsigned first, std::size_t& mixed, std::size_t& early, std::set<unsigned>& rounds) {
    script_.rewind_recorded();
    const std::function<Long::Content()> read = [&] {
      return long_->find(
          owner_, [&] { return table_->find(key_); }, [](std::uint64_t value) { return value != kNothing; });
    };
    const std::function<void(const Long::Content&)> judge = [&](const Long::Content& result) {
      const auto bytes = result.address.bytes();
      const unsigned round = bytes.empty() ? 0 : bytes[0];
      const bool whole = bytes.size() == 20 &&
                         std::all_of(bytes.begin(), bytes.end(), [&](std::uint8_t byte) { return byte == round; }) &&
                         result.value == about(round);
      mixed += static_cast<std::size_t>(!whole);
      // The last store of a change is the one that makes it the entry's content.
      const auto done = std::upper_bound(changed_.begin(), changed_.end(), script_.at()) - changed_.begin();
      early += static_cast<std::size_t>(whole && round > first + static_cast<unsigned>(done));
      rounds.insert(round);
    };
    const std::size_t runs = script_.explore<Long::Content>(0, read, judge);
    script_.go_to(script_.size());
    return runs;
  }

 private:
  static std::uint64_t about(unsigned round) { return std::uint64_t{1 + round} << Long::kAboutShift; }

  Script script_;
  std::optional<Table> table_;
  std::optional<Long> long_;
  const Table::Key key_ = numbered_key<SlotsV6<Scripted>>(7);
  const Long::Owner owner_{InterfaceIndex{3}, IpAddress::v4(192, 0, 2, 7)};
  std::vector<std::size_t> changed_;
};

/// One owner alone changes so often that the line that a reader was sent to is its own again, with other content: in
/// use, or written and not yet in use.
TEST(ProtocolLong, ALineThatComesRoundToTheSameOwner) {
  constexpr unsigned kRounds = LongModel::Long::kReserve + 6;
  LongModel model;
  for (unsigned round = 1; round <= 3; ++round) model.set(round);
  for (unsigned round = 4; round <= 3 + kRounds; ++round) model.change(round);
  std::size_t mixed = 0;
  std::size_t early = 0;
  std::set<unsigned> rounds;
  EXPECT_GT(model.explore(3, mixed, early, rounds), 1'000U);
  EXPECT_EQ(mixed, 0U) << "state of one round, address of another, or nothing";
  EXPECT_EQ(early, 0U) << "content that the entry did not have yet";
  EXPECT_EQ(rounds.size(), kRounds + 1U) << "each can be met";
}

/// The checker itself: with versions of no bits at all a reader can be fooled, and the checker sees it.
TEST(ProtocolChecker, SeesWhatIsWrong) {
  Model<SlotsV6<Scripted, 0>, Scripted> model;
  model.have(0, 1);
  model.remove(0);
  model.put(1, 2);
  model.remove(1);
  model.put(0, 3);
  std::size_t violations = 0;
  std::set<std::uint64_t> seen;
  (void)model.explore(0, violations, &seen);
  EXPECT_GT(violations, 0U);
  EXPECT_TRUE(seen.contains(value_number(2))) << "the value of another neighbor";
}

/// One bit suffices to tell one round from the next, as the checker confirms.
TEST(ProtocolChecker, AcceptsWhatIsRight) {
  Model<SlotsV6<Scripted, 1>, Scripted> model;
  model.have(0, 1);
  model.remove(0);
  model.put(0, 3);
  std::size_t violations = 0;
  std::set<std::uint64_t> seen;
  EXPECT_GT(model.explore(0, violations, &seen), 10U);
  EXPECT_EQ(violations, 0U);
  EXPECT_EQ(seen, (std::set<std::uint64_t>{kNothing, value_number(1), value_number(3)}));
}

}  // namespace
}  // namespace neigh::adjacency::test
