// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include "stretto/error.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stretto::fake {
namespace {

// Room that is not used takes no memory.
constexpr size_t kAgents = 512, kRecords = 4096, kWords = 512, kValues = 16;

[[noreturn]] void full(const char* of) {
  throw Error(Code::internal, std::string("FAKE CUDA: too many ") + of + " for the ledger of an exported block");
}

/// As cuStreamWaitValue64 compares.
bool reaches(uint64_t found, uint64_t value) { return static_cast<int64_t>(found - value) >= 0; }

}  // namespace

struct Ledger::Page {
  struct Frozen {
    uint32_t count;
    bool ended;
    struct {
      Agent agent;
      uint64_t tick;
    } ticks[kAgents];

    void set(const Clock& clock) {
      if (clock.ticks().size() > kAgents) full("agents");
      count = 0;
      for (const auto& [agent, tick] : clock.ticks()) ticks[count++] = {agent, tick};
      ended = clock.ended();
    }
    void merge_into(Clock& clock) const {
      for (uint32_t i = 0; i < count; ++i) clock.know(ticks[i].agent, ticks[i].tick);
      if (ended) clock.end();
    }
  };

  struct Record {
    Touch touch;
    char what[80];
  };

  /// A ring of the values that a word was raised to last.
  struct Word {
    WordName name;
    uint64_t told;
    uint64_t values[kValues];
    Frozen clocks[kValues];
  };

  uint64_t mark;
  std::atomic<uint32_t> openers;
  pthread_mutex_t mutex;
  bool torn;  ///< a process was killed in the middle of a call
  uint32_t records, words;
  Frozen host;
  Record record[kRecords];
  Word word[kWords];

  Word* find(const WordName& name) {
    for (uint32_t i = 0; i < words; ++i)
      if (word[i].name == name) return &word[i];
    return nullptr;
  }
  void push(const Touch& touch, const std::string& what) {
    if (records == kRecords) full("accesses");
    Record& made = record[records++];
    made.touch = touch;
    made.what[what.copy(made.what, sizeof made.what - 1)] = '\0';
  }
  template <class Condition>
  void erase_if(Condition&& condition) {
    records = static_cast<uint32_t>(std::remove_if(record, record + records, condition) - record);
  }
};

/// One call's turn among all processes.
class Ledger::Turn {
 public:
  explicit Turn(Page& page) : page_(page) {
    if (pthread_mutex_lock(&page_.mutex) != EOWNERDEAD) return;
    pthread_mutex_consistent(&page_.mutex);
    page_.torn = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { pthread_mutex_unlock(&page_.mutex); }

 private:
  Page& page_;
};

Ledger::Page* Ledger::map(int descriptor, uint64_t bytes) {
  void* page = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, static_cast<off_t>(bytes));
  if (page == MAP_FAILED) throw Error(Code::overloaded, "FAKE CUDA: no room to export a block");
  return static_cast<Page*>(page);
}

std::shared_ptr<Ledger> Ledger::make(int descriptor, uint64_t bytes) {
  if (ftruncate(descriptor, static_cast<off_t>(bytes + sizeof(Page))) != 0)
    throw Error(Code::overloaded, "FAKE CUDA: no room to export a block");
  const std::shared_ptr<Ledger> made(new Ledger(map(descriptor, bytes)));
  Page& page = *made->page_;
  if (getrandom(&page.mark, sizeof page.mark, 0) != sizeof page.mark)
    throw Error(Code::overloaded, "FAKE CUDA: no random bytes");
  pthread_mutexattr_t shared;
  pthread_mutexattr_init(&shared);
  pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&page.mutex, &shared);
  pthread_mutexattr_destroy(&shared);
  return made;
}

std::shared_ptr<Ledger> Ledger::open(int descriptor, uint64_t bytes, uint64_t mark) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || static_cast<uint64_t>(status.st_size) != bytes + sizeof(Page)) return nullptr;
  std::shared_ptr<Ledger> opened(new Ledger(map(descriptor, bytes)));
  return opened->mark() == mark ? opened : nullptr;
}

// The mutex stays as it is: others may have it, and it goes with the file.
Ledger::~Ledger() { munmap(page_, sizeof(Page)); }

uint64_t Ledger::mark() const { return page_->mark; }
uint32_t Ledger::openers() const { return page_->openers; }
void Ledger::count_opener() { ++page_->openers; }
void Ledger::discount_opener(Agent host) {
  {
    const Turn turn(*page_);
    page_->erase_if([&](const Page::Record& record) { return of_one_process(record.touch.agent, host); });
  }
  --page_->openers;
}

std::optional<std::string> Ledger::add(const Touch& mine, const Clock& now, const std::string& what) {
  if (mine.begin == mine.end || now.ended()) return std::nullopt;
  const Turn turn(*page_);
  if (page_->torn) return std::nullopt;
  std::optional<std::string> conflict;
  page_->erase_if([&](const Page::Record& other) {
    if (!conflict && mine.conflicts(other.touch, now)) {
      conflict = conflict_of(mine, what, other.touch, other.what);
      if (!of_one_process(mine.agent, other.touch.agent)) *conflict += ", in two processes";
    }
    return mine.outdates(other.touch, now);
  });
  page_->push(mine, what);
  return conflict;
}

void Ledger::enter(const Touch& touch, const std::string& what) {
  const Turn turn(*page_);
  page_->push(touch, what);
}

void Ledger::tell(const WordName& name, uint64_t value, const Clock& clock) {
  const Turn turn(*page_);
  auto* word = page_->find(name);
  if (word == nullptr) {
    if (page_->words == kWords) full("words");
    word = &page_->word[page_->words++];
    word->name = name;
    word->told = 0;
  }
  const uint64_t last = word->told == 0 ? value - 1 : word->values[(word->told - 1) % kValues];
  if (value == last)
    --word->told;
  else if (reaches(last, value))  // whoever used these bytes before is done
    word->told = 0;
  const uint64_t place = word->told++ % kValues;
  word->values[place] = value;
  word->clocks[place].set(clock);
}

bool Ledger::knows(const WordName& name) const {
  const Turn turn(*page_);
  return page_->find(name) != nullptr;
}

void Ledger::hear(const WordName& name, uint64_t value, Clock& clock) const {
  const Turn turn(*page_);
  if (page_->torn) clock.end();
  const auto* word = page_->find(name);
  if (word == nullptr) return;
  for (uint64_t i = word->told - std::min<uint64_t>(word->told, kValues); i < word->told; ++i)
    if (reaches(word->values[i % kValues], value)) return word->clocks[i % kValues].merge_into(clock);
}

void Ledger::host_tells(const Clock& clock) {
  const Turn turn(*page_);
  page_->host.set(clock);
}

void Ledger::host_hears(Clock& clock) const {
  const Turn turn(*page_);
  Clock told;
  page_->host.merge_into(told);
  clock.merge_known(told);
}

void Ledger::clear() {
  const Turn turn(*page_);
  page_->records = page_->words = 0;
}

}  // namespace stretto::fake
