// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr const char* kExitCodes =
    "Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the run failed, 2 the job or the command\n"
    "line is wrong, 3 a plugin or device is missing or unusable, 130 interrupted.";

constexpr const char* kRunHelp =
    "Examples:\n"
    "  stretto run job.toml\n"
    "  stretto run job.toml --set compile.scheduler=serial --set run.executions=50\n"
    "  stretto run job.toml --reference     (is it right, bit for bit?)\n"
    "  stretto run job.toml --trace job.trace.json     (then open it in ui.perfetto.dev)\n"
    "  stretto run job.toml --set 'actor.*.device=cuda' --with cluster.toml --json\n"
    "  stretto plan job.toml --save job.plan && stretto run job.plan --set run.executions=1000\n"
    "--with files are laid over the job in the order given, then --set keys: the last one counts. A saved plan takes\n"
    "--set for keys of [run] alone. The run fails where an output is not what the job expects of it.";

constexpr const char* kCheckHelp =
    "Reads, compiles and verifies; touches no device. What is wrong is said with file:line:column, what was found,\n"
    "what was expected, and the mend.\n"
    "Examples:\n"
    "  stretto check job.toml\n"
    "  stretto check job.toml --set actor.receiver.device=cuda     (works on a machine without one)";

constexpr const char* kPlanHelp =
    "Shows, lane by lane, every step and what it waits for: other lanes, messages, slots that readers must free, the\n"
    "driver's ticket. -v adds what the lane's own order already says.\n"
    "Examples:\n"
    "  stretto plan job.toml\n"
    "  stretto plan job.toml --save job.plan     (all that `run` needs: feeds, expectations and deadlines too)\n"
    "  stretto plan job.plan --json";

constexpr const char* kSchemaHelp =
    "Covers the options, ops and arguments of the plugins found here. Editors complete and check jobs with it:\n"
    "  stretto schema > job.schema.json\n"
    "and as the first line of a job:  #:schema ./job.schema.json";

constexpr const char* kDrawHelp =
    "Examples:\n"
    "  stretto draw job.toml --format svg -o job.svg       (needs nothing else)\n"
    "  stretto draw job.toml | dot -Tpdf -o job.pdf        (Graphviz)\n"
    "  stretto draw job.toml --format mermaid              (for Markdown)\n"
    "What is bold, or orange, crosses from one actor to another.";

constexpr const char* kCalibrateHelp =
    "Runs the job on its own actors and writes what its ops and transports take; links that move bytes are probed with "
    "a\n"
    "small and a large value. Predictions and schedulers use the file where the job, or --set, names it.\n"
    "Examples:\n"
    "  stretto calibrate job.toml -o costs.toml\n"
    "  stretto explain job.toml --set compile.costs=costs.toml\n"
    "  stretto run job.toml --set compile.costs=costs.toml -v       (predicted against measured)";

constexpr const char* kExplainHelp =
    "Predicts the steady period and names what limits it: the circuit of steps that wait for each other, or the "
    "resource\n"
    "that is never idle. Then it tries changes of the job (slots, inflight, order, scheduler), compiles each, and "
    "predicts\n"
    "again; and what a faster step or link would bring. Nothing runs: costs are those of [compile] costs, or stated\n"
    "defaults; `stretto calibrate` measures them. -v shows every wait.\n"
    "Example:\n"
    "  stretto explain job.toml --set compile.scheduler=serial";

constexpr const char* kSimulateHelp =
    "Runs the plan's model, not the plan. In the timeline a digit is the last of the execution that a lane works on, "
    "a\n"
    "dot is waiting; an arrow marks the lanes of the bottleneck. --json -v has every run of every step.\n"
    "Examples:\n"
    "  stretto simulate job.toml -n 20\n"
    "  stretto simulate job.toml --svg timeline.svg";

constexpr const char* kCompareHelp =
    "Every combination of the --vary values runs --repeat times, in turns forwards and backwards (A B B A), so that a\n"
    "drift of the machine touches all alike. The columns, from medians over the runs:\n"
    "  duration   from the first submission to the last result; least and most of the runs; reduction against the "
    "first\n"
    "  t, m       the longest transfer between actors, without waiting; the longest op\n"
    "  bound      no schedule of this graph is faster, with the durations measured in these runs\n"
    "  φ          bound / duration\n"
    "  η          hidden / what could be hidden: the busiest actor doing one thing after another, less the bound\n"
    "  CPU        seconds of all processors, driver and actors, opening included\n"
    "Examples:\n"
    "  stretto compare job.toml --vary compile.scheduler=serial,overlap --repeat 10\n"
    "  stretto compare job.toml --vary compile.inflight=1,2,4 --vary node.make.channel.slots=1,2 --simulate";

constexpr const char* kNewHelp =
    "Examples:\n"
    "  stretto plugin new transport carrier      (makes the folder carrier: meson.build, plugin.cc, job.toml, "
    "README.md)\n"
    "  stretto plugin new ops my_ops -o src/my_ops";

