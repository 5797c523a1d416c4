#!/usr/bin/env python3
"""Runs peers x workloads interleaved (A B C A B C ...), prints medians and ratios, saves JSON.

  ./run.py                                  the whole matrix
  ./run.py -p tokio,beam -w pingpong,ring   a part of it
  ./run.py --add NAME=COMMAND               one more peer: a command with the same arguments; it may
                                            take another's name, as regrow=target/release/deps/workloads-…
  ./run.py --runs 9 --out name.json         more runs, another file name in peers-results/
  ./run.py --table peers-results/x.json [...]     only print the table of saved results (later files override)

A peer is a command that takes `<workload> [--n N] [--key v]...` and prints one JSON line: README.md says which.
Peers that build.sh left out are left out here.
"""
import argparse, json, os, resource, shutil, statistics as st, subprocess, sys, tempfile, time
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.environ.get("PEERS_TARGET", os.path.join(tempfile.gettempdir(), "regrow-peers"))  # where build.sh put the peers
REL = f"{TARGET}/release"
NOBUSY = "+sbwt none +sbwtdcpu none +sbwtdio none"
WORKLOADS = ["cargo", "bench", "--quiet", "--manifest-path", f"{HERE}/../../Cargo.toml", "--bench", "workloads"]
PEERS = {
    "regrow": {"cmd": [*WORKLOADS, "--"]},
    "tokio": {"cmd": [f"{REL}/tokio"]},
    "tokio_mi": {"cmd": [f"{TARGET}/mimalloc/release/tokio"]},  # the same with mimalloc instead of glibc's malloc
    "ractor": {"cmd": [f"{REL}/ractor"]},
    "kameo": {"cmd": [f"{REL}/kameo"]},
    "actix": {"cmd": [f"{REL}/actix"]},
    "xtra": {"cmd": [f"{REL}/xtra"]},
    "may": {"cmd": [f"{REL}/may"]},
    "beam": {"cmd": [f"{HERE}/beam/run.sh"]},
    "beam_nobusy": {"cmd": [f"{HERE}/beam/run.sh"], "env": {"ERL_FLAGS_EXTRA": NOBUSY}},
    "go": {"cmd": [f"{TARGET}/go-peer"]},
}
ALL = ["regrow", "tokio", "tokio_mi", "ractor", "kameo", "actix", "xtra", "may", "beam", "go"]
OTP = ["regrow", "tokio", "tokio_mi", "ractor", "kameo", "actix", "beam", "go"]
# label: (workload, args, runs, peers, {peer: extra args})
W = {
    "spawn": ("spawn", "", 5, ALL, {"ractor": "--n 200000", "kameo": "--n 200000", "may": "--n 20000"}),
    "idle": ("idle", "", 3, ALL, {"ractor": "--n 200000", "kameo": "--n 200000"}),
    "idle_hand": ("idle", "--hand 1", 3, ["regrow"], {}),
    "pingpong": ("pingpong", "", 5, ALL + ["beam_nobusy"], {}),
    "ring": ("ring", "", 5, ALL + ["beam_nobusy"], {"kameo": "--n 2000000"}),
    "fanin": ("fanin", "", 5, ALL, {}),
    "fanin_bounded": ("fanin", "--cap 1024", 5, ["regrow", "tokio", "kameo"], {}),
    "fanout": ("fanout", "", 5, ALL, {}),
    "big": ("big", "", 5, ALL, {}),
    "skynet": ("skynet", "", 3, OTP, {}),
    "call": ("call", "", 5, ALL + ["beam_nobusy"], {}),
    "call_many": ("call_many", "", 5, ALL, {}),
    "chameneos": ("chameneos", "", 5, ALL + ["beam_nobusy"], {}),
    "link_exit": ("link_exit", "", 5, OTP, {}),
    "monitor_down": ("monitor_down", "", 5, OTP, {}),
    "sup_start": ("sup_start", "", 5, OTP, {}),
    "sup_start_8": ("sup_start", "--callers 8", 5, OTP, {}),
    "part_start": ("part_start", "", 5, OTP, {}),
    "restart": ("restart", "", 5, OTP, {}),
    "restart_100sups": ("restart", "--sups 100", 5, ["beam"], {}),
    "registry": ("registry", "", 3, OTP, {}),
    "registry_shared": ("registry", "--shared 1", 3, ["regrow", "tokio", "go"], {}),
    "timers": ("timers", "", 5, OTP, {}),
    "idle_timeout": ("idle_timeout", "", 3, OTP, {"go": "--n 1000000"}),
    "hog": ("hog", "--secs 1", 3, ALL, {}),
    "hog_yield": ("hog", "--secs 1 --yield 1", 3, ALL, {}),
}
# not in the default matrix: large or slow
BIG = {
    "idle_5m": ("idle", "--n 5000000", 1, ["regrow", "tokio", "actix", "xtra", "beam", "go"], {}),
    "idle_10m": ("idle", "--n 10000000", 1, ["regrow"], {}),
    "idle_10m_hand": ("idle", "--n 10000000 --hand 1", 1, ["regrow"], {}),
    "quiet": ("quiet", "", 1, ["regrow"], {}),
    "death": ("death", "", 3, ["regrow"], {}),
    "idle_hibernate": ("idle", "--hibernate 1", 3, ["beam"], {}),
    "link_exit_1m": ("link_exit", "--n 1000000", 2, ["regrow", "tokio", "ractor", "kameo", "beam", "go"], {}),
    "fanin_on_heap": ("fanin", "--on_heap 1", 3, ["beam"], {}),
}


