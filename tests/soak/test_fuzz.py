"""Files from strangers: spoiled at random or built to do harm, each is refused with one line or is what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import resources
from core import presets
from core import spec as specs
from core.checker import Checker
from core.errors import FlowscopeError, TraceError
from core.plane.points_file import read_points
from core.spec import Part, RunSpec
from core.trace import open_trace
from tests.core.test_verify import record
from tests.soak.mutate import SOAK, mutations

N = 2000 if SOAK else 200
TINY = RunSpec(n_samples=3, data=Part("moons"), sampler=Part("euler", {"n_steps": 2}))


@pytest.fixture(scope="module")
def checker():
    checker = Checker()
    yield checker
    checker.close()


def one_line(message: str) -> bool:
    return 0 < len(message) < 700 and message.isprintable() and "Traceback" not in message


def peak_memory(checker: Checker) -> float:
    """Of the checker's child so far, MB."""
    assert checker._child is not None
    status = Path(f"/proc/{checker._child.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def fuzz(checker: Checker, kind, whole: bytes, file: Path, opened: Callable[[Path], None]) -> int:
    """Let the checker walk spoiled copies, and open those that it passes; returns how many it refused."""
    refusals, slowest = [], 0.0
    for data in mutations(whole, N):
        file.write_bytes(data)
        began = time.monotonic()
        try:
            checker.check(kind, file)
            opened(file)
        except FlowscopeError as error:
            refusals.append(str(error))
        slowest = max(slowest, time.monotonic() - began)
    assert [line for line in refusals if not one_line(line) or str(file) not in line] == []
    file.write_bytes(whole)
    checker.check(kind, file)
    assert peak_memory(checker) < 300
    print(f"{kind}: {len(refusals)} of {N} refused, the slowest took {slowest:.2f} s")
    return len(refusals)


def read_all(path: Path) -> None:
    trace = open_trace(path)
    try:
        for stream in trace.streams.values():
            assert stream[:].shape == (len(stream), *stream.declared.row_shape)
            assert all(len(stream.column(name)) == len(stream) for name in stream.declared.columns)
    finally:
        trace.close()


def test_spoiled_traces(checker, tmp_path) -> None:
    whole = record(TINY, tmp_path / "whole.h5").read_bytes()
    assert fuzz(checker, "trace", whole, tmp_path / "spoiled.h5", read_all) > N / 2


def test_spoiled_checkpoints(checker, tmp_path) -> None:
    from core.checkpoint import spec_of
    from core.learned import load_field

    whole = resources.path("weights", "swiss-roll-flow.safetensors").read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")

    def load(path: Path) -> None:
        import torch

        from core.parts.making import make

        load_field(path, make("path", spec_of(path).path), torch.device("cpu"), torch.float32, (2,))

    # most of the file is weights, any bytes of which are weights again: spoil the header, and cut the whole
    refusals, file = [], tmp_path / "spoiled.safetensors"
    for data in mutations(whole[:head], N):
        file.write_bytes(data + whole[head:])
        try:
            checker.check("checkpoint", file)
            load(file)
        except FlowscopeError as error:
            refusals.append(str(error))
    assert all(map(one_line, refusals))
    assert len(refusals) > N / 2
    for size in (0, 7, 8, 100, head, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(FlowscopeError):
            checker.check("checkpoint", file)


@pytest.mark.parametrize(("kind", "share"), [("PNG", 0.95), ("JPEG", 0.38), ("GIF", 0.38), ("TIFF", 0.2)])
def test_spoiled_pictures(checker, kind, share, tmp_path) -> None:
    """Only PNG has checksums: of the others about the half, of TIFF three in ten, cannot be read any more."""
    rng = np.random.default_rng(0)
    file = tmp_path / f"whole.{kind.lower()}"
    Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)).save(file)
    whole = file.read_bytes()

    from core.images.pictures import read_pictures

    folder = tmp_path / "folder"
    folder.mkdir()
    spoiled = folder / f"spoiled.{kind.lower()}"
    assert fuzz(checker, "picture", whole, spoiled, lambda _: read_pictures(folder, 8)) > share * N


@pytest.mark.parametrize("form", ["toml", "json"])
def test_spoiled_specs(form, tmp_path) -> None:
    spec = presets.load_one("swiss-roll-flow")
    whole = (specs.to_toml(spec) if form == "toml" else specs.to_json(spec)).encode()
    file = tmp_path / "spoiled.toml"
    refusals = []
    for data in mutations(whole, N):
        file.write_bytes(data)
        try:
            specs.from_dict(specs.read_toml(file)) if form == "toml" else specs.from_json(data)
        except FlowscopeError as error:
            refusals.append(str(error))
    assert all(len(line.splitlines()) == 1 for line in refusals)
    assert len(refusals) > N / 10


