#!/usr/bin/env python3
# SPDX-FileCopyrightText: stretto contributors
# SPDX-License-Identifier: Apache-2.0
"""The tests and benches that need a GPU (T3), or several (T4), in one go: prints one table, ends within 8 minutes.

usage: run.py BUILD [LOGS [PARTS]]    BUILD: the build folder. LOGS: a folder for the programs' output. PARTS: a,b,…
All parts but ucx and direct, unless they are named.
STRETTO_UCX: a folder with UCX's libraries, for machines that have none, or others than are to be tried.
Exit code: 0 all passed, 1 something failed, 3 there is no GPU.
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 460.0  # seconds for everything
BEGIN = time.monotonic()
rows = []
failed = 0


def left():
    return LIMIT - (time.monotonic() - BEGIN)


def row(tier, name, result):
    rows.append((tier, name, result))
    print(f"{time.monotonic() - BEGIN:6.1f} s  {tier:5} {name:44} {result}", flush=True)


def timed(seconds):
    return (f"{statistics.median(seconds) * 1e3:.1f} ms (of {len(seconds)}: {min(seconds) * 1e3:.1f} to "
            f"{max(seconds) * 1e3:.1f})")


class Rig:
    def __init__(self, build, logs):
        self.build = build
        self.logs = logs
        plugins = str(build / "plugins/build")
        self.environment = dict(os.environ, STRETTO_PLUGINS=plugins,
                                STRETTO_TEST_PLUGINS=str(build / "tests/support/plugins"),
                                STRETTO_PROGRAM=str(build / "core/command/stretto"),
                                STRETTO_TRANSPORT_PEER=str(build / "tests/contract/transport_peer"))
        if "STRETTO_UCX" in os.environ:
            folders = [str(pathlib.Path(os.environ["STRETTO_UCX"]).resolve()), os.environ.get("LD_LIBRARY_PATH", "")]
            self.environment["LD_LIBRARY_PATH"] = ":".join(filter(None, folders))

    def run(self, name, command, seconds, **more_environment):
        """Returns the exit code (124: too slow), stdout and stderr; both are kept in the logs."""
        seconds = max(5.0, min(seconds, left()))
        environment = dict(self.environment, **more_environment)
        log = self.logs / (re.sub(r"\W+", "_", name) + ".log")
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
        try:
            out, err = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            out, err = process.communicate()
            code = 124
        with open(log, "a") as file:
            file.write(f"$ {' '.join(map(str, command))}\n{out}{err}\n[exit {code}]\n")
        return code, out, err

    def stretto(self, name, arguments, seconds, **environment):
        return self.run(name, [self.build / "core/command/stretto", *arguments], seconds, **environment)


def suite(rig, name, program, seconds, *arguments):
    """A GoogleTest program: counts its cases."""
    global failed
    path = rig.build / program
    if not path.exists():
        row("T3", name, "not built")
        return
    code, out, err = rig.run(name, [path, "--gtest_brief=0", *arguments], seconds)
    passed = len(re.findall(r"^\[       OK \]", out, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] .*\(\d+ ms\)", out, re.M))
    bad = re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)", out, re.M)
    if code != 0:
        failed += 1
        if code == 124 or not bad:
            running = re.findall(r"^\[ RUN      \] (\S+)", out, re.M)
            bad.append(f"{running[-1] if running else '?'} (exit {code})")
    row("T3", name, f"{passed} passed, {len(bad)} failed, {skipped} skipped" + "".join(f"; {b}" for b in bad[:4]))


def job(rig, name, arguments, seconds=60, expect=0, tier="T3", **environment):
    """One run of the executable; its last line of stdout, or why it failed."""
    global failed
    code, out, err = rig.stretto(name, ["run", *arguments, "-q"], seconds, **environment)
    last = (out.strip().splitlines() or [""])[-1]
    if code != expect:
        failed += 1
        words = (err.strip().splitlines() or ["no words"])[0]
        row(tier, name, f"exit {code}, expected {expect}: {words[:150]}")
        return None
    row(tier, name, last if expect == 0 else f"exit {code}, as it should")
    found = re.search(r"duration=([0-9.]+) s", last)
    return float(found.group(1)) if found else None


def behaviour(rig):
    """What CUDA and NCCL answer here, beside what CI holds the fake to; the whole is kept in the logs."""
    global failed
    name = "what CUDA and NCCL answer"
    code, out, err = rig.run("behaviour", [rig.build / "tests/fake/behaviour"], 60)
    (rig.logs / "behaviour.txt").write_text(out)
    recorded = [line for line in (TREE / "tests/fake/behaviour.txt").read_text().splitlines() if line[:1] != "#"]
    differ = [f"{there} | {here}" for there, here in itertools.zip_longest(recorded, out.splitlines()) if there != here]
    if code != 0 or differ:
        failed += 1
    row("T3", name, f"exit {code}, {len(differ)} of {len(recorded)} lines differ from the record" +
        "".join(f"; {line}" for line in differ[:6]))


def suites(rig):
    suite(rig, "device cuda, contract", "tests/devices/cuda_test", 120)
    suite(rig, "ops tensor on cuda", "tests/ops/tensor_cuda_ops_test", 60)
    suite(rig, "ops blas on cuda", "tests/ops/blas_cuda_ops_test", 60)
    suite(rig, "ops collective on cuda", "tests/ops/collective_cuda_ops_test", 60)
    behaviour(rig)


def nccl_part(rig, gpus):
    suite(rig, "transport nccl", "tests/transports/nccl_test", 90)
    nccl_jobs(rig)
    collective_jobs(rig, gpus)
    if (rig.build / "plugins/build/nccl.so").exists():
        killed_sender(rig, "nccl, a sender killed during a receive", 20)


def captures_part(rig, gpus):
    captures(rig, 1)
    captured_jobs(rig, gpus)


def reference_jobs(rig):
    reference = TREE / "examples/reference/job.toml"
    here = ["--set", "actor.sender.device=cuda:0", "--set", "actor.receiver.device=cuda:0"]
    for actors in ("threads", "processes"):
        for scheduler in ("serial", "overlap"):
            job(rig, f"reference, all on one GPU, {actors}, {scheduler}",
                [reference, *here, "--set", f"run.actors={actors}", "--set", f"compile.scheduler={scheduler}"])
    full = ["--with", TREE / "examples/reference/gpu.toml", *here, "--set", "compile.transport=shm", "--set",
            "transport.shm.device_slots=false"]
    for scheduler in ("serial", "overlap"):
        job(rig, f"reference, full size, staged by shm, {scheduler}",
            [reference, *full, "--set", f"compile.scheduler={scheduler}"], 90)


def nccl_jobs(rig):
    if not (rig.build / "plugins/build/nccl.so").exists():
        row("T3", "nccl", "not built")
        return
    reference = TREE / "examples/reference/job.toml"
    share = ["--set", "actor.sender.device=cuda:0", "--set", "actor.receiver.device=cuda:0",
             "--set", "compile.transport=nccl"]
    job(rig, "nccl, actors that share a GPU, unasked", [reference, *share], 90, expect=3)
    for senders in (1, 3):
        for scheduler in ("serial", "overlap"):
            job(rig, f"nccl, {senders + 1} processes on one GPU, {scheduler}",
                [reference, *share, "--set", "transport.nccl.share_device=true", "--set",
                 f"actor.sender.count={senders}", "--set", f"compile.scheduler={scheduler}"], 90)


def several_gpus(rig, count):
    """What needs a GPU for each actor, over NCCL. The reference job at full size takes four."""
    global failed
    if count < 2 or not (rig.build / "plugins/build/nccl.so").exists():
        row("T4", "several GPUs", "skipped: there is one GPU, or nccl is not built")
        return
    job(rig, "dynamic shapes, nccl, 2 GPUs", [TREE / "tests/gpu/dynamic.toml", "--reference"], 60, tier="T4")
    if count < 4:
        row("T4", "nccl, reference job, full size", f"skipped: it takes 4 GPUs, there are {count}")
        return
    code, out, err = rig.run("gpu_alone", [rig.build / "tests/bench/gpu_alone"], 90)
    m = json.loads(out)["m"] if code == 0 else None
    code, out, err = rig.run("gpu_overlap nccl", [rig.build / "tests/bench/gpu_overlap", "nccl"], 150)
    if code != 0 or m is None:
        failed += 1
        row("T4", "nccl, reference job, full size", f"exit {code}: {err.strip()[:200]}")
    else:
        for n, modes in json.loads(out).items():
            for mode, found in modes.items():
                row("T4", f"nccl, 4 GPUs, full size, N = {n}, {mode}",
                    f"{timed(found)}; the {3 * int(n)} products alone {3 * int(n) * m * 1e3:.1f} ms")
    full = [TREE / "examples/reference/job.toml", "--with", TREE / "examples/reference/gpu.toml", "--set",
            "run.executions=50"]
    for option in ("communicators=pair", "register=true"):
        job(rig, f"nccl, 4 GPUs, full size, N = 50, {option}", [*full, "--set", f"transport.nccl.{option}"], 60, tier="T4")


def collective_jobs(rig, gpus):
    """Every collective, held to the sequential reference: a GPU for each worker (T4); function only, on one GPU."""
    collectives = [TREE / "tests/gpu/collectives.toml", "--reference"]
    here = ["--set", "actor.worker.device=cuda:0"]
    has_nccl = (rig.build / "plugins/build/nccl.so").exists()
    for scheduler in ("serial", "overlap"):
        chosen = [*collectives, "--set", f"compile.scheduler={scheduler}"]
        job(rig, f"collectives, all on one GPU, over shm, {scheduler}", [*chosen, *here, "--set", "compile.transport=shm"])
        if not has_nccl:
            row("T3", f"collectives over nccl, {scheduler}", "not built")
            continue
        job(rig, f"collectives over nccl, 2 processes on one GPU, {scheduler}",
            [*chosen, *here, "--set", "run.actors=processes", "--set", "transport.nccl.share_device=true"], 90)
        for actors in ("threads", "processes"):
            if gpus < 2:
                row("T4", f"collectives over nccl, {actors}, {scheduler}", "skipped: there is one GPU")
                continue
            count = max(n for n in (2, 3, 4, 6, 8) if n <= gpus)
            job(rig, f"collectives over nccl, {count} GPUs, {actors}, {scheduler}",
                [*chosen, "--set", f"run.actors={actors}", "--set", f"actor.worker.count={count}"], 90, tier="T4")


def full_size(rig, transport, count, more):
    """The reference job at full size, a GPU for each actor: as many senders as there are GPUs beside one."""
    global failed
    senders = min(3, count - 1)
    full = [TREE / "examples/reference/job.toml", "--with", TREE / "examples/reference/gpu.toml", "--set",
            f"actor.sender.count={senders}", "--set", f'actor.receiver.device="cuda:{senders}"', *more]
    name = f"{transport}, {senders + 1} GPUs, {senders} senders, full size"
    for executions in (5, 50):
        code, out, err = rig.stretto(name, ["compare", *full, "--set", f"run.executions={executions}", "--vary",
                                            "compile.scheduler=serial,overlap", "--repeat", "5", "--json", "-q"], 120)
        if code != 0:
            failed += 1
            row("T4", name, f"exit {code}: {(err.strip().splitlines() or ['no words'])[0][:200]}")
            continue
        for variant in json.loads(out)["variants"]:
            row("T4", f"{name}, N = {executions}, {variant['variant'].split('=')[-1]}",
                f"{timed(variant['runs'])}; t {variant['t'] * 1e3:.3f} ms, m {variant['m'] * 1e3:.3f} ms in these runs")


def ucx_findings(rig):
    """What UCX says of itself and of GPUs; empty where there is none."""
    code, out, err = rig.stretto("doctor", ["doctor", "--json"], 60)
    found = [component for plugin in json.loads(out or "{}").get("plugins", []) for component in plugin["components"]
             if component["name"] == "ucx"]
    if not found:
        row("T3", "ucx", "not built, or its libraries are missing: see STRETTO_UCX")
        return ""
    findings = found[0].get("findings", ["?"])
    row("T3", "ucx", f"{findings[0]}; {findings[-1]}")
    return findings[-1]


OLD_WAY = "by what UCX saw allocated"  # which the transport doesn't trust: it may fail
# What is changed, for the job and for UCX, to tell what is to blame where UCX fails with a GPU's memory.
DIRECT = (
    ("as threads", "threads", {}),
    ("as processes", "processes", {}),
    ("without CUDA's inter-process memory", "processes", {"UCX_TLS": "^cuda_ipc"}),
    ("without reads of other processes' memory", "processes", {"UCX_TLS": "^cma"}),
    ("through sockets and the host", "processes", {"UCX_TLS": "tcp,cuda_copy"}),
    ("without UCX's cache of registrations", "processes", {"UCX_RCACHE_ENABLE": "n"}),
    ("without UCX's hooks for memory", "processes", {"UCX_MEM_EVENTS": "n"}),
    (OLD_WAY, "processes", {"UCX_MEMTYPE_CACHE": "y"}),
)


def ucx_direct(rig, gpus):
    """A GPU's memory given to UCX itself: one small job for each line of DIRECT, on one GPU, then on several."""
    if "gpu = 'direct'" not in ucx_findings(rig):
        row("T3", "ucx, direct", "skipped: this UCX does not reach a GPU's memory")
        return
    places = [("T3", "one GPU", "cuda:0", "cuda:0")]
    if gpus > 1:
        places.append(("T4", "two GPUs", "cuda:0", "cuda:1"))
    for tier, where, sender, receiver in places:
        devices = ["--set", f"actor.sender.device={sender}", "--set", f"actor.receiver.device={receiver}"]
        for name, actors, environment in DIRECT:
            direct_job(rig, tier, f"ucx, direct, {where}, {name}", [*devices, "--set", f"run.actors={actors}"], environment)
    direct_job(rig, "T3", "ucx, direct, from processors",
               ["--set", "actor.receiver.device=cuda:0", "--set", "run.actors=processes"], {})


