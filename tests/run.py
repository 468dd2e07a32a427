"""Run the plain `test_*` functions of some test files without pytest, on MicroPython or CPython.

usage: micropython -X heapsize=16m tests/run.py tests/test_wire.py ...

A closing line says how many passed and failed; the exit status is 1 when any failed.
"""

import sys

ROOT = (__file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else ".") + "/"
PORT = "ports/unix" if sys.implementation.name == "micropython" else "ports/cpython"
sys.path[0:0] = [ROOT, ROOT + PORT, ROOT + "tests"]


def run(path: str):
    """Run every test_* function of the file; return how many passed and how many failed."""
    name = path.rsplit("/", 1)[-1]
    module = __import__(name[:-3] if name.endswith(".py") else name)
    passed = failed = 0
    for function in sorted(n for n in dir(module) if n.startswith("test_")):
        try:
            getattr(module, function)()
            passed += 1
        except Exception as error:
            failed += 1
            print("FAILED %s %s" % (name, function))
            if hasattr(sys, "print_exception"):
                sys.print_exception(error)
            else:
                sys.excepthook(type(error), error, error.__traceback__)
    return passed, failed


if __name__ == "__main__":
    total = [0, 0]
    for argument in sys.argv[1:]:
        passed, failed = run(argument)
        total[0] += passed
        total[1] += failed
    print("%d passed, %d failed" % tuple(total))
    sys.exit(1 if total[1] or not total[0] else 0)