@pytest.mark.parametrize("form", ["csv", "npy"])
def test_spoiled_points(form, tmp_path) -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))
    file = tmp_path / f"points.{form}"
    np.save(file, x) if form == "npy" else np.savetxt(file, x, delimiter=",", header="x,y", comments="")
    whole, refusals = file.read_bytes(), []
    for data in mutations(whole, N):
        file.write_bytes(data)
        try:
            assert np.isfinite(read_points(file).x).all()
        except FlowscopeError as error:
            refusals.append(str(error))
    assert all(len(line.splitlines()) == 1 for line in refusals)
    assert len(refusals) > N / 10


def test_a_word_in_a_table_cannot_begin_a_line_of_its_own(tmp_path) -> None:
    (tmp_path / "points.csv").write_text("1,2\n3,4\x85\x1b[2Jx\n", encoding="utf-8")
    with pytest.raises(FlowscopeError, match="“4 ") as caught:
        read_points(tmp_path / "points.csv")
    assert one_line(str(caught.value))


@pytest.mark.parametrize("name", ["DATA_STD", "N_CLASSES", "SHAPE", "PREDICTION"])
def test_a_checkpoint_with_words_for_numbers_is_refused(name, tmp_path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    from core import weights

    with safe_open(resources.path("weights", "swiss-roll-flow.safetensors"), framework="np") as whole:
        metadata = whole.metadata() | {getattr(weights, name): "1.99%033"}
        save_file({key: whole.get_tensor(key) for key in whole.keys()}, tmp_path / "it.safetensors", metadata)  # noqa: SIM118
    with pytest.raises(FlowscopeError, match="no readable checkpoint") as caught:
        weights.averaged(tmp_path / "it.safetensors")
    assert one_line(str(caught.value))


# --- built to do harm -------------------------------------------------------------------------------------------------


def _replace(file: h5py.File, name: str, **made) -> None:
    group, _, last = name.rpartition("/")
    del file[name]
    file[group].create_dataset(last, **made)


def _bomb(file: h5py.File) -> None:
    zeros = np.zeros((3, 1 << 20, 2), np.float32)
    _replace(file, "streams/x/data", data=zeros, chunks=(1, 1 << 20, 2), compression="gzip")


def _commit(file: h5py.File) -> None:
    file["streams/x/data"].resize(1 << 40, axis=0)
    for name in file["streams/x"].attrs["columns"]:
        file["streams/x"][name].resize(1 << 40, axis=0)
    file["streams/x/committed"][()] = 1 << 40


def _external(file: h5py.File) -> None:
    _replace(file, "streams/x/data", shape=(3, 3, 2), dtype="f4", external=[("/etc/passwd", 0, 72)])


def _virtual(file: h5py.File) -> None:
    del file["streams/x/data"]
    layout = h5py.VirtualLayout((3, 3, 2), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "data", (3, 3, 2))
    file["streams/x"].create_virtual_dataset("data", layout)


def _references(file: h5py.File) -> None:
    _replace(file, "streams/x/static/data", data=np.array([file.ref] * 4, dtype=h5py.ref_dtype))


def _loop(file: h5py.File) -> None:
    file["streams/x/static/again"] = file["streams"]


def _twice(file: h5py.File) -> None:
    file["streams/y"] = file["streams/x"]


def _soft(file: h5py.File) -> None:
    file["streams/x/static/more"] = h5py.SoftLink("/streams/x/static/more")


def _outside(file: h5py.File) -> None:
    file["streams/y"] = h5py.ExternalLink("/etc/passwd", "/")


def _names(file: h5py.File) -> None:
    file.create_group("streams/..")


def _deep(file: h5py.File) -> None:
    file.create_group("streams/" + "/".join(["d"] * 500))


def _objects(file: h5py.File) -> None:
    for i in range(2100):
        file["streams"].create_group(f"g{i}")


def _words(file: h5py.File) -> None:
    _replace(file, "streams/x/data", data=np.array(["a"] * 3, dtype="S20000"))


def _integers(file: h5py.File) -> None:
    _replace(file, "streams/x/data", data=np.zeros((3, 3, 2), np.int32))


def _space(file: h5py.File) -> None:
    _replace(file, "streams/x/data", data=np.zeros((3, 3, 5), np.float32))


def _nan(file: h5py.File) -> None:
    file["streams/x/t"][1] = np.nan


def _no_timeline(file: h5py.File) -> None:
    del file["streams/x/alpha"]


def _attribute(file: h5py.File) -> None:
    file.attrs["spec"] = np.zeros(16000)


def _spec(file: h5py.File) -> None:
    file.attrs["spec"] = "[" * 60_000


def _escape(file: h5py.File) -> None:
    file.attrs["spec"] = json.dumps(specs.to_dict(TINY) | {"title": "\x1b[2J"})


def _markup(file: h5py.File) -> None:
    file.attrs["spec"] = json.dumps(specs.to_dict(TINY) | {"title": '<img src="/etc/passwd">'})


def _meta(file: h5py.File) -> None:
    file.attrs["meta"] = json.dumps({"device": {"cpu": [1]}})


def _status(file: h5py.File) -> None:
    file.attrs["status"] = "excellent"


HARMS = {
    "lies in another file": (_external, _virtual), "points elsewhere": (_soft, _outside),
    "has two names": (_loop, _twice), "deep": (_deep,), "more than 2,000 objects": (_objects,),
    "are stored": (_commit, _bomb), "Names are letters": (_names,), "no plain numbers": (_references, _words),
    "no real numbers": (_integers,), "do not lie in a plane": (_space,), "not finite": (_nan,),
    "doesn't exist": (_no_timeline,), "readable trace": (_attribute, _spec, _meta), "markup": (_escape, _markup),
    "status": (_status,),
}  # fmt: skip


@pytest.mark.parametrize(
    ("harm", "words"), [(harm, words) for words, harms in HARMS.items() for harm in harms],
    ids=lambda value: getattr(value, "__name__", " "),
)  # fmt: skip
def test_a_trace_built_to_do_harm_is_refused(harm, words, checker, tmp_path) -> None:
    file = record(TINY, tmp_path / "hostile.h5")
    checker.check("trace", file)
    with h5py.File(file, "r+", libver="latest") as h5:
        harm(h5)
    began = time.monotonic()
    with pytest.raises(TraceError, match=words) as caught:
        checker.check("trace", file)
    assert one_line(str(caught.value))
    assert time.monotonic() - began < 10  # of a machine that does other things; the child has 1.5 s of processor time
    assert peak_memory(checker) < 300


def test_compressed_and_killed_and_older_traces_pass(checker, tmp_path) -> None:
    file = record(TINY, tmp_path / "run.h5")
    with h5py.File(file, "r+") as h5:
        x = h5["streams/x/data"][:]
        _replace(h5, "streams/x/data", data=x, compression="gzip", shuffle=True, chunks=(1, 3, 2))
        h5.attrs["version"] = "1.0"
    checker.check("trace", file)
    for shipped in resources.path("traces").glob("*.h5"):
        checker.check("trace", shipped)


def test_a_picture_that_claims_too_much_is_refused(checker, tmp_path) -> None:
    Image.new("1", (8_000, 8_000)).save(tmp_path / "bomb.png")
    with pytest.raises(TraceError, match="million are allowed"):
        checker.check("picture", tmp_path / "bomb.png")
    assert peak_memory(checker) < 300


def test_a_file_that_ends_the_checker_is_refused_and_the_next_one_is_read(checker, tmp_path, monkeypatch) -> None:
    """Whatever happens in the child, the parent says one line, and another child serves."""
    file = record(TINY, tmp_path / "run.h5")
    for code, words in (
        ("os.kill(os.getpid(), signal.SIGSEGV)", "damaged in a way that ends the program"),
        ("signal.setitimer(signal.ITIMER_PROF, 0.05)\nwhile True: pass", "takes too long"),
        ("signal.pause()", "takes too long"),
    ):
        checker.close()
        with monkeypatch.context() as patch:
            patch.setattr(Checker, "program", ("-c", f"import os, signal\ninput()\n{code}"))
            with pytest.raises(TraceError, match=words):
                checker.check("trace", file)
        checker.check("trace", file)
    checker._child.kill()  # between two files
    checker._child.wait()
    checker.check("trace", file)
    for path, words in ((tmp_path / "gone.h5", "no file"), (tmp_path, "is a folder"), (Path("/dev/zero"), "no file")):
        with pytest.raises(TraceError, match=words):
            checker.check("trace", path)
