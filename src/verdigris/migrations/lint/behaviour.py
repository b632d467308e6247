"""What a migration, or a module that it uses, must not do: floats, chance, clocks, the world outside, silence."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verdigris.migrations.lint.hits import Hit
from verdigris.migrations.lint.names import Names, references

#: dotted name, or its beginning with a dot → code, what it is
_MEANINGS = {
    "VM004": ("random.", "secrets.", "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "numpy.random."),
    "VM005": (
        "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter",
        "time.perf_counter_ns", "time.process_time", "time.process_time_ns", "datetime.datetime.now",
        "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    ),
    "VM006": ("hash", "id"),
    "VM007": (
        "os.environ", "os.environ.", "os.getenv", "os.getpid", "os.system", "os.popen", "os.listdir", "os.scandir",
        "os.walk", "os.getcwd", "open", "input", "socket.gethostname", "platform.", "pathlib.Path.", "pathlib.Path",
        "sys.argv",
    ),
    "VM014": ("print", "pprint.pprint", "sys.stdout.write"),
}  # fmt: skip
_SAYS = {
    "VM004": "`{}` gives another value each time",
    "VM005": "`{}` depends on when it is called",
    "VM006": "`{}()` differs from process to process",
    "VM007": "`{}` depends on the machine",
    "VM014": "`{}` is called for every item",
}
#: These ask the clock only where no time is given.
_OF_NOW = {"time.localtime": 1, "time.gmtime": 1, "time.ctime": 1, "time.asctime": 1, "time.strftime": 2}
_OUTSIDE = {
    "aiobotocore", "aiohttp", "boto3", "botocore", "elasticsearch", "ftplib", "grpc", "http", "httplib2", "httpx",
    "kafka", "opensearchpy", "paramiko", "psycopg", "psycopg2", "pymongo", "pymysql", "redis", "requests", "smtplib",
    "socket", "sqlalchemy", "sqlite3", "subprocess", "urllib3",
}  # fmt: skip
_CATCH_ALL = {"", "Exception", "BaseException"}


def behaviour(tree: ast.Module, names: Names) -> Iterator[Hit]:
    """Every finding about what the code does."""
    yield from _floats(tree, names)
    yield from _meanings(tree, names)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _outside(node)
        elif isinstance(node, ast.ExceptHandler):
            yield from _swallowed(node)


def _floats(tree: ast.Module, names: Names) -> Iterator[Hit]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield Hit("VM001", node.lineno, f"`{ast.unparse(node)}` is a float")
        elif names.called(node) == "float":
            yield Hit("VM001", node.lineno, "`float(…)` makes a float")  # type: ignore[attr-defined]
        elif isinstance(node, ast.BinOp) and _is_quotient(node, names):
            yield Hit("VM001", node.lineno, f"`{ast.unparse(node)}` makes a float of two ints")


def _is_quotient(node: ast.BinOp, names: Names) -> bool:
    """Whether it divides one int by another."""
    return isinstance(node.op, ast.Div) and _whole(node.left, names) and _whole(node.right, names)


def _whole(node: ast.expr, names: Names) -> bool:
    """Whether it is surely an int."""
    return (isinstance(node, ast.Constant) and type(node.value) is int) or names.called(node) in {"int", "len", "ord"}


def _meanings(tree: ast.Module, names: Names) -> Iterator[Hit]:
    seeded = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and (n.args or n.keywords)}
    calls = {id(n.func): n for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node, meaning in references(tree, names):
        if meaning == "random.Random" and id(node) in seeded:
            continue
        code = _code(meaning)
        if meaning in _OF_NOW and (id(node) not in calls or len(calls[id(node)].args) < _OF_NOW[meaning]):
            code = "VM005"
        if code == "VM006" and id(node) not in calls:
            continue
        if code:
            yield Hit(code, node.lineno, _SAYS[code].format(meaning))


def _code(meaning: str) -> str:
    for code, known in _MEANINGS.items():
        if any(meaning == one or (one.endswith(".") and meaning.startswith(one)) for one in known):
            return code
    return ""


def _outside(node: ast.Import | ast.ImportFrom) -> Iterator[Hit]:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        if module.partition(".")[0] in _OUTSIDE or module.startswith(("urllib.request", "asyncio")):
            yield Hit("VM008", node.lineno, f"`{module}` talks to something outside")


def _swallowed(node: ast.ExceptHandler) -> Iterator[Hit]:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    catches_all = any(kind is None or ast.unparse(kind) in _CATCH_ALL for kind in kinds)
    if catches_all and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
        what = "except" + (f" {ast.unparse(node.type)}" if node.type else "")
        yield Hit("VM009", node.lineno, f"`{what}:` lets every failure pass")
