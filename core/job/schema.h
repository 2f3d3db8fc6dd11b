// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The job file's keys, stated once: for checking, for nearest names, and for `stretto schema`.

#include "job/written.h"
#include "stretto/option.h"

#include <span>

namespace stretto {

struct JobTable;

/// What may stand under a key. Scalars and flat lists are described by an option's type; the rest has forms.
enum class Form {
  option,           ///< by JobKey::option's type, range and choices
  table,            ///< one table with the keys of JobKey::table
  named_tables,     ///< a table of such tables: [actor.NAME]
  entries,          ///< a list of such tables: [[node]]
  arguments,        ///< a table of any names with literals: args
  named_arguments,  ///< a table of those: [transport.NAME]
  actors,           ///< a reference, or a list of them: on
  ports,            ///< a table of references, or lists of them: inputs
  values,           ///< a list of values by execution, or { file = "x.npy" }: feed
  source,           ///< a reference, or a table of them by field name: from
  expected,         ///< a literal, a list, or a table of these by field name: expect
};

struct JobKey {
  Form form;
  Option option;  ///< name, help, required; for Form::option its type too
  const JobTable* table = nullptr;
  size_t longest = 200;  ///< bytes of a text, or of a name of an argument; those of kAnyText may be anything
  static constexpr size_t kAnyText = SIZE_MAX;
};
/// A key that is no option.
inline JobKey shaped(Form form, const char* name, const char* help, const JobTable* table = nullptr) {
  return {form, Option(Type::text, name, help), table};
}

struct JobTable {
  const char* what;  ///< as messages name it: "[compile]", "an [[input]]"
  std::span<const JobKey> keys;
};

/// The whole file.
const JobTable& job_schema();

/// Checks every key and every type of a job against the schema. Throws Code::invalid_argument with the position, what
/// was found, what was expected, and the nearest right name.
void check_job(const Written& root);

/// The same for another file that has such a schema; `name` is said of the whole: "the job".
void check_written(const Written& root, const std::string& name, const JobTable& schema);

/// A written value as an argument. Throws as above where it is a table, a date, or a list of unlike values. `what` is
/// said in messages: "'shape'".
Argument to_argument(const Written& written, const std::string& what);

/// A checked table, or one that was left out, read through its schema. A view of both.
class Section {
 public:
  Section(const Written* table, const JobTable& schema) : table_(table), schema_(&schema) {}

  /// The value as the key's type has it ("10 s" as 10.0), or its default, or nothing.
  template <class T>
  std::optional<T> get(std::string_view key) const {
    const auto value = setting(key);
    return value ? std::optional<T>(std::get<T>(*value)) : std::nullopt;
  }
  /// As written; null where it is not.
  const Written* written(std::string_view key) const { return table_ == nullptr ? nullptr : table_->find(key); }
  /// A table under a key.
  Section section(std::string_view key) const;
  /// The schema of a table, or of the tables or entries, under a key; null where it has none.
  const JobTable* table(std::string_view key) const;
  /// Of the key's value; of the table where it is not written; nowhere without a table.
  Place place(std::string_view key) const;
  Place place() const { return table_ == nullptr ? Place{} : table_->place; }

 private:
  std::optional<Literal> setting(std::string_view key) const;
  const Written* table_;
  const JobTable* schema_;
};

}  // namespace stretto