def present(name, spec):
    """Whether a peer can be run; the BEAM's script is always there, what it runs may not be."""
    return shutil.which("erl" if name.startswith("beam") else spec["cmd"][0]) is not None


def cpu():
    f = [int(x) for x in open("/proc/stat").readline().split()[1:]]
    return sum(f[:8]), f[3] + f[4], f[7]


PATIENCE = [float(os.environ.get("PEERS_PATIENCE", "300"))]  # seconds in all that a matrix may wait for a quiet machine


def quiet(limit=0.15):
    """Waits until the machine is idle (short samples of /proc/stat, not the slow load average)."""
    while True:
        a = cpu()
        time.sleep(0.1)
        b = cpu()
        busy = 1 - (b[1] - a[1]) / max(1, b[0] - a[0])
        if busy < limit or PATIENCE[0] <= 0:
            return busy
        time.sleep(0.4)
        PATIENCE[0] -= 0.5


def probe():
    """Round trip of a cache line between the two cores right now, ns. The host moves the vCPUs between
    near and far places for minutes at a time; every chatty two-core workload follows it."""
    try:
        return json.loads(subprocess.run([f"{REL}/limits", "probe"], capture_output=True, text=True, timeout=20).stdout)["value"]
    except Exception:
        return None


def one(peer, spec, workload, args, timeout):
    env = dict(os.environ, **spec.get("env", {}))
    if workload == "idle" and "5000000" in args:
        env["PEERS_BEAM_P"] = "20000000"
    quiet()
    near = probe()
    a, ra = cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    t = time.time()
    try:
        p = subprocess.run(spec["cmd"] + [workload] + args.split(), capture_output=True, text=True, timeout=timeout, env=env)
        line = [l for l in p.stdout.splitlines() if l.startswith("{")]
        r = json.loads(line[-1]) if line else {"workload": workload, "error": f"rc {p.returncode}: {p.stderr[-300:]}"}
    except subprocess.TimeoutExpired:
        r = {"workload": workload, "error": f"timeout {timeout} s"}
    except json.JSONDecodeError as e:
        r = {"workload": workload, "error": f"bad JSON {e}: {line[-1][:200]}"}
    b, rb = cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    own = rb.ru_utime + rb.ru_stime - ra.ru_utime - ra.ru_stime
    busy = (b[0] - a[0] - (b[1] - a[1])) / os.sysconf("SC_CLK_TCK")
    # CPU seconds that other processes used during the run, as a share of the two cores
    r["foreign"] = round(max(0.0, busy - own) / max(0.05, 2 * (time.time() - t)), 3)
    r["peer"] = peer
    r["line_ns"] = near
    r["wall"] = round(time.time() - t, 3)
    # share of the two cores that the host took away during the run
    r["steal"] = round((b[2] - a[2]) / max(1, b[0] - a[0]), 4)
    return r


NEAR = 250.0  # ns per line round trip: about 100 when the host has the vCPUs near each other, 400-1000 when far


def med(v):
    v = [x for x in v if x is not None]
    return st.median(v) if v else None


def summarise(runs):
    """{label: {peer: {median ns, spread, ...}}}"""
    out = {}
    g = defaultdict(lambda: defaultdict(list))
    for r in runs:
        g[r["label"]][r["peer"]].append(r)
    for label, peers in g.items():
        out[label] = {}
        for peer, rs in peers.items():
            ok = [r for r in rs if "error" not in r and "skipped" not in r]
            if not ok:
                out[label][peer] = {"skipped": rs[0].get("skipped") or rs[0].get("error")}
                continue
            ns = [r["ns_per_op"] for r in ok if r.get("ns_per_op") is not None]
            keys = {k for r in ok for k in r.get("extra", {})}
            out[label][peer] = {
                "runs": len(ok), "n": ok[0]["n"], "errors": len(rs) - len(ok),
                "ns_per_op": med(ns), "min": min(ns) if ns else None, "max": max(ns) if ns else None,
                "ops_per_s": med([r.get("ops_per_s") for r in ok]), "secs": med([r["secs"] for r in ok]),
                "bytes_per_proc": med([r.get("bytes_per_proc") for r in ok]),
                "rss_peak_mb": round(med([r.get("rss_peak", 0) for r in ok]) / 1e6, 1),
                "steal": max(r["steal"] for r in ok), "foreign": max(r["foreign"] for r in ok),
                "line_ns": [r.get("line_ns") for r in ok], "all_ns": [r.get("ns_per_op") for r in ok],
                # the same medians by where the host had put the two cores
                # (one far probe alone may be a disturbed probe: at least two)
                "near": med([r["ns_per_op"] for r in ok if (r.get("line_ns") or 0) and r["line_ns"] < NEAR]),
                "far": med(far) if len(far := [r["ns_per_op"] for r in ok if (r.get("line_ns") or 0) >= NEAR]) > 1 else None,
                "extra": {k: med([r["extra"].get(k) for r in ok if r["extra"].get(k) is not None]) for k in sorted(keys)},
                "note": ok[0].get("note", ""),
            }
    return out


