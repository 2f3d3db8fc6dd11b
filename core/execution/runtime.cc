// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/runtime.h"

#include "execution/driver.h"
#include "launch/crew.h"

namespace stretto {

namespace {

constexpr RunOptions::Seconds kPatienceAfterDeath{0.5};

}  // namespace

/// A run: the page, the actors and the driver. Futures and views keep it alive.
class RuntimeState {
 public:
  RuntimeState(const Plan& plan, Catalogue& catalogue, const RunOptions& run_options)
      : options(run_options),
        plan_(std::make_shared<const Plan>(plan)),
        page_(ControlPage::create(*plan_)),
        crew(plan_, catalogue, page_, run_options),
        driver(plan_, catalogue, page_) {
    crew.run(driver.endpoints(), [this](const Error& error) { driver.kill(error); });
    driver.start();
  }

  RunOptions options;

 private:
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<ControlPage> page_;

 public:
  Crew crew;
  Driver driver;

  ~RuntimeState() { join(); }  // before the driver goes: the watching thread may still tell it of a death

  void join() {
    driver.close();
    const Deadline deadline = deadline_after(options.close);
    driver.collect(deadline);
    // Nothing is worth waiting for in a plan that is dead.
    const RunOptions::Seconds left = deadline - std::chrono::steady_clock::now();
    crew.join(driver.death() ? std::min(options.close, kPatienceAfterDeath) : std::max(left, kPatienceAfterDeath));
    driver.kill(Error(Code::cancelled, "the plan is closed"));
  }
};

Runtime Runtime::open(const Plan& plan, Catalogue& catalogue, const RunOptions& options) {
  verify(plan);
  return Runtime(std::make_shared<RuntimeState>(plan, catalogue, options));
}

Runtime::Runtime(std::shared_ptr<RuntimeState> state) : state_(std::move(state)) {}
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&& other) noexcept {
  if (this != &other) {
    if (state_) join();
    state_ = std::move(other.state_);
  }
  return *this;
}
Runtime::~Runtime() {
  if (state_) join();
}

Future Runtime::execute(const std::vector<TensorSpan>& inputs) {
  return execute(inputs, deadline_after(state_->options.submit));
}

Future Runtime::execute(const std::vector<TensorSpan>& inputs, Deadline deadline) {
  return {state_, state_->driver.execute(inputs, deadline)};
}

std::vector<TensorSpan> Runtime::loan_inputs(Deadline deadline) { return state_->driver.loan(deadline); }

void Runtime::close() { state_->driver.close(); }

void Runtime::join() { state_->join(); }

void Runtime::abort(Code code, const std::string& reason) {
  state_->driver.kill(Error(code, reason));
  state_->crew.abort();
}

std::vector<StepTimes> Runtime::step_times() const { return state_->crew.step_times(); }

std::vector<LaneTrace> Runtime::traces() const { return state_->crew.traces(); }

Future::Future(std::shared_ptr<RuntimeState> state, int64_t execution)
    : state_(std::move(state)), execution_(execution) {}
Future::Future(Future&&) noexcept = default;
Future& Future::operator=(Future&& other) noexcept {
  if (this != &other) {
    if (state_) state_->driver.drop(execution_);
    state_ = std::move(other.state_);
    execution_ = other.execution_;
  }
  return *this;
}
Future::~Future() {
  if (state_) state_->driver.drop(execution_);
}

int64_t Future::execution() const { return execution_; }
std::vector<Tensor> Future::get() { return get(deadline_after(state_->options.get)); }
std::vector<Tensor> Future::get(Deadline deadline) { return state_->driver.get(execution_, deadline); }

struct View::Lease {
  std::shared_ptr<RuntimeState> state;
  int64_t execution;
  std::vector<TensorSpan> tensors;
  Lease(std::shared_ptr<RuntimeState> owner, int64_t number, std::vector<TensorSpan> spans)
      : state(std::move(owner)), execution(number), tensors(std::move(spans)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { state->driver.release(execution); }
};

View Future::get_view(Deadline deadline) {
  auto tensors = state_->driver.lease(execution_, deadline);
  View view(std::make_unique<View::Lease>(state_, execution_, std::move(tensors)));
  state_.reset();  // the lease answers for the result from here on
  return view;
}

View::View(std::unique_ptr<Lease> lease) : lease_(std::move(lease)) {}
View::View(View&&) noexcept = default;
View& View::operator=(View&&) noexcept = default;
View::~View() = default;
const std::vector<TensorSpan>& View::tensors() const { return lease_->tensors; }

}  // namespace stretto