constexpr const char* kPluginCheckHelp =
    "Loads the plugin in a process of its own and tries the claims of its kind's contract: tables, calls, deadlines,\n"
    "aborts, and a small job whose bits must be those of a sequential reference. A crash is reported with the claim "
    "that\n"
    "was being tried. What cannot be tried on this machine is counted apart; -v says why. Exit code 3 if a claim "
    "breaks.\n"
    "Example:\n"
    "  stretto plugin check build/carrier.so";

constexpr const char* kListHelp =
    "Each file is looked at in a process of its own: one that crashes or hangs is reported and stops nothing.\n"
    "Exit code 3 where a file in the folders cannot be used. -v adds paths and capabilities.";

constexpr const char* kInfoHelp =
    "Examples:\n"
    "  stretto plugin info shm          (a component's name)\n"
    "  stretto plugin info ./my.so      (a file)";

/// Builds the parser and keeps what it fills in.
class CommandLine {
 public:
  CommandLine() {
    app_.name("stretto");
    app_.require_subcommand(1);
    app_.set_version_flag("--version", STRETTO_VERSION);
    app_.footer(std::string("`stretto COMMAND --help` says more of each.\n") + kExitCodes);
    app_.get_formatter()->column_width(28);
    add_job_commands();
    add(app_, "schema", "A JSON Schema of the job file, for editors", schema_command, kSchemaHelp);
    add_plugin_commands();
    add(app_, "doctor", "What this machine has, and what is missing", doctor_command);
  }