def direct_job(rig, tier, name, settings, environment):
    """One run; where it fails, once more with all that UCX logs, whose last error is told."""
    global failed
    command = ["run", TREE / "examples/reference/job.toml", "--set", "compile.transport=ucx", "--set",
               "transport.ucx.gpu=direct", *settings]
    code, out, err = rig.stretto(name, [*command, "-q"], 20, **environment)
    if code == 0:
        row(tier, name, (out.strip().splitlines() or ["no words"])[-1])
        return
    failed += OLD_WAY not in name
    words = (err.strip().splitlines() or ["no words"])[-1]
    log = rig.stretto(name, [*command, "-v", "-v"], 20, UCX_LOG_LEVEL="debug", **environment)[2]
    told = re.findall(r"UCX: (.*(?:fail|error|returned).*)", log, re.I)
    row(tier, name, f"exit {code}: {words[:150]}; UCX: {told[-1][:150] if told else 'no error'}")


def ucx_jobs(rig, gpus):
    """The same jobs over UCX, staged through pinned memory."""
    if not ucx_findings(rig):
        return
    suite(rig, "transport ucx on cuda, contract, staged", "tests/transports/ucx_cuda_test", 150)
    ucx = ["--set", "compile.transport=ucx"]
    ucx_on_one_gpu(rig, ucx)
    if gpus > 1:
        full_size(rig, "ucx, staged", gpus, ucx)
        job(rig, "dynamic shapes, ucx, staged, 2 GPUs", [TREE / "tests/gpu/dynamic.toml", "--reference", *ucx], 60, tier="T4")
    for scheduler in ("serial", "overlap"):
        job(rig, f"collectives over ucx, staged, {scheduler}",
            [TREE / "tests/gpu/collectives.toml", "--reference", *ucx, "--set", f"compile.scheduler={scheduler}",
             "--set", f"actor.worker.device={'cuda' if gpus > 1 else 'cuda:0'}"], 60, tier="T4" if gpus > 1 else "T3")
    killed_sender(rig, "ucx, staged, a sender killed during a receive", 5, ucx)


