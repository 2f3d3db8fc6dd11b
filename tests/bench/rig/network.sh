# SPDX-FileCopyrightText: stretto contributors
# SPDX-License-Identifier: Apache-2.0
#
# The network of the rig and what its runs are measured with; sourced by `rig` and `branches`:
#
#   sender-0 ─┐
#   sender-1 ─┼─ bridge (hub) ── port ── receiver
#   sender-2 ─┘
#
# Each stands for a host: a network namespace, with one end of a veth pair as its "wire".
prefix=stretto-rig
branches=3

say() { printf '%s\n' "$*" >&2; }
skip() {
  say "rig: skipped: $*"
  exit 77
}

down() {
  local name
  for name in $(ip netns list | awk '{print $1}' | grep "^$prefix-" || true); do ip netns del "$name"; done
}

# One namespace with one end of a veth pair, "wire"; the other end is a port of the hub's bridge.
plug() {
  local name=$1 address=$2 port=$3
  ip netns add "$prefix-$name"
  ip -n "$prefix-hub" link add "$port" type veth peer name wire netns "$prefix-$name"
  ip -n "$prefix-hub" link set "$port" master switch up
  ip -n "$prefix-$name" address add "$address/24" dev wire
  ip -n "$prefix-$name" link set wire up
  ip -n "$prefix-$name" link set lo up
}

up() {
  ip netns add "$prefix-hub"
  ip -n "$prefix-hub" link add switch type bridge
  ip -n "$prefix-hub" link set switch up
  local i
  for ((i = 0; i < branches; ++i)); do plug "sender-$i" "10.83.0.$((10 + i))" "port$i"; done
  plug receiver 10.83.0.1 portr
}

# Bytes per second of payload that leave a device of a namespace: the hub's portr leads to the receiver, a sender's wire
# away from it. 1448 of the 1514 bytes of a packet are payload. The burst is less than a hundredth of a tensor; the queue
# holds what three TCP windows may have under way, so that nothing is dropped and sent twice.
limit_rate() {
  local rate
  rate=$(calculate "int($3 * 8 * 1514 / 1448)")
  ip netns exec "$prefix-$1" tc qdisc replace dev "$2" root tbf rate "${rate}bit" burst 40kb limit 16mb
}
unlimit_rate() { ip netns exec "$prefix-$1" tc qdisc del dev "$2" root 2>/dev/null || true; }

calculate() { awk "BEGIN {printf \"%.9g\", $*}"; }

# Seconds of one run, and of one product in it, 0 without any: job, arguments of `stretto run`.
seconds_of() {
  timeout 300 "$stretto" run --json "$@" </dev/null |
    python3 -c 'import json, sys
run = json.load(sys.stdin)
if not run["ok"]: sys.exit("rig: a run failed")
products = [step for step in run["steps"] if step["step"].startswith("COMPUTE multiply")]
print(run["seconds"], sum(step["total"] for step in products) / max(1, sum(step["count"] for step in products)))'
}
# As seconds_of, of the median of $repeats runs.
median_of() {
  local i
  for ((i = 0; i < repeats; ++i)); do seconds_of "$@" || return 1; done | sort -g | awk '{v[NR] = $0} END {print v[int((NR + 1) / 2)]}'
}
# Seconds that one execution takes in the steady state: what 30 more take.
slope_of() {
  local few many
  few=$(median_of "$@" --set run.executions=10)
  many=$(median_of "$@" --set run.executions=40)
  calculate "(${many% *} - ${few% *}) / 30"
}

# Seconds that are predicted for a run: job, arguments of `stretto simulate`.
predicted_of() {
  "$stretto" simulate --json "$@" </dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["makespan"])'
}

# A result above its bound shows a fault of the rig, and fails it: words, share in %.
beaten=0
judge() {
  if awk "BEGIN {exit !($2 > 100.5)}"; then
    say "rig: '$1' took less than its bound: what was measured as t or m is wrong"
    beaten=1
  fi
}

# Checks what the rig needs, and sets it up; it is taken down at exit. $costs is a file for costs.
begin() {
  [ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
  for tool in ip tc python3 awk; do command -v "$tool" >/dev/null || skip "there is no $tool (iproute2, python3)"; done
  [ -z "$(ip netns list | grep "^$prefix-" || true)" ] || skip "another rig is up; \`rig down\` takes it down"
  "$stretto" plugin info ucx >/dev/null 2>&1 || skip "this build has no ucx"
  costs=$(mktemp --suffix .toml)
  trap 'down; rm -f "$costs"' EXIT
  up 2>/dev/null || skip "this kernel has no network namespaces, veth or bridges"
  limit_rate hub portr 100000000 2>/dev/null || skip "this kernel has no tc tbf"
}