  std::variant<Chosen, Answer> parse(const std::vector<std::string>& arguments) {
    check_words(app_, arguments, 0);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return Answer{app_.help()};
    } catch (const CLI::CallForVersion&) {
      return Answer{std::string("stretto ") + STRETTO_VERSION + "\n"};
    } catch (const CLI::ParseError& error) {
      throw Error(Code::invalid_argument,
                  fmt::format("{}; `{} --help` says more", error.what(), full_name(deepest(app_))));
    }
    return Chosen{command_, std::move(request_)};
  }

 private:
  using Command = int (*)(const Invocation&);

  CLI::App* add(CLI::App& parent, const char* name, const char* help, Command command, const char* footer = "") {
    CLI::App* sub = parent.add_subcommand(name, help);
    add_list(sub, "--plugins", request_.plugin_folders, "Search this folder for plugins first", "DIR");
    sub->add_flag("--json", request_.json, "Results as JSON");
    sub->add_flag("-q,--quiet", request_.quiet, "Only what was asked for: no notes, no progress");
    sub->add_flag("-v,--verbose", request_.verbose, "Say more");
    sub->callback([this, command] { command_ = command; });
    sub->footer(footer);
    return sub;
  }

  CLI::App* add_for_job(const char* name, const char* help, Command command, const char* footer) {
    CLI::App* sub = add(app_, name, help, command, footer);
    sub->add_option("job", request_.job, "The job file, or a saved plan")->required()->type_name("JOB");
    add_list(sub, "--with", request_.overlays.files, "Lay further TOML over the job", "FILE");
    add_list(sub, "--set", request_.overlays.sets, "Set one key: compile.scheduler=serial", "KEY=VALUE");
    return sub;
  }

  /// One value each time it is given, so that it never swallows what follows.
  static CLI::Option* add_list(CLI::App* sub, const char* name, std::vector<std::string>& into, const char* help,
                               const char* type) {
    return sub->add_option(name, into, help)->type_name(type)->allow_extra_args(false)->take_all();
  }

  void add_repeat(CLI::App* sub, const char* help) {
    sub->add_option("--repeat", request_.repeat, help)
        ->check(CLI::Range(int64_t{1}, int64_t{1000}))
        ->capture_default_str()
        ->type_name("N");
  }

  void add_job_commands() {
    CLI::App* run = add_for_job("run", "Run a job, or a plan that `plan --save` wrote", run_command, kRunHelp);
    run->add_flag("--reference", request_.reference,
                  "Then compute all again, node by node in one thread, and compare bit for bit");
    run->add_option("--trace", request_.trace, "Write a trace for ui.perfetto.dev")->type_name("FILE");
    add_for_job("check", "Do all of compilation, run nothing", check_command, kCheckHelp);
    add_for_job("plan", "Show the compiled plan, lane by lane, or save it", plan_command, kPlanHelp)
        ->add_option("--save", request_.save, "Write the plan to a file, for `run`")
        ->type_name("FILE");
    add_for_job("explain", "What limits a job, why its steps wait, what to change", explain_command, kExplainHelp);
    CLI::App* simulate =
        add_for_job("simulate", "Predict period, makespan and timeline", simulate_command, kSimulateHelp);
    simulate->add_option("-n,--executions", request_.executions, "How many executions; else as the job says")
        ->check(CLI::Range(int64_t{1}, int64_t{1000000}))
        ->type_name("N");
    simulate->add_option("--svg", request_.svg, "Draw the timeline into a file")->type_name("FILE");
    CLI::App* calibrate =
        add_for_job("calibrate", "Measure costs and write them into a file", calibrate_command, kCalibrateHelp);
    calibrate->add_option("-o,--output", request_.output, "The cost file to write")->required()->type_name("FILE");
    add_repeat(calibrate, "How often the job runs");
    CLI::App* compare =
        add_for_job("compare", "Run variants of a job in turn, and compare", compare_command, kCompareHelp);
    add_list(compare, "--vary", request_.vary, "A key and the values to compare", "KEY=V1,V2")->required();
    add_repeat(compare, "How often each variant runs");
    compare->add_flag("--simulate", request_.simulate, "Predict instead of running");
    CLI::App* draw = add_for_job("draw", "Draw the graph, nodes in their actors", draw_command, kDrawHelp);
    draw->add_option("--format", request_.format, "dot, mermaid or svg")
        ->check(CLI::IsMember({"dot", "mermaid", "svg"}))
        ->default_str("dot")
        ->type_name("FORMAT");
    draw->add_option("-o,--output", request_.output, "Write into a file instead of stdout")->type_name("FILE");
  }

  void add_plugin_commands() {
    CLI::App* plugin = app_.add_subcommand("plugin", "What plugins there are");
    plugin->require_subcommand(1);
    add(*plugin, "list", "All components found", plugin_list_command, kListHelp);
    CLI::App* fresh = add(*plugin, "new", "Write a small plugin that builds and works", plugin_new_command, kNewHelp);
    fresh->add_option("kind", request_.job, "transport, scheduler, device or ops")->required()->type_name("KIND");
    fresh->add_option("name", request_.name, "The plugin's name")->required()->type_name("NAME");
    fresh->add_option("-o,--output", request_.output, "The folder to make; else NAME")->type_name("DIR");
    fresh->add_option("--templates", request_.templates, "Where the SDK's templates are")->type_name("DIR");
    add(*plugin, "check", "Try whether a plugin keeps its contract", plugin_check_command, kPluginCheckHelp)
        ->add_option("file", request_.job, "The plugin")
        ->required()
        ->type_name("FILE");
    add(*plugin, "info", "One component: its options, ops and capabilities", plugin_info_command, kInfoHelp)
        ->add_option("name", request_.job, "The component's name, or a plugin's file")
        ->required()
        ->type_name("NAME");
  }

  static std::string full_name(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
  }

  static CLI::App& deepest(CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : deepest(*chosen.front());
  }

  /// The parser's own words for a misspelt command or option do not name the right one.
  static void check_words(CLI::App& app, const std::vector<std::string>& arguments, size_t at) {
    const auto subcommands = app.get_subcommands([](CLI::App*) { return true; });
    std::vector<std::string> names;
    if (!subcommands.empty()) {
      if (at >= arguments.size())
        throw Error(Code::invalid_argument,
                    fmt::format("expected a command after '{}': one of {}; `{} --help` says more", full_name(app),
                                names_text(subcommands), full_name(app)));
      if (arguments[at].starts_with('-')) return;
      for (CLI::App* sub : subcommands) {
        if (sub->get_name() == arguments[at]) return check_words(*sub, arguments, at + 1);
        names.push_back(sub->get_name());
      }
      reject(fmt::format("found the command '{}', expected one of {}", arguments[at], names_text(subcommands)),
             arguments[at], names);
    }
    for (const CLI::Option* option : app.get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (; at < arguments.size() && arguments[at] != "--"; ++at) {
      const std::string word = arguments[at].substr(0, arguments[at].find('='));
      if (!word.starts_with("--") || std::find(names.begin(), names.end(), word) != names.end()) continue;
      reject(fmt::format("{}: found the option '{}', expected one of {}", full_name(app), word, fmt::join(names, ", ")),
             word, names);
    }
  }

  static std::string names_text(const std::vector<CLI::App*>& subcommands) {
    std::vector<std::string> names;
    for (const CLI::App* sub : subcommands) names.push_back(sub->get_name());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  [[noreturn]] static void reject(const std::string& what, const std::string& word,
                                  const std::vector<std::string>& names) {
    const auto meant = nearest(word, names);
    throw Error(Code::invalid_argument, what + (meant ? fmt::format("; did you mean '{}'?", *meant) : ""));
  }

  CLI::App app_{"stretto runs compiled graphs of tensor operations and hides communication behind computation."};
  Request request_;
  Command command_ = nullptr;
};

}  // namespace

std::variant<Chosen, Answer> parse_command_line(const std::vector<std::string>& arguments) {
  return CommandLine().parse(arguments);
}

}  // namespace stretto