def ucx_on_one_gpu(rig, ucx):
    reference = TREE / "examples/reference/job.toml"
    here = ["--set", "actor.sender.device=cuda:0", "--set", "actor.receiver.device=cuda:0"]
    mixed = {"from processors": ["--set", "actor.receiver.device=cuda:0"],
             "to a processor": ["--set", "actor.sender.device=cuda:0"]}
    for actors in ("threads", "processes"):
        run = [*ucx, "--set", f"run.actors={actors}"]
        for scheduler in ("serial", "overlap"):
            job(rig, f"ucx, staged, all on one GPU, {actors}, {scheduler}",
                [reference, *here, *run, "--set", f"compile.scheduler={scheduler}"])
        for name, devices in mixed.items():
            if name == "to a processor" and not (rig.build / "plugins/build/blas_cpu.so").exists():
                row("T3", f"ucx, staged, {name}, {actors}", "skipped: blas on cpu is not built")
                continue
            job(rig, f"ucx, staged, {name}, {actors}", [reference, *devices, *run])
    full = ["--with", TREE / "examples/reference/gpu.toml", *here, *ucx]
    for scheduler in ("serial", "overlap"):
        job(rig, f"ucx, staged, all on one GPU, full size, {scheduler}",
            [reference, *full, "--set", f"compile.scheduler={scheduler}"], 90)


