"""Download of published data sets, with progress, checksums and resumption.

A file comes in as ``NAME.part``; a broken download goes on from there when it is asked for again, and the name is given
only once the checksum agrees. (pooch checks sums too, but begins each file anew.)
"""

from __future__ import annotations

import hashlib
import http.client
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SpecError, unknown
from core.images.files import data_folders

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are here and the bytes in all (0 where the server does not say)."""

_PIECE = 1 << 17
_TIMEOUT = 30.0
_LARGEST = 256 * 1024**2
_MNIST_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class Source:
    """Where a set comes from: its folder here, the addresses that all its files lie under, and their md5 sums.

    Of an archive (``.tar.gz``) the files named in ``members`` are taken out, each of ``member_size`` bytes.
    """

    folder: str
    addresses: tuple[str, ...]
    md5: dict[str, str]
    members: tuple[str, ...] = ()
    member_size: int = 0


SOURCES = {
    "mnist": Source(
        "mnist",
        # the second is its authors', which often declines
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        dict(
            zip(
                _MNIST_NAMES,
                (
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    "d53e105ee54ea40749a09fcbcd1e9432",
                    "9fb629c4189551a2d022fa330f9573f3",
                    "ec29112dd5afa0611ce80d1b7f02629c",
                ),
                strict=True,
            )
        ),
    ),
    "fashion-mnist": Source(
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        dict(
            zip(
                _MNIST_NAMES,
                (
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "25c81989df183df01b3e8a0aad5dffbe",
                    "bef4ecab320f06d8554ea6380940ec79",
                    "bb300cfdad3c16e7a12a480ee83cd310",
                ),
                strict=True,
            )
        ),
    ),
    "cifar10": Source(
        "cifar-10-batches-bin",
        ("https://www.cs.toronto.edu/~kriz/",),
        {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
        30_730_000,
    ),
}


def fetch(name: str, progress: Progress) -> Path:
    """Download a published set into the data folder; returns the folder with its files.

    Raises:
        SpecError: there is no such set, or it could not be downloaded; asking again goes on from where it broke off.
    """
    if name not in SOURCES:
        raise SpecError("data", unknown("set to download", name, SOURCES))
    return fetch_source(SOURCES[name], data_folders()[0], progress)


def fetch_source(source: Source, base: Path, progress: Progress) -> Path:
    """Download the files of a source that are not yet below ``base``."""
    folder = base / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    if source.members and all(_is_whole(folder / name, source.member_size) for name in source.members):
        return folder
    for name, md5 in source.md5.items():
        target = folder / name
        if not (target.is_file() and _md5(target) == md5):
            _from_any([address + name for address in source.addresses], target, md5, progress)
        if source.members:
            _unpack(target, folder, source.members)
            target.unlink()
    return folder


def _from_any(addresses: list[str], target: Path, md5: str, progress: Progress) -> None:
    failures = []
    for address in addresses:
        try:
            _download(address, target.with_name(target.name + ".part"), progress)
        except (OSError, http.client.HTTPException) as error:
            failures.append(f"{address}: {error}")
            continue
        part = target.with_name(target.name + ".part")
        if _md5(part) == md5:
            part.replace(target)
            return
        part.unlink()
        failures.append(f"{address}: what came is not the published file (its md5 sum differs)")
    more = " to go on from what is here" if target.with_name(target.name + ".part").is_file() else ""
    raise SpecError("data", f"{target.name} could not be downloaded ({'; '.join(failures)}). Ask again{more}.")


def _download(address: str, part: Path, progress: Progress) -> None:
    """Bring ``part`` up to the whole file.

    Raises:
        OSError: the connection failed, broke off, or what comes is a page or larger than any published set.
    """
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if have and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing follows what is here: the checksum decides
        raise
    with response:
        if response.headers.get_content_type() == "text/html":  # as a hotel's network does, and what is here stays
            raise OSError("a page came instead of the file")
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0  # the server sends the whole file
        length = int(response.headers.get("Content-Length", 0))
        total = have + length if length else 0
        with open(part, "ab" if have else "wb") as file:
            while piece := response.read(_PIECE):
                file.write(piece)
                have += len(piece)
                progress(part.stem, have, total)
                if have > _LARGEST:
                    raise OSError(f"it is larger than {_LARGEST // 1024**2} MiB")
    if total and have < total:
        raise OSError(f"the connection broke off after {have:,} of {total:,} bytes")


def _unpack(archive: Path, folder: Path, members: tuple[str, ...]) -> None:
    """Take the files named ``members``, wherever they lie in the archive, into the folder."""
    with tarfile.open(archive) as tar:
        found = {Path(entry.name).name: entry for entry in tar if entry.isfile()}
        for name in members:
            content = tar.extractfile(found[name]) if name in found else None
            if content is None:
                raise SpecError("data", f"{archive.name} holds no {name}.")
            part = folder / f"{name}.part"
            part.write_bytes(content.read(_LARGEST))
            part.replace(folder / name)


def _is_whole(file: Path, size: int) -> bool:
    """By its size: the publisher's sum is of the archive."""
    return file.is_file() and file.stat().st_size == size


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