def f(x):
    if x is None:
        return "-"
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.1f}"


def table(summary, file=sys.stdout):
    for label, peers in summary.items():
        print(f"\n{label}", file=file)
        good = {p: s for p, s in peers.items() if s.get("ns_per_op")}
        best = min((s["ns_per_op"] for s in good.values()), default=None)
        for p, s in sorted(peers.items(), key=lambda x: x[1].get("ns_per_op") or 1e18):
            if "skipped" in s:
                print(f"  {p:12} skipped: {s['skipped']}", file=file)
                continue
            ratio = f"{s['ns_per_op'] / best:6.2f}x" if s.get("ns_per_op") else "      -"
            ex = " ".join(f"{k}={f(v)}" for k, v in s["extra"].items())
            bpp = f" {f(s['bytes_per_proc'])} B/proc" if s["bytes_per_proc"] else ""
            print(f"  {p:12} {f(s['ns_per_op']):>9} ns/op {ratio}  [{f(s['min'])} .. {f(s['max'])}] n={s['n']:,}{bpp} {ex}", file=file)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-p", "--peers")
    ap.add_argument("-w", "--workloads")
    ap.add_argument("--runs", type=int)
    ap.add_argument("--add", action="append", default=[], metavar="NAME=CMD")
    ap.add_argument("--out")
    ap.add_argument("--timeout", type=int, default=120)
    ap.add_argument("--table", nargs="+")
    a = ap.parse_args()
    if a.table:
        runs = {}
        for path in a.table:
            d = defaultdict(list)
            for r in json.load(open(path))["runs"]:
                d[(r["label"], r["peer"])].append(r)
            runs.update(d)
        table(summarise([r for v in runs.values() for r in v]))
        return
    added = []
    for x in a.add:
        name, cmd = x.split("=", 1)
        PEERS[name] = {"cmd": cmd.split()}
        added.append(name)
    for name in [p for p, spec in PEERS.items() if not present(p, spec)]:
        if name in added:
            sys.exit(f"there is no command {PEERS[name]['cmd'][0]}")
        print(f"# {name} is not built here: left out", file=sys.stderr)
        del PEERS[name]
    allw = {**W, **BIG}
    labels = a.workloads.split(",") if a.workloads else list(W)
    only = a.peers.split(",") + added if a.peers else None
    if "regrow" not in added and (not only or "regrow" in only):
        subprocess.run([*WORKLOADS, "--no-run"], check=True)  # so that no run waits for the compiler
    results = os.environ.get("PEERS_RESULTS", "peers-results")  # below the current folder
    os.makedirs(results, exist_ok=True)
    out = os.path.join(results, a.out or time.strftime("%Y%m%d-%H%M%S.json"))
    runs, t0 = [], time.time()
    for label in labels:
        workload, args, k, peers, per = allw[label]
        peers = [p for p in dict.fromkeys(peers + added) if p in PEERS and (not only or p in only)]
        dead = set()
        for i in range(a.runs or k):
            for p in peers:
                if p in dead:
                    continue
                for _ in range(3):
                    r = one(p, PEERS[p], workload, f"{args} {per.get(p, '')}", a.timeout)
                    if r["foreign"] < 0.15 or PATIENCE[0] <= 0:
                        break
                r.update(label=label, run=i)
                runs.append(r)
                if "skipped" in r or "error" in r:
                    dead.add(p)
                    if "error" in r:
                        print(f"# {label} {p}: {r['error']}", file=sys.stderr)
        json.dump({"host": os.uname().release, "cores": os.cpu_count(), "started": t0, "secs": time.time() - t0,
                   "summary": summarise(runs), "runs": runs}, open(out, "w"), indent=1)
        table({label: summarise(runs)[label]})
        sys.stdout.flush()
    print(f"\n{len(runs)} runs in {time.time() - t0:.0f} s -> {out}")


if __name__ == "__main__":
    main()