def killed_sender(rig, name, connecting, more=()):
    """An actor dies while another one waits for it: the survivors must end, and say who died."""
    global failed
    process = subprocess.Popen([rig.build / "core/command/stretto", "run", TREE / "tests/gpu/killed_sender.toml", "-q",
                                *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=rig.environment, start_new_session=True)
    time.sleep(connecting)  # seconds, and more than enough; the sender holds its lane for a minute
    actors = sorted(int(child) for task in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children")
                    for child in task.read_text().split())
    if len(actors) != 2 or process.poll() is not None:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        failed += 1
        out, err = process.communicate()
        row("T3", name, f"it did not start: {len(actors)} actors, {(out + err).strip()[:150]}")
        return
    os.kill(actors[0], 9)
    begin = time.monotonic()
    try:
        out, err = process.communicate(timeout=30)
        took = time.monotonic() - begin
        good = process.returncode == 1 and "sender" in err
        failed += 0 if good else 1
        row("T3", name, f"exit {process.returncode} after {took:.2f} s: {err.strip().splitlines()[0][:120]}")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        failed += 1
        row("T3", name, "hung for 30 s")


def handover(rig):
    """Tensors of 200 MB handed over between two actors on one GPU, against a goal of 20 us for each."""
    global failed
    for actors in ("threads", "processes"):
        for scheduler in ("serial", "overlap"):
            job(rig, f"handover, reference job on one GPU, full size, {actors}, {scheduler}",
                [TREE / "examples/reference/job.toml", "--with", TREE / "examples/reference/gpu.toml", "--set",
                 "actor.sender.device=cuda:0", "--set", "actor.receiver.device=cuda:0", "--set",
                 "compile.transport=shm", "--set", f"run.actors={actors}", "--set", f"compile.scheduler={scheduler}"],
                90)
    measure_handover(rig, "")
    control = shutil.which("nvidia-cuda-mps-control")
    if control is None:
        row("T3", "handover, processes under MPS", "skipped: there is no nvidia-cuda-mps-control")
        return
    # Without MPS, processes that share a GPU take turns on it; with it they run at the same time.
    with tempfile.TemporaryDirectory(prefix="stretto-mps-") as folder:
        (rig.logs / "mps").mkdir(exist_ok=True)
        service = {"CUDA_MPS_PIPE_DIRECTORY": folder, "CUDA_MPS_LOG_DIRECTORY": str(rig.logs / "mps")}
        code, out, err = rig.run("mps", [control, "-d"], 20, **service)
        if code != 0:
            row("T3", "handover, processes under MPS", f"skipped: it did not start: {(out + err).strip()[:100]}")
            return
        try:
            measure_handover(rig, " under MPS", **service)
        finally:
            subprocess.run([control], input="quit\n", text=True, env=dict(rig.environment, **service), timeout=20,
                           capture_output=True, check=False)


def measure_handover(rig, how, **environment):
    global failed
    code, out, err = rig.run("gpu_handover" + how, [rig.build / "tests/bench/gpu_handover"], 120, **environment)
    if code != 0:
        failed += 1
        row("T3", "handover" + how, f"exit {code}: {err.strip()[:200]}")
        return
    found = json.loads(out)
    for mode, seconds in found.items():
        if mode == "bytes":
            continue
        low, middle, high = (1e6 * value for value in statistics.quantiles(seconds, n=4))
        verdict = "no goal" if "staged" in mode else "under 20 us" if middle < 20 else "OVER the goal of 20 us"
        row("T3", f"handover of {found['bytes'] / 1e6:.0f} MB, {mode}{how}",
            f"{middle:.1f} us (quartiles of {len(seconds)}: {low:.1f} to {high:.1f}; all: {1e6 * min(seconds):.1f} to "
            f"{1e6 * max(seconds):.1f}); {verdict}")


def sanitize(rig):
    """Memory errors of our kernels, and races in shared memory, by NVIDIA's compute-sanitizer."""
    global failed
    program = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not pathlib.Path(program).exists():
        row("T3", "compute-sanitizer", "not installed")
        return
    for tool in ("memcheck", "racecheck"):
        code, out, err = rig.run(f"compute-sanitizer {tool}", [
            program, "--tool", tool, "--error-exitcode", "9", rig.build / "tests/ops/tensor_cuda_ops_test",
            "--gtest_filter=-*Sixteen*:*EverySixteen*:*Busy*:*FillConverts*"], 90)
        failed += 0 if code == 0 else 1
        last = [line for line in (out + err).splitlines() if line.startswith("=========")]
        row("T3", f"compute-sanitizer {tool}, ops tensor", f"exit {code}: {(last or ['no words'])[-1][10:].strip()}")


def bench(rig):
    """The receiver's copy engine under its multiplications, against t and m alone in the same run."""
    global failed
    code, out, err = rig.run("gpu_alone", [rig.build / "tests/bench/gpu_alone"], 90)
    if code != 0:
        failed += 1
        row("T3", "t and m alone", f"exit {code}: {err.strip()[:150]}")
        return
    alone = json.loads(out)
    t, m = alone["t"], alone["m"]
    rate = 2e-12 * alone["dimension"] ** 3 / m
    row("T3", "one transfer alone, t", f"{t * 1e3:.3f} ms, {alone['bytes'] / t / 1e9:.1f} GB/s")
    row("T3", "one product alone, m", f"{m * 1e3:.3f} ms, {rate:.0f} TFLOP/s")
    row("T3", "the same product by a plain call of cuBLAS", f"{alone['plain_m'] * 1e3:.3f} ms; the op takes "
        f"{m / alone['plain_m']:.3f} times that")
    row("T3", "both at once", f"t x {alone['t_with_m'] / t:.3f}, m x {alone['m_with_t'] / m:.3f}")
    row("T3", "empty lane: signal, then host wait", f"{alone['signal_and_host_wait'] * 1e6:.1f} us")
    code, out, err = rig.run("gpu_overlap", [rig.build / "tests/bench/gpu_overlap", "copy"], 240)
    if code != 0:
        failed += 1
        row("T3", "copy engine", f"exit {code}: {err.strip()[:200]}")
        return
    for n, modes in json.loads(out).items():
        n = int(n)
        bound = 3 * n * max(t, m) + min(t, m)
        turns = 3 * n * (t + m)
        row("T3", f"copy engine, N = {n}: bounds",
            f"overlapped {bound * 1e3:.1f} ms, one after the other {turns * 1e3:.1f} ms")
        for mode, found in modes.items():
            middle = statistics.median(found)
            row("T3", f"copy engine, N = {n}, {mode}",
                f"{timed(found)}, {100 * bound / middle:.1f} % of the bound")


def captures(rig, gpus):
    """A row of 64 small nodes, with and without a capture: time from execution to execution."""
    global failed
    tier, where = ("T3", "one GPU") if gpus == 1 else ("T4", f"{gpus} GPUs in turn, over nccl")
    code, out, err = rig.run(f"gpu_capture {gpus}", [rig.build / "tests/bench/gpu_capture", 20, 64, gpus], 60)
    if code != 0:
        failed += 1
        row(tier, f"capture, {where}", f"exit {code}: {err.strip()[:200]}")
        return
    found = json.loads(out)
    for mode in "off", "on":
        for what, name in ("wall", "each execution"), ("processors", "of the processors"):
            samples = found[mode][what]
            low, middle, high = statistics.quantiles(samples, n=4)
            row(tier, f"{found['nodes']} small nodes on {where}, capture {mode}, {name}",
                f"{middle:.1f} us ({low:.1f} to {high:.1f})")


def captured_jobs(rig, gpus):
    """Jobs whose steady rounds become CUDA graphs, NCCL's work included: the same results, whichever way."""
    one = ["--set", "device.cuda.capture=on"]
    reference = [TREE / "examples/reference/job.toml", *one, "--set", "run.executions=30"]
    here = ["--set", "actor.sender.device=cuda:0", "--set", "actor.receiver.device=cuda:0"]
    ways = (("threads", "serial"), ("processes", "overlap"))
    for actors, scheduler in ways:
        job(rig, f"reference, captured, all on one GPU, {actors}, {scheduler}",
            [*reference, *here, "--set", f"run.actors={actors}", "--set", f"compile.scheduler={scheduler}"])
    if gpus < 2 or not (rig.build / "plugins/build/nccl.so").exists():
        row("T4", "captured with nccl", "skipped: there is one GPU, or nccl is not built")
        return
    captures(rig, 2)
    nccl = [*one, "--set", "transport.nccl.capture=true"]
    count = max(n for n in (2, 3, 4, 6, 8) if n <= gpus)
    last = min(3, gpus - 1)
    senders = ["--set", f"actor.sender.count={last}", "--set", f'actor.receiver.device="cuda:{last}"']
    full = [TREE / "examples/reference/job.toml", "--with", TREE / "examples/reference/gpu.toml", *senders, *nccl,
            "--set", "run.executions=50"]
    for actors, scheduler in ways:
        chosen = ["--set", f"run.actors={actors}", "--set", f"compile.scheduler={scheduler}"]
        job(rig, f"reference, captured with nccl, {actors}, {scheduler}", [*full, *chosen], tier="T4")
        job(rig, f"collectives, captured with nccl, {count} GPUs, {actors}, {scheduler}",
            [TREE / "tests/gpu/collectives.toml", "--reference", *nccl, *chosen, "--set", f"actor.worker.count={count}"],
            tier="T4")
    job(rig, "reference, captured with nccl, a communicator for each pair",
        [*full, "--set", "transport.nccl.communicators=pair"], tier="T4")


def profiled(rig):
    """What a profiler shows of our NVTX ranges: each kernel under the name of its step."""
    global failed
    program = shutil.which("ncu") or "/usr/local/cuda/bin/ncu"
    if not pathlib.Path(program).exists():
        row("T3", "NVTX ranges under Nsight Compute", "skipped: there is no ncu")
        return
    steps = {f"COMPUTE {name}" for name in ("make", "double", "square", "half", "look")}
    for actors in ("threads", "processes"):
        code, out, err = rig.run(f"ncu {actors}", [
            program, "--nvtx", "--metrics", "gpu__time_duration.sum", "--clock-control", "none", "--target-processes", "all",
            rig.build / "core/command/stretto", "run", TREE / "tests/gpu/row.toml", "-q", "--set", f"run.actors={actors}"], 60)
        seen = set(re.findall(r"<\d+,([^>]+)>", out))
        good = code == 0 and steps <= seen
        failed += 0 if good else 1
        row("T3", f"NVTX ranges under Nsight Compute, {actors}",
            f"exit {code}: kernels of {', '.join(sorted(seen)) or 'no step'}")


def main():
    global failed
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    build = pathlib.Path(sys.argv[1]).resolve()
    logs = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="stretto-gpu-"))
    logs.mkdir(parents=True, exist_ok=True)
    rig = Rig(build, logs)
    code, out, err = rig.stretto("doctor", ["doctor"], 60)
    device = re.search(r"^device +cuda: (.*)$", out, re.M)
    if device is None or device.group(1).startswith("0"):
        print(f"run.py: no GPU: {device.group(1) if device else 'the device cuda is not built'}", file=sys.stderr)
        return 3
    card = "no nvidia-smi"
    if shutil.which("nvidia-smi"):
        card = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"],
                              capture_output=True, text=True, check=False).stdout.strip()
    row("", "GPU", card.replace("\n", "; "))
    gpus = int(re.match(r"\d+", device.group(1)).group())
    row("", "date", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    parts = {"suites": suites, "jobs": reference_jobs, "nccl": lambda rig: nccl_part(rig, gpus),
             "captures": lambda rig: captures_part(rig, gpus), "profile": profiled, "sanitize": sanitize, "bench": bench,
             "several": lambda rig: several_gpus(rig, gpus), "handover": handover}
    unasked = {"direct": lambda rig: ucx_direct(rig, gpus), "ucx": lambda rig: ucx_jobs(rig, gpus)}
    only = sys.argv[3].split(",") if len(sys.argv) > 3 else list(parts)
    for part, body in (parts | unasked).items():
        if part in only and left() > 30:
            body(rig)
        elif part in only:
            row("", part, "skipped: no time was left; name it alone")
    print("\n| tier | what | result |\n|---|---|---|")
    for tier, name, result in rows:
        print(f"| {tier} | {name} | {result} |")
    print(f"logs: {logs}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
