"""Downloads of data sets, from a server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.errors import SpecError
from core.images.download import Source, fetch, fetch_source


class _Server(http.server.SimpleHTTPRequestHandler):
    """Serves ranges, as publishers do, and notes which were asked for; below broken/ it stops half-way."""

    ranges: list[str]

    def do_GET(self) -> None:
        content = Path(self.translate_path(self.path)).read_bytes()
        asked = self.headers.get("Range")
        self.ranges.append(asked or "")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(content):
            self.send_error(416)
            return
        page = self.path.startswith("/page")
        self.send_response(206 if asked and not page else 200)
        if page:
            self.send_header("Content-Type", "text/html; charset=utf-8")
        broken = self.path.startswith("/broken") and not asked
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : len(content) // 2] if broken else content[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


CONTENT = np.random.default_rng(0).bytes(300_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Address, folder and the ranges asked for of a server on this machine."""
    root = tmp_path / "served"
    for sub in ("good", "wrong", "broken", "page"):
        (root / sub).mkdir(parents=True)
        (root / sub / "set.bin").write_bytes(CONTENT if sub != "wrong" else CONTENT[:-1] + b"?")
    _Server.ranges = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, directory=str(root))) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/", root, _Server.ranges
        httpd.shutdown()
        thread.join()


def source(*addresses: str, name: str = "set.bin", content: bytes = CONTENT, members: tuple[str, ...] = ()) -> Source:
    return Source("set", addresses, {name: hashlib.md5(content).hexdigest()}, members, member_size=1)


def test_a_download_reports_its_progress_and_is_done_once(server: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, _, ranges = server
    seen: list[tuple[str, int, int]] = []
    folder = fetch_source(source(address + "good/"), tmp_path, lambda *args: seen.append(args))
    assert (folder / "set.bin").read_bytes() == CONTENT
    assert seen[-1] == ("set.bin", len(CONTENT), len(CONTENT))
    assert [have for _, have, _ in seen] == sorted(have for _, have, _ in seen)
    fetch_source(source(address + "good/"), tmp_path, lambda *args: None)
    assert len(ranges) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["set.bin"]


def test_a_broken_download_goes_on_where_it_stopped(server: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, _, ranges = server
    with pytest.raises(SpecError, match="broke off after 150,000 of 300,000 bytes"):
        fetch_source(source(address + "broken/"), tmp_path, lambda *args: None)
    assert not (tmp_path / "set" / "set.bin").exists()
    fetch_source(source(address + "broken/"), tmp_path, lambda *args: None)
    assert (tmp_path / "set" / "set.bin").read_bytes() == CONTENT
    assert ranges == ["", "bytes=150000-"]


def test_a_wrong_file_is_refused_and_the_next_address_tried(
    server: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, _, ranges = server
    with pytest.raises(SpecError, match="md5"):
        fetch_source(source(address + "wrong/"), tmp_path, lambda *args: None)
    assert list((tmp_path / "set").iterdir()) == []
    fetch_source(source(address + "wrong/", address + "good/"), tmp_path, lambda *args: None)
    assert (tmp_path / "set" / "set.bin").read_bytes() == CONTENT
    assert ranges == ["", "", ""]


def test_a_page_in_the_place_of_a_file_spoils_nothing(server: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, _, _ = server
    with pytest.raises(SpecError, match=r"a page came instead of the file\)\. Ask again\.$"):
        fetch_source(source(address + "page/"), tmp_path, lambda *args: None)
    with pytest.raises(SpecError, match=r"a page came instead of the file\)\. Ask again to go on from what is here\."):
        fetch_source(source(address + "broken/", address + "page/"), tmp_path, lambda *args: None)
    assert (tmp_path / "set" / "set.bin.part").read_bytes() == CONTENT[:150_000]


def test_a_whole_part_is_not_asked_for_again(server: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, _, ranges = server
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "set.bin.part").write_bytes(CONTENT)
    fetch_source(source(address + "good/"), tmp_path, lambda *args: None)
    assert ranges == ["bytes=300000-"]  # answered with: nothing follows
    assert (tmp_path / "set" / "set.bin").read_bytes() == CONTENT


def test_files_are_taken_out_of_an_archive(server: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, root, ranges = server
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in (("deep/a.bin", b"a"), ("../../b.bin", b"b"), ("other.bin", b"c")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    (root / "good" / "set.tar.gz").write_bytes(buffer.getvalue())
    what = source(address + "good/", name="set.tar.gz", content=buffer.getvalue(), members=("a.bin", "b.bin"))
    folder = fetch_source(what, tmp_path / "data", lambda *args: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.bin": b"a", "b.bin": b"b"}
    assert not (tmp_path / "b.bin").exists()
    fetch_source(what, tmp_path / "data", lambda *args: None)
    assert len(ranges) == 1
    (folder / "a.bin").write_bytes(b"")  # as a full disk leaves it
    fetch_source(what, tmp_path / "data", lambda *args: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.bin": b"a", "b.bin": b"b"}


def test_no_server_and_no_such_set(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"set\.bin could not be downloaded"):
        fetch_source(source("http://127.0.0.1:9/"), tmp_path, lambda *args: None)
    with pytest.raises(SpecError, match="Did you mean mnist"):
        fetch("mnits", lambda *args: None)
